//! One page of a list, cut out of rows of which one more was read than is shown.

/// How many items a page shows at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageSize(u32);

/// A page, and where the next one begins.
#[derive(Debug)]
pub(crate) struct Page<T> {
    /// What it shows.
    pub(crate) items: Vec<T>,
    /// The place behind the last item, if there is a next page.
    pub(crate) next_cursor: Option<String>,
}

impl PageSize {
    /// At most that many.
    pub(crate) const fn new(size: u32) -> Self {
        Self(size)
    }

    /// How many rows are asked for: one more than is shown tells whether there is a next page.
    pub(crate) const fn rows(self) -> u32 {
        self.0.saturating_add(1)
    }

    /// Whether those are more than one page.
    pub(crate) fn is_exceeded_by(self, count: usize) -> bool {
        count > self.shown()
    }

    /// Keeps what is shown of the rows; `write` makes a cursor of the last of them.
    pub(crate) fn cut<T>(self, mut rows: Vec<T>, write: impl FnOnce(&T) -> String) -> Page<T> {
        let more = self.is_exceeded_by(rows.len());
        rows.truncate(self.shown());
        let next_cursor = rows.last().filter(|_| more).map(write);
        Page {
            items: rows,
            next_cursor,
        }
    }

    fn shown(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_beyond_the_page_makes_a_next_one() {
        let cut = |rows: &[u32]| {
            let page = PageSize::new(2).cut(rows.to_vec(), ToString::to_string);
            (page.items, page.next_cursor)
        };
        assert_eq!(cut(&[]), (vec![], None));
        assert_eq!(cut(&[7, 8]), (vec![7, 8], None));
        assert_eq!(cut(&[7, 8, 9]), (vec![7, 8], Some("8".to_owned())));
        assert_eq!(PageSize::new(2).rows(), 3);
    }
}
