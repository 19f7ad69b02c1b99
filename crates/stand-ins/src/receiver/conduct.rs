//! How an endpoint behaves.

use sha2::{Digest as _, Sha256};

use crate::http::{Ending, Reply};

/// How an endpoint behaves: what it answers, and how often it fails.
#[derive(Clone, Debug)]
pub struct Conduct {
    good: Reply,
    failures: Option<Failures>,
}

#[derive(Clone, Debug)]
struct Failures {
    per_thousand: u64,
    seed: u64,
    replies: Vec<Reply>,
}

impl Conduct {
    /// Takes everything.
    #[must_use]
    pub fn taking() -> Self {
        Self::always(Reply::status(200, "{}"))
    }

    /// Gives everything the same answer.
    #[must_use]
    pub const fn always(reply: Reply) -> Self {
        Self {
            good: reply,
            failures: None,
        }
    }

    /// Accepts connections and requests, and never answers.
    #[must_use]
    pub fn dead() -> Self {
        Self::always(Reply::nothing(Ending::Silence))
    }

    /// Fails so many of a thousand requests, each with one of these answers.
    #[must_use]
    pub fn failing(mut self, per_thousand: u64, seed: u64, replies: Vec<Reply>) -> Self {
        self.failures = Some(Failures {
            per_thousand,
            seed,
            replies,
        });
        self
    }

    /// The answer to a delivery that comes for the `turn`th time, from 1.
    pub(super) fn reply_to(&self, id: &str, turn: u64) -> Reply {
        let failure = self.failures.as_ref().and_then(|it| it.draw(id, turn));
        failure.unwrap_or(&self.good).clone()
    }
}

impl Default for Conduct {
    fn default() -> Self {
        Self::taking()
    }
}

impl Failures {
    fn draw(&self, id: &str, turn: u64) -> Option<&Reply> {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(turn.to_be_bytes());
        hash.update(id.as_bytes());
        let drawn = hash.finalize();
        if number(&drawn[..8]) % 1000 >= self.per_thousand {
            return None;
        }
        let count = u64::try_from(self.replies.len()).unwrap_or(u64::MAX);
        let which = number(&drawn[8..16]).checked_rem(count)?;
        self.replies.get(usize::try_from(which).ok()?)
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
