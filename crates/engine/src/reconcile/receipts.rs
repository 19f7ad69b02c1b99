//! Receipts that are no longer kept.

use outwork_store::{Error, receipts};

use crate::Engine;

const BATCH: u32 = 1_000;

/// Removes them, a batch a tick.
pub(super) async fn sweep(engine: &Engine) -> Result<(), Error> {
    let now = engine.now();
    let mut reader = engine.inner.store.read().await?;
    let old = receipts::has_old(&mut reader, now).await?;
    drop(reader);
    if !old {
        return Ok(());
    }
    let swept = engine
        .inner
        .store
        .write_later(move |tx| Box::pin(async move { receipts::sweep(tx, now, BATCH).await }))
        .await;
    swept.map(drop)
}
