//! A row of an answer, read column by column; whatever does not fit is [`Error::Corrupt`].

use std::fmt::Display;
use std::str::FromStr;

use outwork_domain::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};
use uuid::Uuid;

use crate::Error;
use crate::error::corrupt;

/// One row.
pub(crate) enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

impl Row {
    fn get<'r, T>(&'r self, column: &'static str) -> Result<Option<T>, Error>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        let value = match self {
            Self::Sqlite(row) => row.try_get::<Option<T>, _>(column),
            Self::Postgres(row) => row.try_get::<Option<T>, _>(column),
        };
        value.map_err(|fault| corrupt(column, &fault))
    }

    /// A text, if there is one.
    pub(crate) fn optional_text(&self, column: &'static str) -> Result<Option<String>, Error> {
        self.get(column)
    }

    /// A text.
    pub(crate) fn text(&self, column: &'static str) -> Result<String, Error> {
        present(column, self.get(column)?)
    }

    /// A text that stands for something, if there is one.
    pub(crate) fn optional_parsed<T>(&self, column: &'static str) -> Result<Option<T>, Error>
    where
        T: FromStr<Err: Display>,
    {
        let text: Option<&str> = self.get(column)?;
        text.map(|text| {
            text.parse()
                .map_err(|fault: T::Err| corrupt(column, &fault))
        })
        .transpose()
    }

    /// A text that stands for something.
    pub(crate) fn parsed<T>(&self, column: &'static str) -> Result<T, Error>
    where
        T: FromStr<Err: Display>,
    {
        present(column, self.optional_parsed(column)?)
    }

    /// A number, if there is one.
    pub(crate) fn optional_number<T>(&self, column: &'static str) -> Result<Option<T>, Error>
    where
        T: TryFrom<i64, Error: Display>,
    {
        let number: Option<i64> = self.get(column)?;
        number
            .map(|number| T::try_from(number).map_err(|fault| corrupt(column, &fault)))
            .transpose()
    }

    /// A number.
    pub(crate) fn number<T>(&self, column: &'static str) -> Result<T, Error>
    where
        T: TryFrom<i64, Error: Display>,
    {
        present(column, self.optional_number(column)?)
    }

    /// A time, if there is one.
    pub(crate) fn optional_timestamp(
        &self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, Error> {
        Ok(self.get(column)?.map(Timestamp::from_millis))
    }

    /// A time.
    pub(crate) fn timestamp(&self, column: &'static str) -> Result<Timestamp, Error> {
        present(column, self.optional_timestamp(column)?)
    }

    /// An id, if there is one.
    pub(crate) fn optional_uuid(&self, column: &'static str) -> Result<Option<Uuid>, Error> {
        self.get(column)
    }

    /// An id.
    pub(crate) fn uuid(&self, column: &'static str) -> Result<Uuid, Error> {
        present(column, self.get(column)?)
    }

    /// Bytes, if there are any.
    pub(crate) fn optional_bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, Error> {
        self.get(column)
    }

    /// Bytes.
    pub(crate) fn bytes(&self, column: &'static str) -> Result<Vec<u8>, Error> {
        present(column, self.get(column)?)
    }
}

fn present<T>(column: &'static str, value: Option<T>) -> Result<T, Error> {
    value.ok_or_else(|| corrupt(column, &"nothing"))
}
