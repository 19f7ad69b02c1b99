//! Receipts: the answers that requests with an `Idempotency-Key` were given, for those who ask again.
//!
//! A receipt is written in the transaction of what it tells of, so both are there or neither. Its
//! place is taken first: of two that come at once, on whatever server, the second waits for the first
//! and finds its answer.

use outwork_domain::limits::RECEIPT_KEEP;
use outwork_domain::{AccountId, IdempotencyKey, Timestamp};

use crate::database::{Connected as _, Read, values};
use crate::sealer::Place;
use crate::{Error, Tx};

const TABLE: &str = "receipts";
const BODY: &str = "body";

/// A request that its client may repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Whose it is.
    pub account_id: AccountId,
    /// Its method and path.
    pub route: String,
    /// What its client calls it.
    pub key: IdempotencyKey,
    /// The SHA-256 of its body.
    pub digest: [u8; 32],
}

/// An answer as bytes; what they mean is the server's.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its body, which may hold secrets.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { status, body } = self;
        write!(f, "Reply({status}, {} bytes)", body.len())
    }
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: it is the first.
    Nothing,
    /// It was answered.
    Answered(Reply),
    /// Its key came with another body.
    OtherBody,
}

impl KeyedRequest {
    /// What its answer is sealed for.
    fn row(&self) -> Vec<u8> {
        let account = self.account_id.uuid();
        // Neither route nor key holds a NUL, so no two requests read alike.
        [
            account.as_bytes(),
            self.route.as_bytes(),
            b"\0",
            self.key.as_str().as_bytes(),
        ]
        .concat()
    }
}

fn oldest_kept(now: Timestamp) -> Timestamp {
    let kept = i64::try_from(RECEIPT_KEEP.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.millis().saturating_sub(kept))
}

/// Looks for the answer of a request.
///
/// # Errors
///
/// The database's; that the answer cannot be unsealed.
pub async fn find(
    reader: &mut impl Read,
    request: &KeyedRequest,
    now: Timestamp,
) -> Result<Found, Error> {
    let sql = "SELECT digest, status, body FROM receipts \
               WHERE account_id = $1 AND route = $2 AND idempotency_key = $3 AND created_at > $4";
    let values = values![
        request.account_id,
        request.route.as_str(),
        request.key.as_str(),
        oldest_kept(now)
    ];
    let Some(row) = reader.connection().row(sql, values).await? else {
        return Ok(Found::Nothing);
    };
    if row.bytes("digest")? != request.digest {
        return Ok(Found::OtherBody);
    }
    let place = request.row();
    let body = reader.sealer().open(place_of(&place), &row.bytes(BODY)?)?;
    Ok(Found::Answered(Reply {
        status: row.number("status")?,
        body,
    }))
}

/// Takes the place of a request's answer, or finds the one that is there.
///
/// A request on another server that is doing the same is waited for.
///
/// # Errors
///
/// The database's; that the answer cannot be unsealed.
pub async fn claim(tx: &mut Tx, request: &KeyedRequest, now: Timestamp) -> Result<Found, Error> {
    let sql = "INSERT INTO receipts (account_id, route, idempotency_key, digest, created_at) \
               VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (account_id, route, idempotency_key) DO UPDATE \
               SET digest = excluded.digest, created_at = excluded.created_at, \
               status = NULL, body = NULL WHERE receipts.created_at <= $6";
    let values = values![
        request.account_id,
        request.route.as_str(),
        request.key.as_str(),
        request.digest.as_slice(),
        now,
        oldest_kept(now)
    ];
    match tx.connection().execute(sql, values).await? {
        0 => find(tx, request, now).await,
        _ => Ok(Found::Nothing),
    }
}

/// Puts the answer into the place that [`claim`] took in the same transaction.
///
/// # Errors
///
/// [`Error::NotFound`] if nobody took it, otherwise the database's.
pub async fn fill(tx: &mut Tx, request: &KeyedRequest, reply: &Reply) -> Result<(), Error> {
    let place = request.row();
    let body = tx.sealer().seal(place_of(&place), &reply.body)?;
    let sql = "UPDATE receipts SET status = $4, body = $5 \
               WHERE account_id = $1 AND route = $2 AND idempotency_key = $3 AND status IS NULL";
    let values = values![
        request.account_id,
        request.route.as_str(),
        request.key.as_str(),
        u32::from(reply.status),
        body
    ];
    match tx.connection().execute(sql, values).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Whether there are receipts that are no longer kept.
///
/// # Errors
///
/// The database's.
pub async fn has_old(reader: &mut impl Read, now: Timestamp) -> Result<bool, Error> {
    let sql = "SELECT created_at FROM receipts WHERE created_at <= $1 LIMIT 1";
    let values = values![oldest_kept(now)];
    Ok(reader.connection().row(sql, values).await?.is_some())
}

/// Removes receipts that are no longer kept, at most so many; gives how many.
///
/// # Errors
///
/// The database's.
pub async fn sweep(tx: &mut Tx, now: Timestamp, most: u32) -> Result<u64, Error> {
    let sql = "DELETE FROM receipts WHERE (account_id, route, idempotency_key) IN \
               (SELECT account_id, route, idempotency_key FROM receipts WHERE created_at <= $1 \
               ORDER BY created_at LIMIT $2)";
    tx.connection()
        .execute(sql, values![oldest_kept(now), most])
        .await
}

const fn place_of(row: &[u8]) -> Place<'_> {
    Place {
        table: TABLE,
        column: BODY,
        row,
    }
}
