//! Replacing a sealing key: what older keys have sealed is sealed again with the newest, some at a time, until
//! nobody needs the older ones any more.

use crate::database::{Connected as _, Read, Row, Value, values};
use crate::error::corrupt;
use crate::sealer::Place;
use crate::{Error, SealingKeyId, Tx};

/// A column with sealed values.
struct Column {
    table: &'static str,
    name: &'static str,
    /// The values that another key than `$1` has sealed, `$2` at most. A sealed value begins with its version
    /// and the id of its key.
    find: &'static str,
    /// Puts `$1` in the place of `$2`; the row's own columns follow.
    replace: &'static str,
    /// What identifies a row.
    row: &'static [Part],
}

/// A part of what identifies a row, as it was sealed for that row.
enum Part {
    Id(&'static str),
    Text(&'static str),
    /// Between two texts.
    Gap,
}

/// Every column that holds sealed values; the proofs of the keys themselves are none of them.
const COLUMNS: &[Column] = &[
    Column {
        table: "agents",
        name: "webhook_secret",
        find: "SELECT id, webhook_secret FROM agents WHERE substr(webhook_secret, 2, 8) <> $1 LIMIT $2",
        replace: "UPDATE agents SET webhook_secret = $1 WHERE webhook_secret = $2 AND id = $3",
        row: &[Part::Id("id")],
    },
    Column {
        table: "receipts",
        name: "body",
        find: "SELECT account_id, route, idempotency_key, body FROM receipts \
               WHERE substr(body, 2, 8) <> $1 LIMIT $2",
        replace: "UPDATE receipts SET body = $1 \
                  WHERE body = $2 AND account_id = $3 AND route = $4 AND idempotency_key = $5",
        row: &[
            Part::Id("account_id"),
            Part::Text("route"),
            Part::Gap,
            Part::Text("idempotency_key"),
        ],
    },
    Column {
        table: "run_variables",
        name: "value",
        find: "SELECT run_id, name, value FROM run_variables WHERE substr(value, 2, 8) <> $1 LIMIT $2",
        replace: "UPDATE run_variables SET value = $1 WHERE value = $2 AND run_id = $3 AND name = $4",
        row: &[Part::Id("run_id"), Part::Text("name")],
    },
    Column {
        table: "secrets",
        name: "value",
        find: "SELECT name, value FROM secrets WHERE substr(value, 2, 8) <> $1 LIMIT $2",
        replace: "UPDATE secrets SET value = $1 WHERE value = $2 AND name = $3",
        row: &[Part::Text("name")],
    },
    Column {
        table: "user_secrets",
        name: "value",
        find: "SELECT id, value FROM user_secrets WHERE substr(value, 2, 8) <> $1 LIMIT $2",
        replace: "UPDATE user_secrets SET value = $1 WHERE value = $2 AND id = $3",
        row: &[Part::Id("id")],
    },
    Column {
        table: "variables",
        name: "value",
        find: "SELECT agent_id, name, value FROM variables WHERE substr(value, 2, 8) <> $1 LIMIT $2",
        replace: "UPDATE variables SET value = $1 WHERE value = $2 AND agent_id = $3 AND name = $4",
        row: &[Part::Id("agent_id"), Part::Text("name")],
    },
    Column {
        table: "webhook_endpoints",
        name: "secret",
        find: "SELECT id, secret FROM webhook_endpoints WHERE substr(secret, 2, 8) <> $1 LIMIT $2",
        replace: "UPDATE webhook_endpoints SET secret = $1 WHERE secret = $2 AND id = $3",
        row: &[Part::Id("id")],
    },
];

/// What came of a part of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resealed {
    /// So many values were sealed again; there may be more.
    Some(u32),
    /// The newest key has sealed everything, and no other one is asked for at the next opening.
    All,
}

/// The keys that this database asks for when it is opened, in the order in which they came.
///
/// # Errors
///
/// The database's.
pub async fn list_keys(reader: &mut impl Read) -> Result<Vec<SealingKeyId>, Error> {
    let sql = "SELECT key_id FROM sealing_keys ORDER BY created_at, key_id";
    let rows = reader.connection().rows(sql, Vec::new()).await?;
    let id = |row: &Row| {
        let bytes = row.bytes("key_id")?.try_into();
        bytes
            .map(SealingKeyId)
            .map_err(|_| corrupt("key_id", &"no 8 bytes"))
    };
    rows.iter().map(id).collect()
}

/// Seals values again that another key than the newest has sealed, `max` at most.
///
/// Every server of the database must have the newest key before: one that has not could open what is sealed
/// here no more, and what it seals afterwards would need the older key again.
///
/// # Errors
///
/// [`Error::UnknownSealingKey`] if a value's key is not among ours, [`Error::Corrupt`] if a value is damaged,
/// otherwise the database's.
pub async fn reseal(tx: &mut Tx, max: u32) -> Result<Resealed, Error> {
    let newest = tx.sealer().newest()?;
    let mut count = 0;
    for column in COLUMNS {
        if count < max {
            count += reseal_column(tx, column, newest, max - count).await?;
        }
    }
    if count > 0 {
        return Ok(Resealed::Some(count));
    }
    let sql = "DELETE FROM sealing_keys WHERE key_id <> $1";
    let newest = newest.0.as_slice();
    tx.connection().execute(sql, values![newest]).await?;
    Ok(Resealed::All)
}

async fn reseal_column(
    tx: &mut Tx,
    column: &Column,
    newest: SealingKeyId,
    max: u32,
) -> Result<u32, Error> {
    let values = values![newest.0.as_slice(), max];
    let rows = tx.connection().rows(column.find, values).await?;
    let mut count = 0;
    for row in &rows {
        let (identity, mut own) = column.identity(row)?;
        let place = Place {
            table: column.table,
            column: column.name,
            row: &identity,
        };
        let before = row.bytes(column.name)?;
        let opened = tx.sealer().open(place, &before)?;
        let sealed = tx.sealer().seal(place, &opened)?;
        let mut values = values![sealed, before];
        values.append(&mut own);
        tx.connection().execute(column.replace, values).await?;
        count += 1;
    }
    Ok(count)
}

impl Column {
    /// What a row's value is sealed for, and the values of its columns.
    fn identity(&self, row: &Row) -> Result<(Vec<u8>, Vec<Value>), Error> {
        let (mut identity, mut own) = (Vec::new(), Vec::new());
        for part in self.row {
            match part {
                Part::Id(name) => {
                    let id = row.uuid(name)?;
                    identity.extend_from_slice(id.as_bytes());
                    own.push(Value::from(Some(id)));
                }
                Part::Text(name) => {
                    let text = row.text(name)?;
                    identity.extend_from_slice(text.as_bytes());
                    own.push(Value::from(text));
                }
                Part::Gap => identity.push(0),
            }
        }
        Ok((identity, own))
    }
}
