//! Attempts whose worker is gone.

use outwork_domain::Cause;
use outwork_domain::limits::STALLED_ATTEMPTS_MAX;
use outwork_domain::run_state::{RunEvent, RunState, Then};
use outwork_store::{Error, Guard, Lapsed, Transition, WorkerId, runs};
use tracing::info;

use super::repairs::EachRow;
use crate::Engine;

const BATCH: u32 = 256;

/// Ends the attempts whose lease has lapsed by the database's clock.
pub(super) async fn end_lapsed(engine: &Engine) -> Result<(), Error> {
    let mut reader = engine.inner.store.read().await?;
    let lapsed = runs::leases_lapsed(&mut reader, BATCH).await?;
    drop(reader);
    end_each(engine, lapsed).await
}

/// Ends the attempts that a dead process of this data folder still holds.
pub(super) async fn take_back(engine: &Engine, worker: &WorkerId) -> Result<(), Error> {
    let mut reader = engine.inner.store.read().await?;
    let held = runs::leases_of(&mut reader, worker).await?;
    drop(reader);
    end_each(engine, held).await
}

async fn end_each(engine: &Engine, attempts: Vec<Result<Lapsed, Error>>) -> Result<(), Error> {
    let mut each = EachRow::default();
    for attempt in attempts {
        let ended = match attempt {
            Ok(attempt) => end(engine, attempt).await,
            Err(fault) => Err(fault),
        };
        each.note(ended)?;
    }
    each.end()
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
    if ended.is_ok() {
        info!(run_id = %fence.run_id, attempt = %fence.attempt, "an attempt lost its worker");
    }
    ended
}
