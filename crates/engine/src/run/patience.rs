//! Waiting for a remote that is busy or away.

use std::time::Duration;

use outwork_domain::limits::{FORGE_LIMIT_PATIENCE, FORGE_PATIENCE};
use outwork_domain::{Backoff, Cause, Class, EventBody, Jitter};
use outwork_store::Claim;
use tokio::time::Instant;
use tracing::info;

use super::RunParts;
use super::error::AttemptError;
use super::renamed::{follow, is_of_place};
use crate::engine::random_u32;

/// Tries until it works, fails for good, or [`FORGE_PATIENCE`] is over; the first failure is told in
/// the transcript, so that whoever watches knows what is waited for.
///
/// Waits that the other side asks for do not count, up to [`FORGE_LIMIT_PATIENCE`]. A credential that is
/// refused may have ended since it was made, so another one is tried once; and a repository that is not
/// where it was is looked for once.
pub(super) async fn patiently<T, F, R>(
    parts: &RunParts,
    claim: &Claim,
    mut attempt: F,
) -> Result<T, AttemptError>
where
    F: FnMut() -> R,
    R: Future<Output = Result<T, AttemptError>>,
{
    let mut patience = Patience::begin();
    loop {
        let error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        if patience.renews(&error) {
            continue;
        }
        if patience.looks_elsewhere(&error) && follow(parts, claim).await {
            continue;
        }
        if error.class() != Class::Retry {
            return Err(error);
        }
        if patience.failures == 0 {
            let text = format!(
                "Waiting for a remote that is busy or away: {}",
                error.message()
            );
            parts
                .ledger
                .append(&claim.fence, vec![EventBody::Note { text }])
                .await?;
        }
        let wait = patience.wait(&error)?;
        info!(%error, ?wait, "the remote is busy or away");
        tokio::time::sleep(wait).await;
    }
}

/// What was tried, and until when it is tried again.
struct Patience {
    begun: Instant,
    until: Instant,
    failures: u32,
    renewal: Once,
    search: Once,
}

/// What is done at most once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Once {
    Before,
    Done,
}

impl Once {
    /// Whether it is the first time; from now on it is not.
    fn take(&mut self) -> bool {
        std::mem::replace(self, Self::Done) == Self::Before
    }
}

impl Patience {
    fn begin() -> Self {
        let begun = Instant::now();
        Self {
            begun,
            until: begun + FORGE_PATIENCE,
            failures: 0,
            renewal: Once::Before,
            search: Once::Before,
        }
    }

    /// Whether another credential is worth a try; git's own are tried again where it is called.
    fn renews(&mut self, error: &AttemptError) -> bool {
        matches!(error, AttemptError::Forge(outwork_forge::Error::Auth(_))) && self.renewal.take()
    }

    fn looks_elsewhere(&mut self, error: &AttemptError) -> bool {
        is_of_place(error) && self.search.take()
    }

    /// How long to wait before the next try.
    fn wait(&mut self, error: &AttemptError) -> Result<Duration, AttemptError> {
        self.failures += 1;
        let asked = error.retry_after();
        let jitter = Jitter::from_random(random_u32());
        let wait = Backoff::default().wait(self.failures, jitter, asked);
        if asked.is_some() {
            self.until = (self.until + wait).min(self.begun + FORGE_LIMIT_PATIENCE);
        }
        if Instant::now() + wait > self.until {
            return Err(gave_up(error, self.until - self.begun));
        }
        Ok(wait)
    }
}

fn gave_up(error: &AttemptError, patience: Duration) -> AttemptError {
    let own = error.cause();
    let cause = if own == Cause::Internal {
        Cause::PublishFailed
    } else {
        own
    };
    let minutes = patience.as_secs() / 60;
    AttemptError::failed(
        cause,
        format!("given up after {minutes} minutes: {}", error.message()),
    )
}

#[cfg(test)]
mod tests {
    use outwork_forge::Error;

    use super::*;

    fn limited(secs: u64) -> AttemptError {
        AttemptError::Forge(Error::RateLimited {
            wait: Duration::from_secs(secs),
            words: "slower".to_owned(),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_asked_for_costs_no_patience() {
        let mut patience = Patience::begin();
        for _ in 0..2 {
            let wait = patience.wait(&limited(3_600)).unwrap();
            assert!(wait >= Duration::from_secs(3_600), "{wait:?}");
            tokio::time::advance(wait).await;
        }
        let gone = AttemptError::Forge(Error::Unavailable("gone".to_owned()));
        assert!(patience.wait(&gone).is_ok());
        tokio::time::advance(FORGE_PATIENCE).await;
        let error = patience.wait(&gone).unwrap_err();
        assert_eq!(error.cause(), Cause::PublishFailed);
        let error = Patience::begin().wait(&limited(24 * 3_600)).unwrap_err();
        assert!(
            error.message().starts_with("given up after 180 minutes"),
            "{error}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn credentials_and_addresses_are_tried_anew_once() {
        let mut patience = Patience::begin();
        let refused = AttemptError::Forge(Error::Auth("no".to_owned()));
        assert!(patience.renews(&refused) && !patience.renews(&refused));
        let moved = AttemptError::Forge(Error::Renamed { to: None });
        assert!(!patience.looks_elsewhere(&refused));
        assert!(patience.looks_elsewhere(&moved) && !patience.looks_elsewhere(&moved));
    }
}
