//! The SQLite side: how its connections are opened, and the readers' pool.

mod readers;

use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
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
/// Prompts, hashes of keys and sealed secrets are nobody's but the server's.
const FILE_MODE: u32 = 0o600;
/// What SQLite keeps beside the file, with the mode that the file has when it makes them.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

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
    close_to_others(path);
    let options = options(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", LOG_PAGES_MAX)
        .pragma("journal_size_limit", LOG_BYTES_KEPT)
        .pragma("temp_store", "memory");
    Ok(SqliteConnection::connect_with(&options).await?)
}

/// Makes the file with a mode of its own, whatever the umask; files that are there get it too.
///
/// What does not work here is told by the opening itself, or leaves the mode as it was.
fn close_to_others(path: &Path) {
    let made = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(FILE_MODE)
        .open(path);
    if let Err(error) = made {
        tracing::debug!(%error, "the database cannot be made beforehand");
        return;
    }
    let beside = COMPANIONS.map(|end| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    });
    for file in [path.to_owned()].into_iter().chain(beside) {
        let Ok(found) = file.metadata() else {
            continue;
        };
        if found.mode() & 0o777 == FILE_MODE {
            continue;
        }
        if let Err(error) = std::fs::set_permissions(&file, Permissions::from_mode(FILE_MODE)) {
            tracing::warn!(file = %file.display(), %error, "a file of the database stays open to others");
        }
    }
}

/// Opens a connection that only reads.
async fn open_reader(path: &Path) -> Result<SqliteConnection, Error> {
    let options = options(path).read_only(true).pragma("temp_store", "memory");
    Ok(SqliteConnection::connect_with(&options).await?)
}
