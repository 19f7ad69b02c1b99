//! Attempts whose worker is gone.

use outwork_domain::Cause;
use outwork_domain::limits::STALLED_ATTEMPTS_MAX;
use outwork_domain::run_state::{RunEvent, RunState, Then};
use outwork_store::{Error, Guard, Lapsed, Transition, WorkerId, runs};
use tracing::info;

use crate::Engine;

const BATCH: u32 = 256;

/// Ends the attempts whose lease has lapsed by the database's clock.
pub(super) async fn end_lapsed(engine: &Engine) -> Result<(), Error> {
    let mut reader = engine.inner.store.read().await?;
    let lapsed = runs::leases_lapsed(&mut reader, BATCH).await?;
    drop(reader);
    for attempt in lapsed {
        end(engine, attempt).await?;
    }
    Ok(())
}

/// Ends the attempts that a dead process of this data folder still holds.
pub(super) async fn take_back(engine: &Engine, worker: &WorkerId) -> Result<(), Error> {
    let mut reader = engine.inner.store.read().await?;
    let held = runs::leases_of(&mut reader, worker).await?;
    drop(reader);
    for attempt in held {
        end(engine, attempt).await?;
    }
    Ok(())
}

async fn end(engine: &Engine, lapsed: Lapsed) -> Result<(), Error> {
    let mut transition = Transition::of(RunEvent::LeaseExpired(Then::Retry));
    if lapsed.stalled_attempts + 1 >= STALLED_ATTEMPTS_MAX && lapsed.state != RunState::Cancelling {
        transition = Transition::of(RunEvent::LeaseExpired(Then::GiveUp));
        transition.failure = Some((
            Cause::AttemptsExhausted,
            format!(
                "{STALLED_ATTEMPTS_MAX} attempts in a row ended without progress because their \
                 worker died; look into the server's log for what kills it"
            ),
        ));
    }
    let (fence, now) = (lapsed.fence, engine.now());
    let ended = engine
        .inner
        .store
        .write(move |tx| {
            Box::pin(async move {
                runs::apply(tx, &Guard::Fence(fence), &transition, now)
                    .await
                    .map(drop)
            })
        })
        .await;
    match ended {
        Ok(()) => {
            info!(run_id = %fence.run_id, attempt = %fence.attempt, "an attempt lost its worker");
            Ok(())
        }
        // Somebody else was faster.
        Err(Error::Stale | Error::NotFound | Error::Illegal(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
