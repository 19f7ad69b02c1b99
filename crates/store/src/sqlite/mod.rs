//! The SQLite side: how its connections are opened, and the readers' pool.

mod readers;

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};

pub(crate) use readers::{PooledReader, Readers};

use crate::Error;

/// Only another program that has the file open makes a connection wait.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// More than there are different statements.
const STATEMENTS_KEPT: usize = 256;
/// Pages in the log that make a commit copy them back by itself, if the writer was never idle.
const LOG_PAGES_MAX: &str = "4096";
/// The log file is cut to this size when it starts over; below it stays, since growing costs syncs.
const LOG_BYTES_KEPT: &str = "67108864";

/// What both kinds of connections have in common.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_WAIT)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS_KEPT)
        .disable_statement_logging()
}

/// Opens the connection that writes; makes the file if there is none.
///
/// `synchronous=FULL` syncs the log at each commit: what was answered survives a power cut.
pub(crate) async fn open_writer(path: &Path) -> Result<SqliteConnection, Error> {
    let options = options(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", LOG_PAGES_MAX)
        .pragma("journal_size_limit", LOG_BYTES_KEPT)
        .pragma("temp_store", "memory");
    Ok(SqliteConnection::connect_with(&options).await?)
}

/// Opens a connection that only reads.
async fn open_reader(path: &Path) -> Result<SqliteConnection, Error> {
    let options = options(path).read_only(true).pragma("temp_store", "memory");
    Ok(SqliteConnection::connect_with(&options).await?)
}
