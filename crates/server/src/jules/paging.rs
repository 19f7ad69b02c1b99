//! Pages: `pageSize` and `pageToken`, as proto JSON lets them be written.

use outwork_domain::limits::DIFF_BYTES_MAX;

use crate::errors::Failure;
use crate::page::{Page, PageSize};
use crate::query::Pairs;

/// Items on a page at most; who asks for more gets these.
const SIZE_MAX: u32 = 100;

/// How many items a page shows.
pub(super) fn page_size(pairs: &Pairs, usual: u32) -> Result<PageSize, Failure> {
    let wrong = || Failure::invalid("pageSize must be an integer of 0 or more");
    let Some(text) = either(pairs, "pageSize", "page_size")? else {
        return Ok(PageSize::new(usual));
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(wrong());
    }
    // More digits than fit are more than the most.
    let size: u32 = text.parse().unwrap_or(SIZE_MAX);
    Ok(PageSize::new(match size {
        0 => usual,
        size => size.min(SIZE_MAX),
    }))
}

/// The place that `pageToken` names; `read` knows the tokens of the list.
pub(super) fn place<T>(
    pairs: &Pairs,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Failure> {
    let foreign = || Failure::invalid("pageToken is none that this server gave");
    let token = either(pairs, "pageToken", "page_token")?;
    token.map(|text| read(text).ok_or_else(foreign)).transpose()
}

/// The value of `filter`, if it says something.
pub(super) fn filter(pairs: &Pairs) -> Result<Option<&str>, Failure> {
    Ok(pairs.some("filter")?.filter(|text| !text.trim().is_empty()))
}

/// The bytes of the texts that a page shows: when they are too many, it ends before it is full.
#[derive(Debug, Default)]
pub(super) struct PageBytes(usize);

/// Whether a page takes more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fill {
    /// It does.
    Room,
    /// Nothing more should follow.
    Full,
}

impl PageBytes {
    /// Counts what was put on the page.
    pub(super) const fn take(&mut self, bytes: usize) -> Fill {
        self.0 = self.0.saturating_add(bytes);
        if self.0 >= DIFF_BYTES_MAX {
            Fill::Full
        } else {
            Fill::Room
        }
    }
}

/// Where the next page begins if only so many items of a page are shown.
pub(super) fn next_token<T>(
    page: &Page<T>,
    shown: usize,
    write: impl FnOnce(&T) -> String,
) -> Option<String> {
    if shown == page.items.len() {
        return page.next_cursor.clone();
    }
    page.items.get(..shown)?.last().map(write)
}

fn either<'a>(pairs: &'a Pairs, name: &str, other: &str) -> Result<Option<&'a str>, Failure> {
    match (pairs.some(name)?, pairs.some(other)?) {
        (Some(_), Some(_)) => Err(Failure::invalid(format!("{name} is given more than once"))),
        (one, another) => Ok(one.or(another)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_where_its_room_does() {
        let page = Page {
            items: vec![1, 2, 3],
            next_cursor: Some("behind 3".to_owned()),
        };
        let next = |shown| next_token(&page, shown, |item| format!("behind {item}"));
        assert_eq!(next(2).as_deref(), Some("behind 2"));
        assert_eq!(next(3).as_deref(), Some("behind 3"));
        let mut bytes = PageBytes::default();
        let fills = [DIFF_BYTES_MAX - 1, 0, 1].map(|more| bytes.take(more));
        assert_eq!(fills, [Fill::Room, Fill::Room, Fill::Full]);
    }
}
