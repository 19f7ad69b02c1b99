//! The clock by which leases and retry waits are judged: the database's, never a worker's.
//!
//! PostgreSQL is asked. A SQLite file belongs to one process, so there it is the file's time at opening
//! plus what a steady clock has counted since: a jump of the wall clock neither ends nor lengthens a
//! lease.

use std::time::Instant;

use outwork_domain::Timestamp;
use sqlx::sqlite::SqliteConnection;

use super::Connected;
use super::row::Row;
use crate::Error;
use crate::error::corrupt;

/// The database's clock.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// Counts on from the moment of opening.
    Steady {
        /// That moment.
        opened_at: Timestamp,
        /// The same moment by the steady clock.
        since: Instant,
    },
    /// Asks the server.
    Server,
}

impl Clock {
    /// Starts a steady clock at the time that SQLite tells.
    pub(crate) async fn steady(connection: &mut SqliteConnection) -> Result<Self, Error> {
        let sql = "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now";
        let row = sqlx::query(sql).fetch_one(connection).await?;
        Ok(Self::Steady {
            opened_at: Row::Sqlite(row).timestamp("now")?,
            since: Instant::now(),
        })
    }
}

/// The time by the database's clock.
pub(crate) async fn database_now(
    reader: &mut (impl Connected + ?Sized),
) -> Result<Timestamp, Error> {
    match reader.clock() {
        Clock::Steady { opened_at, since } => Ok(opened_at.plus(since.elapsed())),
        Clock::Server => {
            let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now";
            let row = reader.connection().row(sql, Vec::new()).await?;
            row.ok_or_else(|| corrupt("now", &"nothing"))?
                .timestamp("now")
        }
    }
}
