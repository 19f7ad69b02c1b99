//! How long to wait before trying again.

use std::time::Duration;

use crate::limits::{RETRY_FIRST, RETRY_MAX};

/// A random fraction in `0.0..=1.0`, drawn by the caller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jitter(f64);

impl Jitter {
    /// Takes a random number; all of its range maps evenly onto the fraction.
    #[must_use]
    pub fn from_random(random: u32) -> Self {
        Self(f64::from(random) / f64::from(u32::MAX))
    }

    /// That fraction of a time.
    #[must_use]
    pub fn of(self, most: Duration) -> Duration {
        most.mul_f64(self.0)
    }
}

/// Exponential backoff with full jitter: a random wait between zero and a bound that doubles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Bound of the first wait.
    pub first: Duration,
    /// Bound of the longest wait.
    pub most: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: RETRY_FIRST,
            most: RETRY_MAX,
        }
    }
}

impl Backoff {
    /// The wait before try `failures + 1`, given how many tries have failed (at least one).
    ///
    /// `retry_after` is what the other side asked for; it is obeyed where it is longer.
    #[must_use]
    pub fn wait(&self, failures: u32, jitter: Jitter, retry_after: Option<Duration>) -> Duration {
        let doublings = failures.saturating_sub(1).min(20);
        let bound = self.first.saturating_mul(1 << doublings).min(self.most);
        let wait = jitter.of(bound);
        retry_after.map_or(wait, |asked| asked.max(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_up_to_the_most() {
        let full = Jitter::from_random(u32::MAX);
        let waits: Vec<u64> = (1..=8)
            .map(|n| Backoff::default().wait(n, full, None).as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(Backoff::default().wait(u32::MAX, full, None).as_secs(), 60);
    }

    #[test]
    fn jitter_is_full_and_retry_after_is_obeyed() {
        let none = Jitter::from_random(0);
        assert_eq!(Backoff::default().wait(3, none, None), Duration::ZERO);
        let asked = Some(Duration::from_secs(7));
        assert_eq!(
            Backoff::default().wait(1, none, asked),
            Duration::from_secs(7)
        );
    }
}
