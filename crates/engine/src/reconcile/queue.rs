//! Runs that waited too long.

use std::time::Duration;

use outwork_domain::Timestamp;
use outwork_domain::run_state::RunEvent;
use outwork_store::{Error, Guard, Transition, runs};

use super::repairs::EachRow;
use crate::Engine;

const BATCH: u32 = 256;

/// Expires the runs that nobody claimed for `wait_max`.
pub(super) async fn expire(engine: &Engine, wait_max: Duration) -> Result<(), Error> {
    let now = engine.now();
    let millis = i64::try_from(wait_max.as_millis()).unwrap_or(i64::MAX);
    let before = Timestamp::from_millis(now.millis().saturating_sub(millis));
    let mut reader = engine.inner.store.read().await?;
    let waiting = runs::waited_too_long(&mut reader, before, BATCH).await?;
    drop(reader);
    let mut each = EachRow::default();
    for (run_id, attempt) in waiting {
        let expired = engine
            .inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let guard = Guard::Run { run_id, attempt };
                    let transition = Transition::of(RunEvent::WaitedTooLong);
                    runs::apply(tx, &guard, &transition, now).await.map(drop)
                })
            })
            .await;
        each.note(expired)?;
    }
    each.end()
}
