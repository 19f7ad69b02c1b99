//! Redaction of a text that comes in pieces.
//!
//! What may still become a value waits for the next piece; everything else passes at once. The pieces
//! that come out, put together, are the redacted whole.

use super::{Redactor, Search};

/// A redacted stream of pieces of one text.
#[derive(Debug)]
pub struct RedactedStream {
    redactor: Redactor,
    held: String,
}

impl RedactedStream {
    pub(super) const fn new(redactor: Redactor) -> Self {
        Self {
            redactor,
            held: String::new(),
        }
    }

    /// Takes a piece; gives what can be shown by now, which may be nothing.
    #[must_use]
    pub fn push(&mut self, piece: &str) -> String {
        let Some(search) = &self.redactor.search else {
            return piece.to_owned();
        };
        self.held.push_str(piece);
        let (out, shown) = advance(search, &self.held);
        self.held.drain(..shown);
        out
    }

    /// Takes a piece before which something may have been left out, as the words at its beginning say;
    /// gives what can be shown by now. Of a value on the cut, no part is shown.
    #[must_use]
    pub fn push_cut(&mut self, piece: &str) -> String {
        let mut text = std::mem::take(&mut self.held);
        text.push_str(piece);
        let (mut shown, rest) = self.redactor.to_last_cut(&text);
        shown.push_str(&self.push(rest));
        shown
    }

    /// Gives the rest, when nothing follows; the stream is then as new.
    #[must_use]
    pub fn finish(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        self.redactor.text(&held).into_owned()
    }
}

/// What can be shown of a text that may go on, and how many of its bytes that is.
pub(super) fn advance(search: &Search, text: &str) -> (String, usize) {
    let mut out = String::new();
    let mut from = 0;
    loop {
        let open = first_open(search, text, from);
        let found = search.automaton.find(&text[from..]);
        // A form that begins before every open one is decided: no longer one can take its place.
        match found {
            Some(found) if from + found.start() < open => {
                out.push_str(&text[from..from + found.start()]);
                search.replace(found.pattern(), &mut out);
                from += found.end();
            }
            Some(_) | None => {
                out.push_str(&text[from..open]);
                return (out, open);
            }
        }
    }
}

/// The first place from which on the text is the beginning of a form, and no more than that.
fn first_open(search: &Search, text: &str, from: usize) -> usize {
    let earliest = text.len().saturating_sub(search.longest - 1).max(from);
    (earliest..text.len())
        .filter(|at| text.is_char_boundary(*at))
        .find(|at| {
            let rest = &text[*at..];
            // All forms that begin with `rest` stand together, behind those that are smaller.
            let first = search.sorted.partition_point(|form| form.as_str() <= rest);
            search
                .sorted
                .get(first)
                .is_some_and(|form| form.starts_with(rest))
        })
        .unwrap_or(text.len())
}
