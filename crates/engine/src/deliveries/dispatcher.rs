//! Sends what is due: claims it, sends each delivery in a task of its own, and notes how that went.
//!
//! The outbox's bell wakes it at once; a poll each second finds what falls due. However many wait for one
//! receiver, only a few of them are under way at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outwork_domain::limits::{
    DELIVERY_LEASE, DELIVERY_RETENTION, DELIVERY_START_MAX, DELIVERY_STOP_GRACE, SHUTDOWN_GRACE,
};
use outwork_domain::{DeliveryEvent, Verdict};
use outwork_store::{Error, Noted, Outgoing, Settlement, WorkerId, deliveries};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use super::attempt::{Presence, send};
use super::places::Places;
use crate::Engine;

const POLL: Duration = Duration::from_secs(1);
/// How often the log is swept.
const SWEEP: Duration = Duration::from_secs(60);
const SWEEP_BATCH: u32 = 1_000;
/// Tries to note an attempt while the database is away; then the lease ends and it is sent again.
const NOTES_MAX: u32 = 5;
const NOTE_WAIT: Duration = Duration::from_millis(500);

/// How deliveries are sent.
#[derive(Clone, Debug)]
pub struct DispatcherOptions {
    /// The server of this data folder; at start its claims are those of a dead process.
    pub worker: WorkerId,
    /// Waits between attempts; one attempt more than there are waits is made.
    pub schedule: Vec<Duration>,
}

/// Sends deliveries until it is told to stop; cheap to clone.
#[derive(Clone)]
pub struct Dispatcher {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    options: DispatcherOptions,
    places: Mutex<Places>,
    ended: Notify,
}

