//! Level-triggered repairs: each tick looks at stored rows and takes small steps towards what should
//! be. At start the same ticks are what recovers a crash.

mod leases;
mod queue;
mod receipts;
mod workspaces;

use std::sync::Arc;
use std::time::Duration;

use outwork_store::WorkerId;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::Engine;

const TICK: Duration = Duration::from_secs(1);
/// How often the packs of mirrors are looked at.
const TIDY: Duration = Duration::from_secs(3600);

/// What the reconciler needs to know.
#[derive(Clone, Debug)]
pub struct ReconcilerOptions {
    /// The worker of this data folder; at start its leases are those of a dead process.
    pub worker: WorkerId,
    /// How long a workspace stays after its agent's last run.
    pub workspace_retention: Duration,
    /// How many workspaces are kept; above that the longest idle go early.
    pub workspaces_max: usize,
    /// How long a run may wait in the queue.
    pub queue_wait_max: Duration,
}

/// Repairs what crashes and the passing of time leave behind.
pub struct Reconciler {
    engine: Engine,
    options: Arc<ReconcilerOptions>,
}

impl Reconciler {
    /// A reconciler beside an engine.
    #[must_use]
    pub fn new(engine: Engine, options: ReconcilerOptions) -> Self {
        Self {
            engine,
            options: Arc::new(options),
        }
    }

    /// Takes back what a dead process of this data folder held; call it once, before the worker
    /// starts and while the folder's lock is held.
    ///
    /// # Errors
    ///
    /// The store's, if it cannot be read or written.
    pub async fn recover(&self) -> Result<(), outwork_store::Error> {
        leases::take_back(&self.engine, &self.options.worker).await?;
        workspaces::sweep_folders(&self.engine).await
    }

    /// Ticks until `stop` is cancelled.
    pub async fn run(&self, stop: CancellationToken) {
        let git = self.engine.inner.git.clone();
        let tidying = stop.clone().run_until_cancelled_owned(tidy(git));
        let engine = self.engine.clone();
        let listing = async move { engine.keep_repository_list().await };
        let listing = stop.clone().run_until_cancelled_owned(listing);
        tokio::join!(tidying, listing, self.tick_until(stop));
    }

    async fn tick_until(&self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(TICK) => {}
            }
            if let Err(error) = self.tick().await {
                warn!(%error, "a repair has to wait");
            }
        }
    }

    /// Takes every step that is due.
    ///
    /// # Errors
    ///
    /// The store's, if it cannot be read or written; the next tick tries again.
    pub async fn tick(&self) -> Result<(), outwork_store::Error> {
        leases::end_lapsed(&self.engine).await?;
        queue::expire(&self.engine, self.options.queue_wait_max).await?;
        receipts::sweep(&self.engine).await?;
        workspaces::remove_orphans(&self.engine).await?;
        workspaces::remove_old(&self.engine, self.options.workspace_retention).await?;
        workspaces::remove_excess(&self.engine, self.options.workspaces_max).await
    }
}

/// Keeps the mirrors from growing a pack for every run, for ever.
async fn tidy(git: outwork_workspace::Git) {
    loop {
        tokio::time::sleep(TIDY).await;
        if let Err(error) = git.tidy().await {
            warn!(%error, "a mirror could not be tidied");
        }
    }
}
