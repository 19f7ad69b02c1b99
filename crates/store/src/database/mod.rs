//! One face for two databases: each SQL text is written once, with `$1` placeholders.
//!
//! Owns how a statement is sent and how a row is read. Statements are prepared and cached by the
//! drivers, so their texts are constants. Rows are decoded by hand, and a value that this program
//! never writes is an error.

mod clock;
mod row;
mod value;

use sqlx::sqlite::SqliteConnection;
use sqlx::{PgConnection, Postgres, Sqlite};

pub use clock::Clock;
pub(crate) use clock::database_now;
pub(crate) use row::Row;
pub(crate) use value::{Value, values};

use crate::Error;
use crate::sealer::Sealer;

/// Which database a connection leads to, for the few statements that differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A file of SQLite.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// A borrowed connection; one for each statement, so that it can be moved into it.
pub enum Connection<'c> {
    /// To SQLite.
    Sqlite(&'c mut SqliteConnection),
    /// To PostgreSQL.
    Postgres(&'c mut PgConnection),
}

/// What a query can be sent over: a [`crate::Reader`] or a [`crate::Tx`].
pub trait Read: Connected {}

/// What holds a connection, knows the time by which leases are judged, and can seal.
pub trait Connected: Send {
    /// The connection.
    fn connection(&mut self) -> Connection<'_>;
    /// The clock of the database.
    fn clock(&self) -> Clock;
    /// What seals and opens the values of secret columns.
    fn sealer(&self) -> &Sealer;
}

impl Connection<'_> {
    /// Which database it leads to.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Sqlite(_) => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }

    /// All rows that the statement gives.
    pub(crate) async fn rows(
        self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Error> {
        Ok(match self {
            Self::Sqlite(connection) => {
                let rows = bound_sqlite(sql, values).fetch_all(connection).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(connection) => {
                let rows = bound_postgres(sql, values).fetch_all(connection).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// The first row that the statement gives, if it gives one.
    pub(crate) async fn row(
        self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<Row>, Error> {
        Ok(match self {
            Self::Sqlite(connection) => {
                let row = bound_sqlite(sql, values).fetch_optional(connection).await?;
                row.map(Row::Sqlite)
            }
            Self::Postgres(connection) => {
                let row = bound_postgres(sql, values)
                    .fetch_optional(connection)
                    .await?;
                row.map(Row::Postgres)
            }
        })
    }

    /// Carries out the statement and counts the rows that it changed.
    pub(crate) async fn execute(self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error> {
        Ok(match self {
            Self::Sqlite(connection) => bound_sqlite(sql, values)
                .execute(connection)
                .await?
                .rows_affected(),
            Self::Postgres(connection) => bound_postgres(sql, values)
                .execute(connection)
                .await?
                .rows_affected(),
        })
    }

    /// Carries out statements that take no values, one after the other, without preparing them.
    pub(crate) async fn script(self, sql: &'static str) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => sqlx::raw_sql(sql).execute(connection).await.map(drop)?,
            Self::Postgres(connection) => sqlx::raw_sql(sql).execute(connection).await.map(drop)?,
        }
        Ok(())
    }
}

type Bound<DB> = sqlx::query::Query<'static, DB, <DB as sqlx::Database>::Arguments>;

fn bound_sqlite(sql: &'static str, values: Vec<Value>) -> Bound<Sqlite> {
    let query = sqlx::query::<Sqlite>(sql);
    values.into_iter().fold(query, |query, value| match value {
        Value::Integer(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Bytes(value) => query.bind(value),
        Value::Uuid(value) => query.bind(value),
    })
}

fn bound_postgres(sql: &'static str, values: Vec<Value>) -> Bound<Postgres> {
    let query = sqlx::query::<Postgres>(sql);
    values.into_iter().fold(query, |query, value| match value {
        Value::Integer(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Bytes(value) => query.bind(value),
        Value::Uuid(value) => query.bind(value),
    })
}