impl Dispatcher {
    /// A dispatcher beside an engine.
    #[must_use]
    pub fn new(engine: Engine, options: DispatcherOptions) -> Self {
        let inner = Inner {
            engine,
            options,
            places: Mutex::default(),
            ended: Notify::new(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Takes back what a dead process of this data folder claimed; call it once, before the dispatcher
    /// runs and while the folder's lock is held.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn recover(&self) -> Result<(), Error> {
        let released = self.release().await?;
        if released > 0 {
            info!(
                delivery_count = released,
                "deliveries were under way and are sent again"
            );
        }
        Ok(())
    }

    /// Sends what is due until `stop` is cancelled; then what is under way has a moment to come to its end,
    /// and the rest is given back.
    pub async fn run(&self, stop: CancellationToken) {
        let (tasks, enough) = (TaskTracker::new(), CancellationToken::new());
        let sweeping = stop.clone().run_until_cancelled_owned(self.sweep());
        tokio::join!(sweeping, self.send_until(&stop, &tasks, &enough));
        tasks.close();
        let ended = tokio::time::timeout(DELIVERY_STOP_GRACE, tasks.wait()).await;
        if ended.is_ok() {
            return;
        }
        enough.cancel();
        let giving_back = async {
            // Notes of attempts that did end come first.
            tasks.wait().await;
            self.release().await
        };
        match tokio::time::timeout(SHUTDOWN_GRACE - DELIVERY_STOP_GRACE, giving_back).await {
            Ok(Ok(0)) => {}
            Ok(Ok(delivery_count)) => info!(delivery_count, "deliveries are sent again"),
            Ok(Err(error)) => {
                warn!(%error, "deliveries cannot be given back before their lease ends")
            }
            Err(_) => warn!("deliveries were not given back in time; their lease ends by itself"),
        }
    }

    /// Makes due again what this server has claimed.
    async fn release(&self) -> Result<u64, Error> {
        let worker = self.inner.options.worker.0.clone();
        let store = self.inner.engine.store();
        store
            .write(move |tx| Box::pin(async move { deliveries::release(tx, &worker).await }))
            .await
    }

    /// Sends what is due now, once, and waits until all of it is noted; says how much it was.
    ///
    /// # Errors
    ///
    /// The store's, if nothing could be claimed.
    pub async fn tick(&self) -> Result<usize, Error> {
        let tasks = TaskTracker::new();
        let begun = self.begin_due(&tasks, &CancellationToken::new()).await?;
        tasks.close();
        tasks.wait().await;
        Ok(begun)
    }

    async fn send_until(
        &self,
        stop: &CancellationToken,
        tasks: &TaskTracker,
        enough: &CancellationToken,
    ) {
        let bell = self.inner.engine.store().delivery_bell();
        loop {
            let begun = match self.begin_due(tasks, enough).await {
                Ok(begun) => begun,
                Err(error) => {
                    warn!(%error, "deliveries cannot be claimed");
                    0
                }
            };
            if begun > 0 && !stop.is_cancelled() {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = bell.notified() => {}
                () = self.inner.ended.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Claims what is due and begins to send it, until it is `enough`; says how many those are.
    async fn begin_due(
        &self,
        tasks: &TaskTracker,
        enough: &CancellationToken,
    ) -> Result<usize, Error> {
        let store = self.inner.engine.store();
        let waiting = deliveries::due_places(&mut store.read().await?).await?;
        let rooms = self.places().rooms(&waiting);
        if rooms.is_empty() {
            return Ok(0);
        }
        let worker = self.inner.options.worker.0.clone();
        let claimed_at = Instant::now();
        let claimed = store
            .write(move |tx| {
                Box::pin(
                    async move { deliveries::claim(tx, &worker, &rooms, DELIVERY_LEASE).await },
                )
            })
            .await?;
        let begun = claimed.len();
        for outgoing in claimed {
            self.places().begin(&outgoing.place);
            let (this, enough) = (self.clone(), enough.clone());
            tasks.spawn(async move {
                let presence = this.deliver(&outgoing, claimed_at, &enough).await;
                this.places().end(&outgoing.place, presence);
                this.note_count();
                this.inner.ended.notify_one();
            });
        }
        self.note_count();
        Ok(begun)
    }

    /// Sends a delivery and notes how it went.
    async fn deliver(
        &self,
        outgoing: &Outgoing,
        claimed_at: Instant,
        enough: &CancellationToken,
    ) -> Option<Presence> {
        if claimed_at.elapsed() > DELIVERY_START_MAX {
            // The attempt might outlive the claim, and another server send the same at once.
            return None;
        }
        let (engine, schedule) = (&self.inner.engine, &self.inner.options.schedule);
        let sending = send(engine, outgoing, schedule);
        let (settlement, presence) = enough.run_until_cancelled(sending).await?;
        measure(&settlement, outgoing.event);
        let id = outgoing.id;
        match self.note(outgoing, settlement).await {
            Ok(Noted::Kept) => {}
            Ok(Noted::Stale) => debug!(%id, "a delivery was ended or claimed by somebody else"),
            Err(error) => warn!(%id, %error, "an attempt cannot be noted; it is made again"),
        }
        Some(presence)
    }

    async fn note(&self, outgoing: &Outgoing, settlement: Settlement) -> Result<Noted, Error> {
        let mut tries = 1;
        loop {
            let (outgoing, settlement) = (outgoing.clone(), settlement.clone());
            let noted = self
                .inner
                .engine
                .store()
                .write(move |tx| {
                    Box::pin(async move { deliveries::settle(tx, &outgoing, &settlement).await })
                })
                .await;
            match noted {
                Err(Error::Unavailable(_)) if tries < NOTES_MAX => tries += 1,
                noted => return noted,
            }
            tokio::time::sleep(NOTE_WAIT).await;
        }
    }

    async fn sweep(&self) {
        loop {
            tokio::time::sleep(SWEEP).await;
            let (engine, mut swept) = (&self.inner.engine, u64::from(SWEEP_BATCH));
            while swept >= u64::from(SWEEP_BATCH) {
                let now = engine.now();
                let sweeping = engine.store().write_later(move |tx| {
                    Box::pin(async move {
                        deliveries::sweep(tx, now, DELIVERY_RETENTION, SWEEP_BATCH).await
                    })
                });
                swept = sweeping.await.unwrap_or_else(|error: Error| {
                    warn!(%error, "old deliveries cannot be forgotten yet");
                    0
                });
            }
        }
    }

    fn note_count(&self) {
        let count = u32::try_from(self.places().count()).unwrap_or(u32::MAX);
        metrics::gauge!("outwork_deliveries_active").set(f64::from(count));
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.inner
            .places
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn measure(settlement: &Settlement, event: DeliveryEvent) {
    let outcome = match settlement.verdict {
        Verdict::Delivered => "delivered",
        Verdict::Retry(_) => "failed",
        Verdict::GiveUp => "given_up",
        Verdict::Stop => "stopped",
    };
    let event = event.word();
    metrics::counter!("outwork_delivery_attempts_total", "outcome" => outcome, "event" => event)
        .increment(1);
    metrics::histogram!("outwork_delivery_seconds").record(settlement.attempt.took);
}
