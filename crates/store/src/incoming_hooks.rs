//! Webhooks that forges sent us: written once, claimed like other work, dealt with once.

use std::time::Duration;

use outwork_domain::{HookEnd, HookState, Timestamp};

use crate::database::{Connected as _, Kind, Read, Row, database_now, values};
use crate::{Error, Tx};

/// A hook whose signature was right.
#[derive(Clone, Debug, PartialEq)]
pub struct NewIncomingHook {
    /// The forge's name in the configuration.
    pub forge: String,
    /// The forge's own id of it.
    pub delivery_id: String,
    /// The kind of event in the forge's words.
    pub event: String,
    /// Its bytes.
    pub body: Vec<u8>,
    /// Now.
    pub now: Timestamp,
}

/// A hook that is being dealt with.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedHook {
    /// The forge's name in the configuration.
    pub forge: String,
    /// The forge's own id of it.
    pub delivery_id: String,
    /// The fencing token of this claim.
    pub claim: u32,
    /// The kind of event in the forge's words.
    pub event: String,
    /// Its bytes.
    pub body: Vec<u8>,
    /// Attempts that have ended.
    pub attempt_count: u32,
    /// When it came.
    pub received_at: Timestamp,
}

/// What is kept of a hook, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingHook {
    /// The kind of event in the forge's words.
    pub event: String,
    /// Where it stands.
    pub state: HookState,
    /// Attempts that have ended.
    pub attempt_count: u32,
    /// Why it was ignored or failed, or is to be tried again.
    pub cause: Option<String>,
    /// When it came.
    pub received_at: Timestamp,
    /// When it was dealt with for good.
    pub ended_at: Option<Timestamp>,
}

/// Whether a hook was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It was, and waits.
    New,
    /// The forge sent it before.
    Known,
}

/// Keeps a hook, unless it was kept before.
///
/// # Errors
///
/// The database's.
pub async fn insert(tx: &mut Tx, new: &NewIncomingHook) -> Result<Received, Error> {
    let clock = database_now(tx).await?;
    let sql = "INSERT INTO incoming_hooks \
               (forge, delivery_id, event, body, state, due_at, received_at) \
               VALUES ($1, $2, $3, $4, 'pending', $5, $6) \
               ON CONFLICT (forge, delivery_id) DO NOTHING";
    let values = values![
        &new.forge,
        &new.delivery_id,
        &new.event,
        new.body.as_slice(),
        clock,
        new.now
    ];
    Ok(match tx.connection().execute(sql, values).await? {
        0 => Received::Known,
        _ => Received::New,
    })
}

macro_rules! claimed {
    ($lock:literal) => {
        concat!(
            "WITH due AS MATERIALIZED (SELECT forge, delivery_id FROM incoming_hooks \
             WHERE due_at <= $1 ORDER BY due_at LIMIT $2",
            $lock,
            ") UPDATE incoming_hooks SET due_at = $3, worker = $4, claims = claims + 1 \
             WHERE (forge, delivery_id) IN (SELECT forge, delivery_id FROM due) \
             RETURNING forge, delivery_id, claims, event, body, attempts, received_at"
        )
    };
}

/// Claims up to `max` hooks that are due, the oldest first; a claim ends by itself after `lease`.
///
/// # Errors
///
/// The database's.
pub async fn claim(
    tx: &mut Tx,
    worker: &str,
    max: u32,
    lease: Duration,
) -> Result<Vec<ClaimedHook>, Error> {
    let clock = database_now(tx).await?;
    let sql = match tx.kind() {
        Kind::Sqlite => claimed!(""),
        // Servers that claim at once pass over each other's rows instead of waiting.
        Kind::Postgres => claimed!(" FOR UPDATE SKIP LOCKED"),
    };
    let values = values![clock, max, clock.plus(lease), worker];
    let rows = tx.connection().rows(sql, values).await?;
    let mut hooks: Vec<ClaimedHook> = rows.iter().map(hook).collect::<Result<_, _>>()?;
    hooks.sort_by(|one, other| {
        let key = |hook: &ClaimedHook| (hook.received_at, hook.delivery_id.clone());
        key(one).cmp(&key(other))
    });
    Ok(hooks)
}

/// Notes how an attempt ended; tells whether the claim was still the newest.
///
/// # Errors
///
/// The database's.
pub async fn settle(
    tx: &mut Tx,
    claimed: &ClaimedHook,
    end: &HookEnd,
    now: Timestamp,
) -> Result<bool, Error> {
    let clock = database_now(tx).await?;
    let (state, cause, due_at) = match end {
        HookEnd::Done => (HookState::Done, None, None),
        HookEnd::Ignored(why) => (HookState::Ignored, Some(why.as_str()), None),
        HookEnd::Failed(why) => (HookState::Failed, Some(why.as_str()), None),
        HookEnd::Again(wait, why) => (
            HookState::Pending,
            Some(why.as_str()),
            Some(clock.plus(*wait)),
        ),
    };
    let ended_at = due_at.is_none().then_some(now);
    // What was dealt with is no longer needed; what failed may be looked into.
    let sql = "UPDATE incoming_hooks SET state = $4, cause = $5, due_at = $6, ended_at = $7, \
               worker = NULL, attempts = attempts + 1, \
               body = CASE WHEN $4 IN ('done', 'ignored') THEN $8 ELSE body END \
               WHERE forge = $1 AND delivery_id = $2 AND claims = $3 AND ended_at IS NULL";
    let values = values![
        &claimed.forge,
        &claimed.delivery_id,
        claimed.claim,
        state.word(),
        cause,
        due_at,
        ended_at,
        Vec::<u8>::new(),
    ];
    Ok(tx.connection().execute(sql, values).await? > 0)
}

/// Gives back what an earlier life of that server claimed and left; the folder's lock is held.
///
/// # Errors
///
/// The database's.
pub async fn release(tx: &mut Tx, worker: &str) -> Result<u64, Error> {
    let clock = database_now(tx).await?;
    let sql = "UPDATE incoming_hooks SET due_at = $2, worker = NULL WHERE worker = $1";
    tx.connection().execute(sql, values![worker, clock]).await
}

/// What is kept of a hook.
///
/// # Errors
///
/// The database's.
pub async fn find(
    reader: &mut impl Read,
    forge: &str,
    delivery_id: &str,
) -> Result<Option<IncomingHook>, Error> {
    let sql = "SELECT event, state, attempts, cause, received_at, ended_at FROM incoming_hooks \
               WHERE forge = $1 AND delivery_id = $2";
    let row = reader
        .connection()
        .row(sql, values![forge, delivery_id])
        .await?;
    row.map(|row| {
        Ok(IncomingHook {
            event: row.text("event")?,
            state: row.parsed("state")?,
            attempt_count: row.number("attempts")?,
            cause: row.optional_text("cause")?,
            received_at: row.timestamp("received_at")?,
            ended_at: row.optional_timestamp("ended_at")?,
        })
    })
    .transpose()
}

/// Forgets hooks that were dealt with before a time; gives how many.
///
/// # Errors
///
/// The database's.
pub async fn delete_ended(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    let sql = "DELETE FROM incoming_hooks WHERE ended_at < $1";
    tx.connection().execute(sql, values![before]).await
}

fn hook(row: &Row) -> Result<ClaimedHook, Error> {
    Ok(ClaimedHook {
        forge: row.text("forge")?,
        delivery_id: row.text("delivery_id")?,
        claim: row.number("claims")?,
        event: row.text("event")?,
        body: row.bytes("body")?,
        attempt_count: row.number("attempts")?,
        received_at: row.timestamp("received_at")?,
    })
}
