//! Notes how an attempt ended and what follows, and forgets what ended long ago.

use std::time::Duration;

use outwork_domain::{DeliveryAttempt, DeliveryState, Timestamp, Verdict};

use super::claim::{Outgoing, Receiver};
use super::lane::wake;
use crate::database::{Connected as _, Kind, database_now, values};
use crate::lock::{Hold, lock, lock_endpoint};
use crate::{Error, Tx, webhooks};

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// What is kept of it; its number is given by the store.
    pub attempt: DeliveryAttempt,
    /// What follows.
    pub verdict: Verdict,
    /// Now, as columns show it.
    pub now: Timestamp,
}

/// Whether a note was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It was.
    Kept,
    /// The delivery is gone, was ended by somebody else, or was claimed again since.
    Stale,
}

/// Notes an attempt of a claimed delivery.
///
/// # Errors
///
/// The database's.
pub async fn settle(
    tx: &mut Tx,
    outgoing: &Outgoing,
    settlement: &Settlement,
) -> Result<Noted, Error> {
    // Whether the next one is due is decided under the same lock under which a next one is written.
    if let Some(agent_id) = outgoing.agent_id {
        lock(tx, agent_id).await?;
    }
    if let (Some(endpoint_id), Some(hold)) = (outgoing.endpoint_id, hold(outgoing, settlement)) {
        lock_endpoint(tx, endpoint_id, hold).await?;
    }
    let clock = database_now(tx).await?;
    let (state, due_at) = match settlement.verdict {
        Verdict::Delivered => (DeliveryState::Delivered, None),
        Verdict::Retry(wait) => (DeliveryState::Waiting, Some(clock.plus(wait))),
        Verdict::GiveUp | Verdict::Stop => (DeliveryState::GivenUp, None),
    };
    let ended_at = match state {
        DeliveryState::Waiting => None,
        DeliveryState::Delivered | DeliveryState::GivenUp => Some(settlement.now),
    };
    let sql = "UPDATE deliveries SET state = $3, due_at = $4, ended_at = $5, worker = NULL, \
               attempts = attempts + 1, failures = failures + 1 \
               WHERE id = $1 AND claims = $2 AND ended_at IS NULL RETURNING attempts, lane";
    let values = values![outgoing.id, outgoing.claim, state.word(), due_at, ended_at];
    let Some(row) = tx.connection().row(sql, values).await? else {
        return Ok(Noted::Stale);
    };
    let number: u32 = row.number("attempts")?;
    keep(tx, outgoing, number, &settlement.attempt).await?;
    if settlement.verdict == Verdict::Stop {
        stop(tx, outgoing, settlement.now).await?;
    } else if ended_at.is_some() {
        wake(tx, row.bytes("lane")?, clock).await?;
    }
    if settlement.verdict == Verdict::Delivered && outgoing.receiver == Receiver::Stopped {
        set_stopped(tx, outgoing, None).await?;
    }
    Ok(Noted::Kept)
}

/// How the endpoint is locked before the first delivery is written, so that nobody waits in a circle for
/// the other deliveries that are written behind it: those of the endpoint, or the next one of the lane.
fn hold(outgoing: &Outgoing, settlement: &Settlement) -> Option<Hold> {
    match (settlement.verdict, outgoing.receiver) {
        (Verdict::Stop, _) | (Verdict::Delivered, Receiver::Stopped) => Some(Hold::Alone),
        (Verdict::Delivered, Receiver::Open) | (Verdict::GiveUp, _) => Some(Hold::Shared),
        (Verdict::Retry(_), _) => None,
    }
}

async fn keep(
    tx: &mut Tx,
    outgoing: &Outgoing,
    number: u32,
    attempt: &DeliveryAttempt,
) -> Result<(), Error> {
    let sql = "INSERT INTO delivery_attempts (delivery_id, number, at, took_millis, status, fault, \
               excerpt) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = values![
        outgoing.id,
        number,
        attempt.at,
        u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
        attempt.status.map(u32::from),
        &attempt.fault,
        &attempt.excerpt,
    ];
    tx.connection().execute(sql, values).await.map(drop)
}

/// The receiver is gone: nothing more is written for it, and what waits is given up.
async fn stop(tx: &mut Tx, outgoing: &Outgoing, now: Timestamp) -> Result<(), Error> {
    set_stopped(tx, outgoing, Some(now)).await?;
    let (sql, id) = match (outgoing.endpoint_id, outgoing.agent_id) {
        (Some(endpoint_id), _) => (
            "UPDATE deliveries SET state = $2, due_at = NULL, worker = NULL, ended_at = $3 \
             WHERE endpoint_id = $1 AND ended_at IS NULL",
            endpoint_id.uuid(),
        ),
        (None, Some(agent_id)) => (
            "UPDATE deliveries SET state = $2, due_at = NULL, worker = NULL, ended_at = $3 \
             WHERE agent_id = $1 AND endpoint_id IS NULL AND ended_at IS NULL",
            agent_id.uuid(),
        ),
        (None, None) => return Ok(()),
    };
    let values = values![id, DeliveryState::GivenUp.word(), now];
    tx.connection().execute(sql, values).await.map(drop)
}

async fn set_stopped(
    tx: &mut Tx,
    outgoing: &Outgoing,
    stopped_at: Option<Timestamp>,
) -> Result<(), Error> {
    match (outgoing.endpoint_id, outgoing.agent_id) {
        (Some(id), _) => webhooks::set_stopped(tx, id, stopped_at).await,
        (None, Some(id)) => webhooks::set_agent_stopped(tx, id, stopped_at).await,
        (None, None) => Ok(()),
    }
}

macro_rules! swept {
    ($lock:literal) => {
        concat!(
            "WITH old AS MATERIALIZED (SELECT id FROM deliveries \
             WHERE ended_at < $1 ORDER BY ended_at LIMIT $2",
            $lock,
            ") DELETE FROM deliveries WHERE id IN (SELECT id FROM old)"
        )
    };
}

/// Forgets deliveries that ended longer than `retention` before `now`, up to `limit` of them.
///
/// # Errors
///
/// The database's.
pub async fn sweep(
    tx: &mut Tx,
    now: Timestamp,
    retention: Duration,
    limit: u32,
) -> Result<u64, Error> {
    let millis = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
    let before = Timestamp::from_millis(now.millis().saturating_sub(millis));
    let sql = match tx.kind() {
        Kind::Sqlite => swept!(""),
        // What somebody else writes just now is left for the next time.
        Kind::Postgres => swept!(" FOR UPDATE SKIP LOCKED"),
    };
    tx.connection().execute(sql, values![before, limit]).await
}
