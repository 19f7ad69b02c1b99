//! Gives due deliveries to a server.

use std::time::Duration;

use outwork_domain::{AccountId, AgentId, DeliveryEvent, DeliveryId, EndpointId, WebhookTarget};

use super::{delivery_id, endpoint_id};
use crate::database::{Connected as _, Kind, Read, Row, database_now, values};
use crate::rows::webhook;
use crate::{Error, Tx, webhooks};

/// A claimed delivery with all that is needed to send it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Its id.
    pub id: DeliveryId,
    /// The fencing token of this claim.
    pub claim: u32,
    /// Whose it is.
    pub account_id: AccountId,
    /// The agent that it is about; none for a test.
    pub agent_id: Option<AgentId>,
    /// The endpoint that it goes to; the agent's own webhook if absent.
    pub endpoint_id: Option<EndpointId>,
    /// Where it goes, and what it is signed with.
    pub target: WebhookTarget,
    /// Whether the receiver said before that it is gone for good; only what a user sends anew goes there.
    pub receiver: Receiver,
    /// Host and port of the receiver.
    pub place: String,
    /// What is announced.
    pub event: DeliveryEvent,
    /// The bytes of its body; the same at every attempt.
    pub body: Vec<u8>,
    /// Failed attempts since it was last to be sent from the start.
    pub failure_count: u32,
}

/// Whether a receiver said that it is gone for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// It did not.
    Open,
    /// It did.
    Stopped,
}

/// The places, host and port, to which something is due, in their order.
///
/// # Errors
///
/// The database's.
pub async fn due_places(reader: &mut impl Read) -> Result<Vec<String>, Error> {
    // One seek for each place that anything waits for, however much that is.
    let sql = "WITH RECURSIVE places (place) AS (\
               SELECT MIN(place) FROM deliveries WHERE due_at IS NOT NULL \
               UNION ALL SELECT (SELECT MIN(d.place) FROM deliveries d \
               WHERE d.due_at IS NOT NULL AND d.place > p.place) \
               FROM places p WHERE p.place IS NOT NULL) \
               SELECT p.place FROM places p WHERE p.place IS NOT NULL AND EXISTS \
               (SELECT 1 FROM deliveries d WHERE d.place = p.place AND d.due_at <= $1)";
    let clock = database_now(reader).await?;
    let rows = reader.connection().rows(sql, values![clock]).await?;
    rows.iter().map(|row| row.text("place")).collect()
}

macro_rules! claimed {
    ($lock:literal) => {
        concat!(
            "WITH due AS MATERIALIZED (SELECT id FROM deliveries \
             WHERE place = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3",
            $lock,
            ") UPDATE deliveries SET due_at = $4, worker = $5, claims = claims + 1 \
             WHERE id IN (SELECT id FROM due) \
             RETURNING id, claims, account_id, agent_id, endpoint_id, place, event, body, failures"
        )
    };
}

/// Claims what is due at some places, so many of each, the longest due first.
///
/// A claim ends by itself after `lease`; a delivery is claimed by one server at a time.
///
/// # Errors
///
/// The database's.
pub async fn claim(
    tx: &mut Tx,
    worker: &str,
    rooms: &[(String, u32)],
    lease: Duration,
) -> Result<Vec<Outgoing>, Error> {
    let clock = database_now(tx).await?;
    let sql = match tx.kind() {
        Kind::Sqlite => claimed!(""),
        // Servers that claim at once pass over each other's rows instead of waiting.
        Kind::Postgres => claimed!(" FOR UPDATE SKIP LOCKED"),
    };
    let mut claims = Vec::new();
    for (place, most) in rooms {
        let values = values![place.as_str(), clock, *most, clock.plus(lease), worker];
        for row in tx.connection().rows(sql, values).await? {
            match outgoing(tx, &row).await {
                Ok(outgoing) => claims.push(outgoing),
                // It costs only itself, and may be readable when its lease ends, with the right key.
                Err(error) if error.is_of_rows() => {
                    tracing::error!(place, %error, "a delivery cannot be read");
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(claims)
}

macro_rules! released {
    ($lock:literal) => {
        concat!(
            "WITH own AS MATERIALIZED (SELECT id FROM deliveries WHERE worker = $1 ORDER BY id",
            $lock,
            ") UPDATE deliveries SET due_at = $2, worker = NULL WHERE id IN (SELECT id FROM own)"
        )
    };
}

/// Gives back what an earlier life of that server claimed and left; the folder's lock is held.
///
/// What somebody else changes at this moment is left to him, or to the end of its lease: nobody is waited
/// for, so nobody waits in a circle.
///
/// # Errors
///
/// The database's.
pub async fn release(tx: &mut Tx, worker: &str) -> Result<u64, Error> {
    let clock = database_now(tx).await?;
    let sql = match tx.kind() {
        Kind::Sqlite => released!(""),
        Kind::Postgres => released!(" FOR UPDATE SKIP LOCKED"),
    };
    let values = values![worker, clock];
    tx.connection().execute(sql, values).await
}

async fn outgoing(tx: &mut Tx, row: &Row) -> Result<Outgoing, Error> {
    let agent_id = row.optional_uuid("agent_id")?.map(AgentId::new);
    let endpoint_id = endpoint_id(row)?;
    let (target, stopped) = match (endpoint_id, agent_id) {
        (Some(id), _) => {
            let (target, stopped_at) = webhooks::target(tx, id).await?;
            (target, stopped_at.is_some())
        }
        (None, Some(id)) => own_target(tx, id).await?,
        (None, None) => return Err(Error::NotFound),
    };
    Ok(Outgoing {
        id: delivery_id(row)?,
        claim: row.number("claims")?,
        account_id: AccountId::new(row.uuid("account_id")?),
        agent_id,
        endpoint_id,
        target,
        receiver: if stopped {
            Receiver::Stopped
        } else {
            Receiver::Open
        },
        place: row.text("place")?,
        event: row.parsed("event")?,
        body: row.bytes("body")?,
        failure_count: row.number("failures")?,
    })
}

async fn own_target(tx: &mut Tx, id: AgentId) -> Result<(WebhookTarget, bool), Error> {
    let sql = "SELECT a.id AS agent_id, a.webhook_url, a.webhook_secret, s.stopped_at \
               FROM agents a LEFT JOIN webhook_stops s ON s.agent_id = a.id WHERE a.id = $1";
    let row = tx.connection().row(sql, values![id]).await?;
    let row = row.ok_or(Error::NotFound)?;
    let target = webhook(&row, tx.sealer())?.ok_or(Error::NotFound)?;
    Ok((target, row.optional_timestamp("stopped_at")?.is_some()))
}
