//! One request as it arrived.

use std::sync::OnceLock;
use std::time::Instant;

use crate::http::header;

/// One request.
#[derive(Debug)]
pub struct Arrival {
    /// Its place in the order of receipt at its receiver, from 0.
    pub number: usize,
    /// The endpoint.
    pub path: String,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// When its last byte was there.
    pub received_at: Instant,
    /// The status that the receiver decided on; none if it was to get no answer.
    pub status: Option<u16>,
    pub(super) answered_at: OnceLock<Instant>,
}

impl Arrival {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Whether the receiver took it, which is any 2xx.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }

    /// When the last byte of the answer was written, once it is.
    #[must_use]
    pub fn answered_at(&self) -> Option<Instant> {
        self.answered_at.get().copied()
    }
}
