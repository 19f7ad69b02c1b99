//! The one task that writes to SQLite: group commit in two lanes.
//!
//! It takes what is waiting into one transaction, gives each command a savepoint of its own so that a
//! failing one hurts no other, commits once, rings the bells and then answers all. Interactive
//! commands go before batches of streamed pieces, and neither lane waits longer than one group.

mod command;

use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection as _;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

use crate::Error;
use crate::bells::{Bells, Rings};
use crate::database::Connected as _;
use crate::transaction::{Link, Tx};
use command::{Command, Verdict};

/// Commands that may wait in a lane before callers wait for a place in it.
const LANE_MAX: usize = 1_024;
/// Interactive commands of one group.
const URGENT_MAX: usize = 192;
/// Other commands of one group.
const PATIENT_MAX: usize = 64;
/// How long nothing must be waiting before the log is copied back.
const IDLE: Duration = Duration::from_millis(250);

pub(crate) use command::Pending;

type Queued = Box<dyn Command>;

/// The two ways to the writer.
#[derive(Clone)]
pub(crate) struct Lanes {
    /// For what a caller waits for.
    pub(crate) urgent: mpsc::Sender<Queued>,
    /// For what may come a little later.
    pub(crate) patient: mpsc::Sender<Queued>,
}

/// The writer's task.
pub(crate) struct Writer {
    urgent: mpsc::Receiver<Queued>,
    patient: mpsc::Receiver<Queued>,
    tx: Tx,
    signals: Signals,
    log: Log,
}

/// What the writer and the handles of the store tell each other beside commands.
#[derive(Clone)]
pub(crate) struct Signals {
    /// Rung after each commit.
    pub(crate) bells: Arc<Bells>,
    /// Set once the storage has failed.
    pub(crate) broken: watch::Sender<Option<Arc<sqlx::Error>>>,
    /// Asks the writer to finish what waits and to end.
    pub(crate) closing: Arc<Notify>,
}

/// Whether the log holds pages that are not in the database file yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Log {
    Empty,
    Filled,
}

impl Writer {
    /// Starts the task on that connection, which is in no transaction now.
    pub(crate) fn start(tx: Tx, signals: Signals) -> (Lanes, JoinHandle<()>) {
        let (urgent, urgent_receiver) = mpsc::channel(LANE_MAX);
        let (patient, patient_receiver) = mpsc::channel(LANE_MAX);
        let writer = Self {
            urgent: urgent_receiver,
            patient: patient_receiver,
            tx,
            signals,
            log: Log::Filled,
        };
        (Lanes { urgent, patient }, tokio::spawn(writer.serve()))
    }

    async fn serve(mut self) {
        while let Some(group) = self.next_group().await {
            self.write(group).await;
        }
        self.copy_back("PRAGMA wal_checkpoint(TRUNCATE)").await;
        if let Link::Sqlite(connection) = self.tx.link
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the writing connection did not close");
        }
    }

    /// What is written next; nothing once the store is closed and all is written.
    async fn next_group(&mut self) -> Option<Vec<Queued>> {
        let mut group = vec![self.next().await?];
        // Interactive commands first: they came in while the last group was written.
        while group.len() < URGENT_MAX
            && let Ok(command) = self.urgent.try_recv()
        {
            group.push(command);
        }
        let most = group.len() + PATIENT_MAX;
        while group.len() < most
            && let Ok(command) = self.patient.try_recv()
        {
            group.push(command);
        }
        Some(group)
    }

    async fn next(&mut self) -> Option<Queued> {
        loop {
            tokio::select! {
                biased;
                command = self.urgent.recv() => match command {
                    Some(command) => return Some(command),
                    None => return self.patient.recv().await,
                },
                Some(command) = self.patient.recv() => return Some(command),
                () = self.signals.closing.notified() => {
                    self.urgent.close();
                    self.patient.close();
                }
                () = tokio::time::sleep(IDLE), if self.log == Log::Filled => {
                    self.copy_back("PRAGMA wal_checkpoint(PASSIVE)").await;
                }
            }
        }
    }

    async fn write(&mut self, mut group: Vec<Queued>) {
        // After a failed sync nobody knows what is on disk, so nothing more is acknowledged.
        let broken = self.signals.broken.borrow().clone();
        let fault = match broken {
            Some(fault) => Some(fault),
            None => self.commit(&mut group).await.err(),
        };
        for command in group {
            command.answer(fault.as_ref());
        }
    }

    async fn commit(&mut self, group: &mut [Queued]) -> Result<(), Arc<sqlx::Error>> {
        self.log = Log::Filled;
        match self.write_together(group).await {
            Ok(rings) => {
                self.signals.bells.ring(rings);
                Ok(())
            }
            Err(fault) => {
                self.undo().await;
                let fault = Arc::new(fault);
                if let Error::Broken(fault) = Error::of(Arc::clone(&fault)) {
                    tracing::error!(%fault, "the storage of the database failed");
                    self.signals.broken.send_replace(Some(fault));
                }
                Err(fault)
            }
        }
    }

    async fn write_together(&mut self, group: &mut [Queued]) -> Result<Rings, sqlx::Error> {
        if let [command] = group {
            return self.write_alone(command).await;
        }
        let mut rings = Rings::default();
        self.send("BEGIN IMMEDIATE; SAVEPOINT command").await?;
        for (place, command) in group.iter_mut().enumerate() {
            if place > 0 {
                self.send("RELEASE command; SAVEPOINT command").await?;
            }
            match command.run(&mut self.tx).await {
                Verdict::Keep => rings.join(self.tx.take_rings()),
                Verdict::Undo => {
                    self.tx.take_rings();
                    self.send("ROLLBACK TO command").await?;
                }
            }
        }
        self.send("COMMIT").await?;
        Ok(rings)
    }

    async fn write_alone(&mut self, command: &mut Queued) -> Result<Rings, sqlx::Error> {
        self.send("BEGIN IMMEDIATE").await?;
        match command.run(&mut self.tx).await {
            Verdict::Keep => {
                let rings = self.tx.take_rings();
                self.send("COMMIT").await?;
                Ok(rings)
            }
            Verdict::Undo => {
                self.tx.take_rings();
                self.undo().await;
                Ok(Rings::default())
            }
        }
    }

    async fn undo(&mut self) {
        self.tx.take_rings();
        // Some faults have ended the transaction already; then there is nothing to undo.
        if let Err(error) = self.send("ROLLBACK").await {
            tracing::debug!(%error, "there was no transaction to undo");
        }
    }

    async fn send(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        match self.tx.connection() {
            crate::database::Connection::Sqlite(connection) => {
                sqlx::query(sql).execute(connection).await.map(drop)
            }
            crate::database::Connection::Postgres(_) => Err(sqlx::Error::WorkerCrashed),
        }
    }

    async fn copy_back(&mut self, sql: &'static str) {
        self.log = Log::Empty;
        if let Err(error) = self.send(sql).await {
            tracing::warn!(%error, "the log could not be copied into the database file");
        }
    }
}
