//! The delivery log.

use std::time::Duration;

use outwork_domain::{AccountId, AgentId, Delivery, DeliveryAttempt, DeliveryId, DeliveryState};
use uuid::Uuid;

use super::{delivery, delivery_columns};
use crate::Error;
use crate::database::{Read, Row, values};
use crate::error::corrupt;

/// Which deliveries a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Only those about this agent.
    pub agent_id: Option<AgentId>,
    /// Only those in this state.
    pub state: Option<DeliveryState>,
}

macro_rules! page {
    ($condition:literal) => {
        concat!(
            "SELECT ",
            delivery_columns!(),
            " FROM deliveries WHERE account_id = $1 AND id < $2",
            $condition,
            " ORDER BY id DESC LIMIT $3"
        )
    };
}

/// The account's deliveries, the newest first, beginning behind the one that `before` names.
///
/// # Errors
///
/// The database's.
pub async fn list(
    reader: &mut impl Read,
    account_id: AccountId,
    filter: DeliveryFilter,
    before: Option<DeliveryId>,
    limit: u32,
) -> Result<Vec<Delivery>, Error> {
    let before = before.unwrap_or(DeliveryId::new(Uuid::max()));
    let mut values = values![account_id, before, limit];
    let sql = match (filter.agent_id, filter.state) {
        (None, None) => page!(""),
        (Some(agent_id), None) => {
            values.extend(values![agent_id]);
            page!(" AND agent_id = $4")
        }
        (None, Some(state)) => {
            values.extend(values![state.word()]);
            page!(" AND state = $4")
        }
        (Some(agent_id), Some(state)) => {
            values.extend(values![agent_id, state.word()]);
            page!(" AND agent_id = $4 AND state = $5")
        }
    };
    let rows = reader.connection().rows(sql, values).await?;
    rows.iter().map(delivery).collect()
}

/// The account's delivery of that id with its attempts in their order.
///
/// # Errors
///
/// The database's.
pub async fn find(
    reader: &mut impl Read,
    account_id: AccountId,
    id: DeliveryId,
) -> Result<Option<(Delivery, Vec<DeliveryAttempt>)>, Error> {
    let sql = concat!(
        "SELECT ",
        delivery_columns!(),
        " FROM deliveries WHERE id = $1 AND account_id = $2"
    );
    let row = reader
        .connection()
        .row(sql, values![id, account_id])
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let sql = "SELECT number, at, took_millis, status, fault, excerpt FROM delivery_attempts \
               WHERE delivery_id = $1 ORDER BY number";
    let rows = reader.connection().rows(sql, values![id]).await?;
    let attempts = rows.iter().map(attempt).collect::<Result<_, _>>()?;
    Ok(Some((delivery(&row)?, attempts)))
}

/// What is sent, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The receiver's address as it is now; none if the agent has none any more.
    pub url: Option<String>,
    /// The body's text.
    pub body: String,
}

/// The content of the account's delivery of that id.
///
/// # Errors
///
/// The database's.
pub async fn find_content(
    reader: &mut impl Read,
    account_id: AccountId,
    id: DeliveryId,
) -> Result<Option<Content>, Error> {
    let sql = "SELECT d.body, COALESCE(e.url, a.webhook_url) AS url FROM deliveries d \
               LEFT JOIN webhook_endpoints e ON e.id = d.endpoint_id \
               LEFT JOIN agents a ON a.id = d.agent_id AND d.endpoint_id IS NULL \
               WHERE d.id = $1 AND d.account_id = $2";
    let row = reader
        .connection()
        .row(sql, values![id, account_id])
        .await?;
    row.map(|row| {
        let body = String::from_utf8(row.bytes("body")?);
        Ok(Content {
            url: row.optional_text("url")?,
            body: body.map_err(|fault| corrupt("body", &fault))?,
        })
    })
    .transpose()
}

fn attempt(row: &Row) -> Result<DeliveryAttempt, Error> {
    let status: Option<u32> = row.optional_number("status")?;
    let status = status.map(u16::try_from).transpose();
    Ok(DeliveryAttempt {
        number: row.number("number")?,
        at: row.timestamp("at")?,
        took: Duration::from_millis(row.number("took_millis")?),
        status: status.map_err(|fault| corrupt("status", &fault))?,
        fault: row.optional_text("fault")?,
        excerpt: row.optional_text("excerpt")?,
    })
}
