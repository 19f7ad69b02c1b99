//! Redaction of a text that comes in pieces.
//!
//! What may still become a value waits for the next piece; everything else passes at once. The pieces
//! that come out, put together, are the redacted whole.

use super::Redactor;
use super::search::{Matches, Search};

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
    let mut matches = Matches::new(search, text.as_bytes());
    let mut out = String::new();
    let mut from = 0;
    let mut open = matches.open(from);
    loop {
        // A form that begins before every open one is decided: no longer one can take its place.
        match matches.next(from) {
            Some(found) if found.start < open => {
                out.push_str(&text[from..found.start]);
                found.replace(&mut out);
                from = found.end;
            }
            Some(_) | None => {
                out.push_str(&text[from..open]);
                return (out, open);
            }
        }
        if open < from {
            open = matches.open(from);
        }
    }
}
