//! Claims queued runs, executes each in a task of its own, and renews their leases.
//!
//! The bell of the queue wakes it at once; a poll each second is the safety net. It stops its runs by
//! itself when it could not renew its leases for [`WORKER_GIVES_UP`].

use std::sync::Arc;
use std::time::Duration;

use outwork_domain::limits::{CLAIMED_AT_ONCE_MAX, HEARTBEAT, SHUTDOWN_GRACE, WORKER_GIVES_UP};
use outwork_domain::redact::Redactor;
use outwork_store::{Claim, Standing};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use crate::Engine;
use crate::egress::Egress;
use crate::ledger::Ledger;
use crate::run::{self, RunOptions, RunParts, Sandboxes};
use crate::running::{Halt, Running};

const POLL: Duration = Duration::from_secs(1);

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// How many runs it executes at the same time.
    pub runs_max: u32,
    /// How runs are executed.
    pub run: RunOptions,
}

/// What a worker works with.
pub struct WorkerParts {
    /// The run queue.
    pub ledger: Arc<dyn Ledger>,
    /// What starts sandboxes.
    pub launcher: outwork_sandbox::Launcher,
}

/// Executes runs until it is told to stop.
pub struct Worker {
    ledger: Arc<dyn Ledger>,
    engine: Engine,
    running: Running,
    bell: Arc<Notify>,
    parts: Arc<RunParts>,
    runs_max: usize,
    ended: Arc<Notify>,
}

impl Worker {
    /// A worker beside an engine; commands given to that engine reach its runs at once.
    #[must_use]
    pub fn new(engine: &Engine, parts: WorkerParts, options: WorkerOptions) -> Self {
        let inner = &engine.inner;
        let ledger = parts.ledger;
        Self {
            engine: engine.clone(),
            running: inner.running.clone(),
            bell: inner.store.queue_bell(),
            runs_max: usize::try_from(options.runs_max).unwrap_or(usize::MAX),
            ended: Arc::new(Notify::new()),
            parts: Arc::new(RunParts {
                ledger: Arc::clone(&ledger),
                forges: inner.forges.clone(),
                sandboxes: Sandboxes {
                    launcher: parts.launcher,
                    egress: Egress::new(
                        options.run.egress.clone(),
                        &inner.options.projects,
                        &inner.options.outbound,
                    ),
                },
                git: inner.git.clone(),
                models: Arc::clone(&inner.models),
                clock: Arc::clone(&inner.clock),
                data_dir: inner.options.data_dir.clone(),
                public_url: inner.options.public_url.clone(),
                options: options.run,
                variables: Arc::default(),
                redactor: Redactor::default(),
                secrets: Redactor::default(),
            }),
            ledger,
        }
    }

    /// Works until `stop` is cancelled, then gives its runs back and waits for them to end.
    pub async fn work(&self, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        let heartbeat = self.beat(stop.clone());
        let claiming = self.claim_until(&stop, &tasks);
        tokio::join!(heartbeat, claiming);
        self.running.halt_all(Halt::Shutdown);
        tasks.close();
        if tokio::time::timeout(SHUTDOWN_GRACE, tasks.wait())
            .await
            .is_err()
        {
            warn!(
                run_count = self.running.count(),
                "runs did not stop in time"
            );
        }
    }

    async fn claim_until(&self, stop: &CancellationToken, tasks: &TaskTracker) {
        loop {
            let claimed = self.claim_once(tasks).await;
            if claimed > 0 && self.running.count() < self.runs_max && !stop.is_cancelled() {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.bell.notified() => {}
                () = self.ended.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    async fn claim_once(&self, tasks: &TaskTracker) -> usize {
        let free = self.runs_max.saturating_sub(self.running.count());
        if free == 0 {
            return 0;
        }
        if let Err(short) = self.engine.inner.admission.admit() {
            warn!(short, "no runs are claimed");
            return 0;
        }
        let max = u32::try_from(free).unwrap_or(u32::MAX);
        match self.ledger.claim(max.min(CLAIMED_AT_ONCE_MAX)).await {
            Ok(claims) => {
                let count = claims.len();
                claims
                    .into_iter()
                    .for_each(|claim| self.start(claim, tasks));
                count
            }
            Err(error) => {
                warn!(%error, "cannot claim runs");
                0
            }
        }
    }

    fn start(&self, claim: Claim, tasks: &TaskTracker) {
        let fence = claim.fence;
        let handle = self.running.begin(&fence);
        let (running, parts) = (self.running.clone(), Arc::clone(&self.parts));
        let ended = Arc::clone(&self.ended);
        metrics::gauge!("outwork_runs_active").increment(1.0);
        tasks.spawn(async move {
            let task = tokio::spawn(Box::pin(run::execute(parts, claim, handle)));
            if let Err(error) = task.await {
                // The lease lapses and the reconciler counts the attempt as failed.
                error!(run_id = %fence.run_id, %error, "a run's task panicked");
            }
            metrics::gauge!("outwork_runs_active").decrement(1.0);
            running.end(&fence);
            ended.notify_one();
        });
    }

    async fn beat(&self, stop: CancellationToken) {
        let mut last_good = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(HEARTBEAT) => {}
            }
            let fences = self.running.fences();
            if fences.is_empty() {
                last_good = Instant::now();
                continue;
            }
            let left = WORKER_GIVES_UP.saturating_sub(last_good.elapsed());
            let beat = tokio::time::timeout(left, self.ledger.heartbeat(&fences)).await;
            match beat {
                Ok(Ok(standings)) => {
                    last_good = Instant::now();
                    self.heed(standings);
                }
                Ok(Err(error)) => warn!(%error, "cannot renew leases"),
                Err(_) => warn!("the database did not answer a heartbeat"),
            }
            if last_good.elapsed() >= WORKER_GIVES_UP {
                info!(
                    run_count = fences.len(),
                    "leases could not be renewed: runs are stopped"
                );
                self.running.halt_all(Halt::Lost);
            }
        }
    }

    fn heed(&self, standings: Vec<(outwork_domain::Fence, Standing)>) {
        for (fence, standing) in standings {
            match standing {
                Standing::Held => {}
                Standing::CancelRequested => self.running.halt(fence.run_id, Halt::Cancel),
                Standing::Lost => self.running.halt(fence.run_id, Halt::Lost),
            }
        }
    }
}
