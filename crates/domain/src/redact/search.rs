//! The search for all forms of all values at once, in the text as it is and in its view without gaps.

use std::collections::HashMap;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, BuildError, Input, MatchKind};

use super::forms::Forms;
use super::view::{GAP_BYTES_MAX, View};

/// With a gap before it, fewer characters than these are not taken for the end of a form.
const END_BEHIND_GAP_BYTES_MIN: usize = 4;

pub(super) struct Search {
    /// Forms that are looked for as they are.
    plain: Table,
    /// Those that programs write in several lines.
    wrapped: Table,
}

/// Some forms.
struct Table {
    automaton: AhoCorasick,
    /// All in order of their bytes, to find what may still become one.
    sorted: Vec<String>,
    /// Whose form each is, in the automaton's order.
    names: Vec<Arc<str>>,
    longest: usize,
}

/// Where a form is.
#[derive(Clone, Copy)]
pub(super) struct Found<'s> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) name: &'s str,
}

/// The forms in one text, and what may still become one.
pub(super) struct Matches<'s> {
    search: &'s Search,
    text: &'s [u8],
    view: View<'s>,
    /// The next of each table.
    plain: Option<Found<'s>>,
    wrapped: Option<Found<'s>>,
}

impl Search {
    pub(super) fn new(forms: Forms) -> Result<Self, BuildError> {
        Ok(Self {
            plain: Table::new(forms.plain)?,
            wrapped: Table::new(forms.wrapped)?,
        })
    }

    pub(super) const fn count(&self) -> usize {
        self.plain.sorted.len() + self.wrapped.sorted.len()
    }

    /// How many bytes of a text a form may take up at most.
    pub(super) fn span(&self) -> usize {
        let wrapped = self.wrapped.longest * (GAP_BYTES_MAX + 1);
        self.plain.longest.max(wrapped)
    }
}

impl Found<'_> {
    /// Writes what stands in for it.
    pub(super) fn replace(&self, out: &mut String) {
        out.push_str("[redacted:");
        out.push_str(self.name);
        out.push(']');
    }
}

impl<'s> Matches<'s> {
    pub(super) fn new(search: &'s Search, text: &'s [u8]) -> Self {
        let mut matches = Self {
            search,
            text,
            view: View::of(text),
            plain: None,
            wrapped: None,
        };
        matches.plain = matches.next_plain(0);
        matches.wrapped = matches.next_wrapped(0);
        matches
    }

    /// The first form from a place on, the longest one of those; places must not decrease.
    pub(super) fn next(&mut self, from: usize) -> Option<Found<'s>> {
        let is_past = |found: Option<Found<'_>>| found.is_some_and(|found| found.start < from);
        if is_past(self.plain) {
            self.plain = self.next_plain(from);
        }
        if is_past(self.wrapped) {
            self.wrapped = self.next_wrapped(from);
        }
        let both = [self.plain, self.wrapped].into_iter().flatten();
        both.min_by(|one, other| (one.start, other.end).cmp(&(other.start, one.end)))
    }

    fn next_plain(&self, from: usize) -> Option<Found<'s>> {
        self.search.plain.find(self.text, from)
    }

    fn next_wrapped(&self, from: usize) -> Option<Found<'s>> {
        let from = self.view.index(from);
        let found = self.search.wrapped.find(self.view.bytes(), from)?;
        Some(Found {
            start: self.view.place(found.start)?,
            end: self.view.place(found.end - 1)? + 1,
            name: found.name,
        })
    }

    /// The first place, from one on, from which on the text is the beginning of a form, and no more than that.
    pub(super) fn open(&self, from: usize) -> usize {
        let wrapped = self.view.index(from);
        let wrapped = self.search.wrapped.open(self.view.bytes(), wrapped);
        let wrapped = wrapped.and_then(|index| self.view.place(index));
        let plain = self.search.plain.open(self.text, from);
        let both = [plain, wrapped].into_iter().flatten();
        both.min().unwrap_or(self.text.len())
    }

    /// How many bytes at the beginning of the text are the end of a form, and no more than that.
    pub(super) fn rest(&self) -> usize {
        let wrapped = self.search.wrapped.rest(self.view.bytes());
        let is_behind_gap = self.view.place(0) != Some(0);
        let wrapped = if is_behind_gap && wrapped < END_BEHIND_GAP_BYTES_MIN {
            0
        } else {
            wrapped
        };
        let last = wrapped.checked_sub(1);
        let wrapped = last.and_then(|index| self.view.place(index));
        let plain = self.search.plain.rest(self.text);
        wrapped.map_or(plain, |last| plain.max(last + 1))
    }

    /// How many bytes of a text without forms cannot be part of one, whatever follows.
    pub(super) fn done(&self) -> usize {
        let plain = &self.search.plain;
        let plain = (self.text.len() + 1).saturating_sub(plain.longest);
        let wrapped = &self.search.wrapped;
        let wrapped = (self.view.bytes().len() + 1).saturating_sub(wrapped.longest);
        let wrapped = self.view.place(wrapped).unwrap_or(0);
        // A text may be nothing but gaps.
        let wrapped = wrapped.max((self.text.len() + 1).saturating_sub(self.search.span()));
        plain.min(wrapped)
    }
}

impl Table {
    fn new(forms: HashMap<String, Arc<str>>) -> Result<Self, BuildError> {
        let mut all: Vec<(String, Arc<str>)> = forms.into_iter().collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        let (sorted, names): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&sorted)?;
        let longest = sorted.iter().map(String::len).max().unwrap_or(0);
        Ok(Self {
            automaton,
            sorted,
            names,
            longest,
        })
    }

    fn find(&self, text: &[u8], from: usize) -> Option<Found<'_>> {
        let found = self.automaton.find(Input::new(text).range(from..))?;
        Some(Found {
            start: found.start(),
            end: found.end(),
            name: &self.names[found.pattern().as_usize()],
        })
    }

    fn open(&self, text: &[u8], from: usize) -> Option<usize> {
        let earliest = (text.len() + 1).saturating_sub(self.longest).max(from);
        (earliest..text.len()).find(|at| {
            let rest = &text[*at..];
            // All forms that begin with `rest` stand together, behind those that are smaller.
            let first = self.sorted.partition_point(|form| form.as_bytes() <= rest);
            let form = self.sorted.get(first);
            form.is_some_and(|form| form.as_bytes().starts_with(rest))
        })
    }

    fn rest(&self, text: &[u8]) -> usize {
        let longest = |form: &String| {
            let most = text.len().min(form.len() - 1);
            let mut counts = (1..=most).rev();
            counts.find(|count| form.as_bytes().ends_with(&text[..*count]))
        };
        self.sorted.iter().filter_map(longest).max().unwrap_or(0)
    }
}
