//! Waiting for a remote that is busy or away.

use std::time::Duration;

use outwork_domain::limits::FORGE_PATIENCE;
use outwork_domain::{Backoff, Cause, Class, EventBody, Jitter};
use outwork_store::Claim;
use tokio::time::Instant;
use tracing::info;

use super::RunParts;
use super::error::AttemptError;
use crate::engine::random_u32;

/// Tries until it works, fails for good, or [`FORGE_PATIENCE`] is over; the first failure is told in
/// the transcript, so that whoever watches knows what is waited for.
pub(super) async fn patiently<T, F, R>(
    parts: &RunParts,
    claim: &Claim,
    mut attempt: F,
) -> Result<T, AttemptError>
where
    F: FnMut() -> R,
    R: Future<Output = Result<T, AttemptError>>,
{
    let until = Instant::now() + FORGE_PATIENCE;
    let mut failures = 0;
    loop {
        let error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) if error.class() != Class::Retry => return Err(error),
            Err(error) => error,
        };
        if failures == 0 {
            let text = format!(
                "Waiting for a remote that is busy or away: {}",
                error.message()
            );
            parts
                .ledger
                .append(&claim.fence, vec![EventBody::Note { text }])
                .await?;
        }
        failures += 1;
        let wait = Backoff::default().wait(
            failures,
            Jitter::from_random(random_u32()),
            error.retry_after(),
        );
        if Instant::now() + wait > until {
            return Err(gave_up(&error, FORGE_PATIENCE));
        }
        info!(%error, ?wait, "the remote is busy or away");
        tokio::time::sleep(wait).await;
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
