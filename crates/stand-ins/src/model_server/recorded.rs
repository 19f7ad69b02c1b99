//! What the server was asked, and when.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Form;
use crate::http::header;

/// One request.
#[derive(Debug)]
pub struct Recorded {
    /// Its number, from 0.
    pub number: usize,
    /// Its wire form; none if the path is no known one.
    pub form: Option<Form>,
    /// Its path.
    pub path: String,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// When its last byte was there.
    pub received_at: Instant,
    /// How many bytes its body has.
    pub body_bytes: usize,
    /// Its body; empty where only times are kept.
    pub body: Vec<u8>,
    pub(super) outcome: OnceLock<AnswerRecord>,
}

/// What became of a request.
#[derive(Clone, Debug)]
pub(super) struct AnswerRecord {
    pub(super) status: u16,
    pub(super) answered_at: Instant,
    pub(super) tokens: (u64, u64),
    pub(super) turn: usize,
}

impl Recorded {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body as JSON; null if it is none or was not kept.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The SHA-256 of the body in hex.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(&self.body))
    }

    /// The status that it was answered with, once it is.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.outcome.get().map(|outcome| outcome.status)
    }

    /// When the last byte of its answer was written, once it is.
    #[must_use]
    pub fn answered_at(&self) -> Option<Instant> {
        self.outcome.get().map(|outcome| outcome.answered_at)
    }

    /// The input and output tokens that its answer was charged with.
    #[must_use]
    pub fn tokens(&self) -> (u64, u64) {
        self.outcome.get().map_or((0, 0), |outcome| outcome.tokens)
    }

    /// Which turn of its script it got, from 0.
    #[must_use]
    pub fn turn(&self) -> Option<usize> {
        self.outcome.get().map(|outcome| outcome.turn)
    }

    /// The time from the last byte of an earlier answer to the last byte of this request.
    #[must_use]
    pub fn since_answer_to(&self, earlier: &Self) -> Option<Duration> {
        self.received_at
            .checked_duration_since(earlier.answered_at()?)
    }
}
