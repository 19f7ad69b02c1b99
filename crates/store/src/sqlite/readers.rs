//! The readers' pool: a few read-only connections beside the writer.
//!
//! A connection is handed out and taken back without asking the database anything, so a read costs one
//! round trip to its thread.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::open_reader;
use crate::Error;

/// Connections that read at once; each has a thread and a page cache of its own.
const READERS: usize = 4;

/// The pool.
#[derive(Clone)]
pub(crate) struct Readers {
    shelf: Arc<Shelf>,
    permits: Arc<Semaphore>,
}

struct Shelf {
    path: PathBuf,
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Shelf {
    fn take(&self) -> Option<SqliteConnection> {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
    }

    fn put(&self, connection: SqliteConnection) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
    }
}

impl Readers {
    /// A pool for that file; connections are opened when they are first needed.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            shelf: Arc::new(Shelf {
                path,
                idle: Mutex::new(Vec::with_capacity(READERS)),
            }),
            permits: Arc::new(Semaphore::new(READERS)),
        }
    }

    /// Waits for a connection.
    pub(crate) async fn take(&self) -> Result<PooledReader, Error> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| Error::Closed)?;
        let connection = match self.shelf.take() {
            Some(connection) => connection,
            None => open_reader(&self.shelf.path).await?,
        };
        Ok(PooledReader {
            lent: Some(connection),
            shelf: Arc::clone(&self.shelf),
            _permit: permit,
        })
    }

    /// Closes what is idle and refuses what comes.
    pub(crate) async fn close(&self) {
        self.permits.close();
        while let Some(connection) = self.shelf.take() {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a reading connection did not close");
            }
        }
    }
}

/// A connection that goes back to the pool when dropped.
pub(crate) struct PooledReader {
    /// Empty only while it is being dropped.
    lent: Option<SqliteConnection>,
    shelf: Arc<Shelf>,
    _permit: OwnedSemaphorePermit,
}

impl PooledReader {
    /// The connection.
    #[expect(clippy::expect_used, reason = "the connection leaves only in drop")]
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        self.lent
            .as_mut()
            .expect("the connection leaves only in drop")
    }
}

impl Drop for PooledReader {
    fn drop(&mut self) {
        if let Some(connection) = self.lent.take() {
            self.shelf.put(connection);
        }
    }
}
