//! What can go wrong in the store, and what may be done about it.

use std::sync::Arc;

use outwork_domain::Class;
use outwork_domain::run_state::IllegalTransition;

use crate::sealing_key::SealingKeyId;

/// Why a call to the store did not do what it was asked; nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The write belongs to an attempt that no longer holds its run.
    #[error("the attempt no longer holds its run")]
    Stale,
    /// The run's state does not allow what was to happen.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// What the call is about is not in the database.
    #[error("there is no such row")]
    NotFound,
    /// Something that must be unique exists already.
    #[error("{0} exists already")]
    Taken(&'static str),
    /// All of a limited kind are in use.
    #[error("all {0} are in use")]
    NoneFree(&'static str),
    /// A row holds what this program never writes.
    #[error("the database is damaged: column {column} holds {why}")]
    Corrupt {
        /// The column as the query names it.
        column: &'static str,
        /// What is wrong with its value.
        why: String,
    },
    /// The database is busy, full or away; the same call may work later.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// The storage below the database failed: what is on disk is unknown, only a restart can tell.
    #[error("the storage of the database failed: {0}")]
    Broken(#[source] Arc<sqlx::Error>),
    /// The database refused a statement.
    #[error("the database refused a statement: {0}")]
    Refused(#[source] Arc<sqlx::Error>),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The work given to a transaction panicked; the transaction was undone.
    #[error("the work of a transaction panicked")]
    Panicked,
    /// Something sealed is needed, and the server has no sealing key.
    #[error("there is no key to seal and to open secrets with")]
    NoSealingKey,
    /// Something was sealed with a key that the server does not have.
    #[error(
        "the database holds secrets that were sealed with the key {id}, which is not among the configured keys"
    )]
    UnknownSealingKey {
        /// Which key.
        id: SealingKeyId,
    },
    /// A run that is to be announced has ended, and nobody writes announcements.
    #[error("the end of a run is to be announced, and nothing writes announcements")]
    NoAnnouncer,
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes")]
    NoRandomness,
    /// The database's address cannot be read.
    #[error("the address of the database cannot be read: {0}")]
    Address(#[source] Arc<sqlx::Error>),
    /// The database was written by a newer version of this program.
    #[error("the database has schema {found}, this program knows {known}: use a newer program")]
    Newer {
        /// The newest migration in the database.
        found: i64,
        /// The newest migration in this program.
        known: i64,
    },
    /// A migration in the database differs from the one in this program.
    #[error("migration {version} in the database is not the one that this program contains")]
    ForeignMigration {
        /// Its number.
        version: i64,
    },
}

/// The error of a column that holds what this program never writes.
pub(crate) fn corrupt(column: &'static str, why: &dyn std::fmt::Display) -> Error {
    Error::Corrupt {
        column,
        why: why.to_string(),
    }
}

impl Error {
    /// What may be done about it.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Unavailable(_) => Class::Retry,
            Self::Illegal(_) | Self::NotFound | Self::Taken(_) => Class::Caller,
            Self::Stale
            | Self::NoneFree(_)
            | Self::Corrupt { .. }
            | Self::Broken(_)
            | Self::Refused(_)
            | Self::Closed
            | Self::Panicked
            | Self::NoSealingKey
            | Self::NoAnnouncer
            | Self::UnknownSealingKey { .. }
            | Self::NoRandomness
            | Self::Address(_)
            | Self::Newer { .. }
            | Self::ForeignMigration { .. } => Class::Permanent,
        }
    }

    /// Whether the fault is of the rows that were asked for, so that others can be read and written.
    #[must_use]
    pub const fn is_of_rows(&self) -> bool {
        match self {
            Self::Stale
            | Self::Illegal(_)
            | Self::NotFound
            | Self::Taken(_)
            | Self::Corrupt { .. }
            | Self::NoSealingKey
            | Self::UnknownSealingKey { .. } => true,
            Self::NoneFree(_)
            | Self::Unavailable(_)
            | Self::Broken(_)
            | Self::Refused(_)
            | Self::Closed
            | Self::Panicked
            | Self::NoAnnouncer
            | Self::NoRandomness
            | Self::Address(_)
            | Self::Newer { .. }
            | Self::ForeignMigration { .. } => false,
        }
    }

    /// Sorts a fault of the database by what may be done about it.
    pub(crate) fn of(fault: Arc<sqlx::Error>) -> Self {
        match Standing::of(&fault) {
            Standing::Passing => Self::Unavailable(fault),
            Standing::Storage => Self::Broken(fault),
            Standing::Final => Self::Refused(fault),
            Standing::Closed => Self::Closed,
            Standing::Address => Self::Address(fault),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(fault: sqlx::Error) -> Self {
        Self::of(Arc::new(fault))
    }
}

/// How a fault of the database stands to a second try.
enum Standing {
    Passing,
    Storage,
    Final,
    Closed,
    Address,
}

impl Standing {
    fn of(fault: &sqlx::Error) -> Self {
        if let sqlx::Error::Database(refusal) = fault {
            return Self::of_refusal(refusal.as_ref());
        }
        let passing = matches!(
            fault,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::WorkerCrashed
        );
        if passing {
            return Self::Passing;
        }
        if matches!(fault, sqlx::Error::PoolClosed) {
            return Self::Closed;
        }
        if matches!(fault, sqlx::Error::Configuration(_)) {
            return Self::Address;
        }
        Self::Final
    }

    fn of_refusal(refusal: &dyn sqlx::error::DatabaseError) -> Self {
        let Some(code) = refusal.code() else {
            return Self::Final;
        };
        match refusal.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
            Some(_) => Self::of_sqlite(&code),
            None => Self::of_postgres(&code),
        }
    }

    /// Extended result codes keep the primary one in their low byte (<https://sqlite.org/rescode.html>).
    fn of_sqlite(code: &str) -> Self {
        const BUSY: u32 = 5;
        const LOCKED: u32 = 6;
        const IO: u32 = 10;
        const CORRUPT: u32 = 11;
        const FULL: u32 = 13;
        const NOT_A_DATABASE: u32 = 26;
        match code.parse::<u32>().map(|code| code & 0xff) {
            Ok(BUSY | LOCKED | FULL) => Self::Passing,
            Ok(IO | CORRUPT | NOT_A_DATABASE) => Self::Storage,
            Ok(_) | Err(_) => Self::Final,
        }
    }

    /// Connection faults, rollbacks by the server, lack of room, and shutdown pass
    /// (PostgreSQL manual, appendix A).
    fn of_postgres(code: &str) -> Self {
        let passing = ["08", "40", "53", "57"];
        if passing.iter().any(|class| code.starts_with(class)) {
            return Self::Passing;
        }
        Self::Final
    }
}
