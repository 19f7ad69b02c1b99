//! The handle of an open database: reading, writing, bells.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use outwork_domain::{AgentId, Seq};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::announcer::{Announce, Announcer};
use crate::bells::Bells;
use crate::database::{Clock, Connected as _, database_now, values};
use crate::sealer::Sealer;
use crate::sealing_keys::{check_keys, has_keys};
use crate::sqlite::{self, Readers};
use crate::transaction::{Link, Reader, ReaderLink, Tx};
use crate::writer::{Lanes, Pending, Signals, Writer};
use crate::{Error, migrations};

/// Connections to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a caller waits for one of them.
const POSTGRES_WAIT: Duration = Duration::from_secs(5);
/// More than there are different statements.
const POSTGRES_STATEMENTS: usize = 256;

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A file; the folder must be there, the file is made if it is not.
    Sqlite {
        /// Its path.
        path: PathBuf,
    },
    /// A PostgreSQL server.
    Postgres {
        /// `postgres://user:password@host/database`; a secret.
        url: String,
    },
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite { path } => f.debug_struct("Sqlite").field("path", path).finish(),
            Self::Postgres { .. } => f.debug_struct("Postgres").finish_non_exhaustive(),
        }
    }
}

/// An open database; clones are handles of the same one.
#[derive(Clone)]
pub struct Store {
    backend: Arc<Backend>,
    signals: Signals,
    clock: Clock,
    sealer: Sealer,
    announcer: Announcer,
}

enum Backend {
    Sqlite {
        lanes: Lanes,
        readers: Readers,
        writer: Mutex<Option<JoinHandle<()>>>,
    },
    Postgres {
        pool: PgPool,
    },
}

/// How soon a write has to be done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Haste {
    Urgent,
    Patient,
}

impl Store {
    /// Opens the database, makes it if it is not there, and brings its tables up to date.
    ///
    /// # Errors
    ///
    /// [`Error::Newer`] and [`Error::ForeignMigration`] if the tables are not this program's,
    /// [`Error::UnknownSealingKey`] if the sealer lacks a key that this database was used with,
    /// otherwise what keeps it from being opened.
    pub async fn open(database: &Database, sealer: Sealer) -> Result<Self, Error> {
        let signals = Signals {
            bells: Arc::new(Bells::default()),
            broken: watch::channel(None).0,
            closing: Arc::new(Notify::new()),
        };
        match database {
            Database::Sqlite { path } => Self::open_sqlite(path.clone(), signals, sealer).await,
            Database::Postgres { url } => Self::open_postgres(url, signals, sealer).await,
        }
    }

    async fn open_sqlite(path: PathBuf, signals: Signals, sealer: Sealer) -> Result<Self, Error> {
        let mut connection = sqlite::open_writer(&path).await?;
        let clock = Clock::steady(&mut connection).await?;
        let announcer = Announcer::default();
        let link = Link::Sqlite(connection);
        let mut tx = Tx::new(link, clock, sealer.clone(), announcer.clone());
        tx.connection().script("BEGIN IMMEDIATE").await?;
        migrations::migrate(&mut tx).await?;
        check_keys(&mut tx, &sealer).await?;
        tx.connection().script("COMMIT").await?;
        let (lanes, writer) = Writer::start(tx, signals.clone());
        let backend = Backend::Sqlite {
            lanes,
            readers: Readers::new(path),
            writer: Mutex::new(Some(writer)),
        };
        Ok(Self {
            backend: Arc::new(backend),
            signals,
            clock,
            sealer,
            announcer,
        })
    }

    async fn open_postgres(url: &str, signals: Signals, sealer: Sealer) -> Result<Self, Error> {
        let options: PgConnectOptions = url.parse()?;
        let options = options
            .application_name("outwork")
            .statement_cache_capacity(POSTGRES_STATEMENTS)
            .disable_statement_logging();
        // The pool would try again and again and then only say that it took too long.
        options.connect().await?.close().await?;
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(POSTGRES_WAIT)
            .connect_with(options)
            .await?;
        let link = Link::Postgres(pool.begin().await?);
        let announcer = Announcer::default();
        let mut tx = Tx::new(link, Clock::Server, sealer.clone(), announcer.clone());
        migrations::migrate(&mut tx).await?;
        check_keys(&mut tx, &sealer).await?;
        commit(tx).await?;
        let backend = Arc::new(Backend::Postgres { pool });
        Ok(Self {
            backend,
            signals,
            clock: Clock::Server,
            sealer,
            announcer,
        })
    }

