//! Webhook endpoints of accounts, and receivers that are gone for good.

use outwork_domain::{
    AccountId, AgentId, Ending, EndpointId, Timestamp, WebhookEndpoint, WebhookTarget,
};

use crate::database::{Connected as _, Read, Row, values};
use crate::error::corrupt;
use crate::lock::lock_account;
use crate::sealer::{Place, Sealer};
use crate::{Error, Tx};

macro_rules! columns {
    () => {
        "SELECT id, account_id, url, secret, endings, created_at, stopped_at \
         FROM webhook_endpoints "
    };
}

/// Adds an endpoint, whose secret must be there.
///
/// # Errors
///
/// [`Error::NoneFree`] if the account has `most` of them already, [`Error::Corrupt`] without a secret,
/// otherwise the database's.
pub async fn insert(tx: &mut Tx, endpoint: &WebhookEndpoint, most: usize) -> Result<(), Error> {
    lock_account(tx, endpoint.account_id).await?;
    let sql = "SELECT COUNT(*) AS endpoint_count FROM webhook_endpoints WHERE account_id = $1";
    let row = tx
        .connection()
        .row(sql, values![endpoint.account_id])
        .await?;
    let count: usize = row.ok_or(Error::NotFound)?.number("endpoint_count")?;
    if count >= most {
        return Err(Error::NoneFree("webhook endpoints of the account"));
    }
    let secret = endpoint.target.secret();
    let secret = secret.ok_or_else(|| corrupt("secret", &"nothing"))?;
    let sealed = tx.sealer().seal(place(&endpoint.id), secret.as_bytes())?;
    let endings: Vec<&str> = endpoint.endings.iter().map(|one| one.word()).collect();
    let sql = "INSERT INTO webhook_endpoints (id, account_id, url, secret, endings, created_at, \
               stopped_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = values![
        endpoint.id,
        endpoint.account_id,
        endpoint.target.url().as_str(),
        sealed,
        endings.join(","),
        endpoint.created_at,
        endpoint.stopped_at,
    ];
    tx.connection().execute(sql, values).await.map(drop)
}

/// The account's endpoints, the oldest first.
///
/// # Errors
///
/// The database's.
pub async fn list(
    reader: &mut impl Read,
    account_id: AccountId,
) -> Result<Vec<WebhookEndpoint>, Error> {
    let sql = concat!(columns!(), "WHERE account_id = $1 ORDER BY created_at, id");
    let rows = reader.connection().rows(sql, values![account_id]).await?;
    let sealer = reader.sealer().clone();
    rows.iter().map(|row| endpoint(row, &sealer)).collect()
}

/// The endpoint of that id, if it is the account's.
///
/// # Errors
///
/// The database's.
pub async fn find(
    reader: &mut impl Read,
    account_id: AccountId,
    id: EndpointId,
) -> Result<Option<WebhookEndpoint>, Error> {
    let sql = concat!(columns!(), "WHERE id = $1 AND account_id = $2");
    let row = reader
        .connection()
        .row(sql, values![id, account_id])
        .await?;
    let sealer = reader.sealer().clone();
    row.map(|row| endpoint(&row, &sealer)).transpose()
}

/// Removes the account's endpoint with everything that was to be sent to it; tells whether it was there.
///
/// # Errors
///
/// The database's.
pub async fn remove(tx: &mut Tx, account_id: AccountId, id: EndpointId) -> Result<bool, Error> {
    let sql = "DELETE FROM webhook_endpoints WHERE id = $1 AND account_id = $2";
    let removed = tx
        .connection()
        .execute(sql, values![id, account_id])
        .await?;
    Ok(removed > 0)
}

/// Where an endpoint's deliveries go.
pub(crate) async fn target(
    reader: &mut impl Read,
    id: EndpointId,
) -> Result<(WebhookTarget, Option<Timestamp>), Error> {
    let sql = concat!(columns!(), "WHERE id = $1");
    let row = reader.connection().row(sql, values![id]).await?;
    let sealer = reader.sealer().clone();
    let endpoint = endpoint(&row.ok_or(Error::NotFound)?, &sealer)?;
    Ok((endpoint.target, endpoint.stopped_at))
}

/// Notes that an endpoint's receiver is gone for good, or that it is there again.
pub(crate) async fn set_stopped(
    tx: &mut Tx,
    id: EndpointId,
    stopped_at: Option<Timestamp>,
) -> Result<(), Error> {
    let sql = "UPDATE webhook_endpoints SET stopped_at = $2 WHERE id = $1";
    let values = values![id, stopped_at];
    tx.connection().execute(sql, values).await.map(drop)
}

/// The same for the webhook of an agent.
pub(crate) async fn set_agent_stopped(
    tx: &mut Tx,
    id: AgentId,
    stopped_at: Option<Timestamp>,
) -> Result<(), Error> {
    let (sql, values) = match stopped_at {
        Some(at) => (
            "INSERT INTO webhook_stops (agent_id, stopped_at) VALUES ($1, $2) \
             ON CONFLICT (agent_id) DO NOTHING",
            values![id, at],
        ),
        None => ("DELETE FROM webhook_stops WHERE agent_id = $1", values![id]),
    };
    tx.connection().execute(sql, values).await.map(drop)
}

/// The endings of an endpoint's column.
pub(crate) fn endings(row: &Row) -> Result<Vec<Ending>, Error> {
    let text = row.text("endings")?;
    let words = text.split(',').filter(|word| !word.is_empty());
    words
        .map(|word| word.parse().map_err(|fault| corrupt("endings", &fault)))
        .collect()
}

fn endpoint(row: &Row, sealer: &Sealer) -> Result<WebhookEndpoint, Error> {
    let id = EndpointId::new(row.uuid("id")?);
    let secret = sealer.open_text(place(&id), &row.bytes("secret")?)?;
    let target = WebhookTarget::new(&row.text("url")?, Some(secret));
    Ok(WebhookEndpoint {
        id,
        account_id: AccountId::new(row.uuid("account_id")?),
        target: target.map_err(|fault| corrupt("url", &fault))?,
        endings: endings(row)?,
        created_at: row.timestamp("created_at")?,
        stopped_at: row.optional_timestamp("stopped_at")?,
    })
}

fn place(id: &EndpointId) -> Place<'_> {
    Place {
        table: "webhook_endpoints",
        column: "secret",
        row: id.bytes(),
    }
}
