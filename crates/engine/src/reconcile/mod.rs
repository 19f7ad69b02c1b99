//! Level-triggered repairs: each tick looks at stored rows and takes small steps towards what should
//! be. At start the same ticks are what recovers a crash.

mod leases;
mod queue;
mod receipts;
mod repairs;
mod workspaces;

use std::sync::Arc;
use std::time::Duration;

use outwork_store::WorkerId;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use self::repairs::Complaints;
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
    complaints: Complaints,
}

impl Reconciler {
    /// A reconciler beside an engine.
    #[must_use]
    pub fn new(engine: Engine, options: ReconcilerOptions) -> Self {
        Self {
            engine,
            options: Arc::new(options),
            complaints: Complaints::default(),
        }
    }

    /// Takes back what a dead process of this data folder held; call it once, before the worker
    /// starts and while the folder's lock is held.
    ///
    /// # Errors
    ///
    /// The store's, if it cannot be read or written.
    pub async fn recover(&self) -> Result<(), outwork_store::Error> {
        let taken_back = leases::take_back(&self.engine, &self.options.worker).await;
        self.complaints
            .note("leases of the last process", &taken_back);
        match taken_back {
            // A row that cannot be read is nothing that waiting helps: the others go on.
            Ok(()) => {}
            Err(fault) if fault.is_of_rows() => {}
            Err(fault) => return Err(fault),
        }
        workspaces::sweep_folders(&self.engine).await
    }

    /// Ticks until `stop` is cancelled.
    pub async fn run(&self, stop: CancellationToken) {
        let git = self.engine.inner.git.clone();
        let tidying = stop.clone().run_until_cancelled_owned(tidy(git));
        let engine = self.engine.clone();
        let listing =
            async move { tokio::join!(engine.keep_repository_list(), engine.keep_forge_lists()) };
        let listing = stop.clone().run_until_cancelled_owned(listing);
        tokio::join!(tidying, listing, self.tick_until(stop));
    }

    async fn tick_until(&self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(TICK) => {}
            }
            // What had to wait was logged there.
            let _ = self.tick().await;
        }
    }

    /// Takes every step that is due; one that fails keeps no other from being taken.
    ///
    /// # Errors
    ///
    /// The first fault of the store or of a row in it; the next tick tries again.
    pub async fn tick(&self) -> Result<(), outwork_store::Error> {
        let (engine, options) = (&self.engine, &self.options);
        let outcomes = [
            ("lapsed leases", leases::end_lapsed(engine).await),
            (
                "runs that waited too long",
                queue::expire(engine, options.queue_wait_max).await,
            ),
            ("kept answers", receipts::sweep(engine).await),
            (
                "workspaces of deleted agents",
                workspaces::remove_orphans(engine).await,
            ),
            (
                "old workspaces",
                workspaces::remove_old(engine, options.workspace_retention).await,
            ),
            (
                "surplus workspaces",
                workspaces::remove_excess(engine, options.workspaces_max).await,
            ),
        ];
        let mut first = Ok(());
        for (repair, outcome) in outcomes {
            self.complaints.note(repair, &outcome);
            first = first.and(outcome);
        }
        first
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