    /// Writes in one transaction, and returns once it is durable.
    ///
    /// Work that gives an error leaves nothing behind. Work that was accepted is carried to its end even
    /// if the caller goes away. It must not wait for anything but the transaction.
    ///
    /// # Errors
    ///
    /// The work's own, or the store's if it could not be committed.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.write_in(Haste::Urgent, work).await
    }

    /// The same behind everything more urgent: for batches of streamed pieces.
    ///
    /// # Errors
    ///
    /// The work's own, or the store's if it could not be committed.
    pub async fn write_later<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.write_in(Haste::Patient, work).await
    }

    async fn write_in<T, E, F>(&self, haste: Haste, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &*self.backend {
            Backend::Sqlite { lanes, .. } => {
                let lane = match haste {
                    Haste::Urgent => &lanes.urgent,
                    Haste::Patient => &lanes.patient,
                };
                let (command, answer) = Pending::new(work);
                if lane.send(Box::new(command)).await.is_err() {
                    return Err(Error::Closed.into());
                }
                answer.await.unwrap_or_else(|_| Err(Error::Closed.into()))
            }
            Backend::Postgres { pool } => {
                let (pool, bells) = (pool.clone(), Arc::clone(&self.signals.bells));
                let (sealer, announcer) = (self.sealer.clone(), self.announcer.clone());
                // A task of its own, so that a caller who goes away does not cut it in the middle.
                let task = tokio::spawn(async move {
                    let link = Link::Postgres(pool.begin().await.map_err(Error::from)?);
                    let mut tx = Tx::new(link, Clock::Server, sealer, announcer);
                    let value = work(&mut tx).await?;
                    let rings = tx.take_rings();
                    commit(tx).await?;
                    bells.ring(rings);
                    Ok(value)
                });
                task.await.unwrap_or_else(|_| Err(Error::Panicked.into()))
            }
        }
    }

    /// Takes a connection that reads; it goes back when dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the database is away, [`Error::Closed`] after closing.
    pub async fn read(&self) -> Result<Reader, Error> {
        let link = match &*self.backend {
            Backend::Sqlite { readers, .. } => ReaderLink::Sqlite(readers.take().await?),
            Backend::Postgres { pool } => ReaderLink::Postgres(pool.acquire().await?),
        };
        Ok(Reader::new(link, self.clock, self.sealer.clone()))
    }

    /// Whether this database was ever opened with a sealing key: then only that key will do.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn has_sealing_key(&self) -> Result<bool, Error> {
        has_keys(&mut self.read().await?).await
    }

    /// Writes a row and reads it back: whether the database really works.
    ///
    /// # Errors
    ///
    /// What keeps it from working.
    pub async fn probe(&self) -> Result<(), Error> {
        let written = self
            .write(|tx| {
                Box::pin(async move {
                    let now = database_now(tx).await?;
                    let sql = "INSERT INTO probes (id, probed_at) VALUES (1, $1) \
                               ON CONFLICT (id) DO UPDATE SET probed_at = excluded.probed_at";
                    tx.connection().execute(sql, values![now]).await?;
                    Ok::<_, Error>(now)
                })
            })
            .await?;
        let sql = "SELECT probed_at FROM probes WHERE id = 1 AND probed_at >= $1";
        let mut reader = self.read().await?;
        reader
            .connection()
            .row(sql, values![written])
            .await?
            .map(drop)
            .ok_or(Error::NotFound)
    }

    /// Which database it is: `sqlite` or `postgres`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &*self.backend {
            Backend::Sqlite { .. } => "sqlite",
            Backend::Postgres { .. } => "postgres",
        }
    }

    /// The bell of an agent: it holds the latest event that this process committed, or 0.
    ///
    /// A hint: subscribe, read the table, then wait; and read again each second.
    #[must_use]
    pub fn agent_bell(&self, agent_id: AgentId) -> watch::Receiver<Seq> {
        self.signals.bells.agent(agent_id)
    }

    /// The bell of the queue: rung when this process committed something that may be claimed.
    #[must_use]
    pub fn queue_bell(&self) -> Arc<Notify> {
        self.signals.bells.queue()
    }

    /// The bell of the outbox: rung when this process committed something that may be sent.
    #[must_use]
    pub fn delivery_bell(&self) -> Arc<Notify> {
        self.signals.bells.deliveries()
    }

    /// Takes the function that writes what webhooks are told; the first one stays.
    ///
    /// Without it a run that somebody wants to be told of cannot end: nothing is left unannounced.
    pub fn announce_with(&self, announce: Box<Announce>) {
        self.announcer.set(announce);
    }

    /// Waits until the storage below the database has failed.
    ///
    /// From then on every write is refused, because what is on disk is unknown: end the process, and the
    /// next one recovers.
    pub async fn broken(&self) -> Error {
        let mut broken = self.signals.broken.subscribe();
        match broken.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(fault)) => Error::Broken(Arc::clone(fault)),
            Ok(None) | Err(_) => Error::Closed,
        }
    }

    /// Finishes what waits, and closes the database; later calls get [`Error::Closed`].
    pub async fn close(&self) {
        match &*self.backend {
            Backend::Sqlite {
                readers, writer, ..
            } => {
                readers.close().await;
                self.signals.closing.notify_one();
                let writer = writer.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(writer) = writer
                    && let Err(error) = writer.await
                {
                    tracing::error!(%error, "the writer did not end in order");
                }
            }
            Backend::Postgres { pool } => pool.close().await,
        }
    }
}

async fn commit(tx: Tx) -> Result<(), Error> {
    match tx.link {
        Link::Sqlite(mut connection) => Ok(sqlx::query("COMMIT")
            .execute(&mut connection)
            .await
            .map(drop)?),
        Link::Postgres(transaction) => Ok(transaction.commit().await?),
    }
}
