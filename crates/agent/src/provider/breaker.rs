//! One breaker a provider: after five failures in a row only one request at a time tries it.
//!
//! Whoever is held back gets the time to come again instead of sending a request; the first answer
//! of any kind lets all through again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outwork_domain::limits::BREAKER_FAILURES_MAX;
use outwork_domain::{Backoff, Jitter};
use tokio::time::Instant;

/// Failures in a row of one provider, seen by all runs that use it.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    next_probe_at: Option<Instant>,
    probing: bool,
}

/// Leave to send one request; gives the probe back when it goes.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
}

impl Breaker {
    /// Gives leave to send a request, or says after which wait to come again.
    pub(super) fn enter(&self) -> Result<Pass<'_>, Duration> {
        let mut state = self.lock();
        let is_probe = state.failures >= BREAKER_FAILURES_MAX;
        if is_probe {
            let now = Instant::now();
            let due = state.next_probe_at.unwrap_or(now);
            if due > now {
                return Err(due - now);
            }
            if state.probing {
                return Err(Backoff::default().first);
            }
            state.probing = true;
        }
        drop(state);
        Ok(Pass {
            breaker: self,
            is_probe,
        })
    }

    // A panic while the lock is held leaves counters that are at worst one off.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// The provider answered, whatever it said.
    pub(super) fn answered(self) {
        let mut state = self.breaker.lock();
        state.failures = 0;
        state.next_probe_at = None;
    }

    /// The provider is busy or away.
    pub(super) fn failed(self, retry_after: Option<Duration>) {
        let mut state = self.breaker.lock();
        state.failures = state.failures.saturating_add(1);
        if let Some(over) = state.failures.checked_sub(BREAKER_FAILURES_MAX) {
            let bound = Jitter::from_random(u32::MAX);
            let wait = Backoff::default().wait(over + 1, bound, retry_after);
            state.next_probe_at = Some(Instant::now() + wait);
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            self.breaker.lock().probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, times: u32) {
        for _ in 0..times {
            breaker.enter().unwrap().failed(None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_five_failures_one_at_a_time_and_ever_more_slowly() {
        let breaker = Breaker::default();
        fail(&breaker, 4);
        let all = [breaker.enter().unwrap(), breaker.enter().unwrap()];
        drop(all);
        fail(&breaker, 1);
        assert_eq!(breaker.enter().unwrap_err(), Duration::from_secs(1));
        tokio::time::advance(Duration::from_secs(1)).await;
        let probe = breaker.enter().unwrap();
        assert_eq!(breaker.enter().unwrap_err(), Duration::from_secs(1));
        probe.failed(None);
        assert_eq!(breaker.enter().unwrap_err(), Duration::from_secs(2));
        tokio::time::advance(Duration::from_secs(2)).await;
        breaker
            .enter()
            .unwrap()
            .failed(Some(Duration::from_secs(100)));
        assert_eq!(breaker.enter().unwrap_err(), Duration::from_secs(100));
        tokio::time::advance(Duration::from_secs(100)).await;
        breaker.enter().unwrap().answered();
        let all = [breaker.enter().unwrap(), breaker.enter().unwrap()];
        drop(all);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_goes_away_makes_room_for_the_next() {
        let breaker = Breaker::default();
        fail(&breaker, 5);
        tokio::time::advance(Duration::from_secs(1)).await;
        drop(breaker.enter().unwrap());
        drop(breaker.enter().unwrap());
    }
}
