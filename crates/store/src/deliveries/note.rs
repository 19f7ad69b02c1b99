//! Notes the end of a run for everybody who is to be told, in the transaction that ends it.

use outwork_domain::address::{OutboundUrl, Plain};
use outwork_domain::{AccountId, DeliveryEvent, Ending, Run, Seq, Timestamp};

use super::endpoint_id;
use super::write::{NewDelivery, insert};
use crate::database::{Connected as _, Row, values};
use crate::error::corrupt;
use crate::lock::share_endpoints_of;
use crate::rows::{agent, agent_columns, repository_columns};
use crate::webhooks::endings;
use crate::{Error, Tx};

/// Writes one delivery for the agent's own webhook and one for each endpoint of its account that wants
/// to know; `seq` is the event of the end, and gives the order.
pub(crate) async fn note_end(
    tx: &mut Tx,
    run: &Run,
    seq: Seq,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(ending) = Ending::of(run.state) else {
        return Ok(());
    };
    // A receiver that is gone ends what waits for all agents: it does so before this, or it sees what is
    // written here.
    share_endpoints_of(tx, run.agent_id).await?;
    let sql = "SELECT e.id AS endpoint_id, a.account_id, e.url, e.endings \
               FROM agents a JOIN webhook_endpoints e ON e.account_id = a.account_id \
               WHERE a.id = $1 AND e.stopped_at IS NULL \
               UNION ALL SELECT NULL, a.account_id, a.webhook_url, '' FROM agents a \
               WHERE a.id = $1 AND a.webhook_url IS NOT NULL AND NOT EXISTS \
               (SELECT 1 FROM webhook_stops s WHERE s.agent_id = a.id)";
    let mut targets = Vec::new();
    for row in tx.connection().rows(sql, values![run.agent_id]).await? {
        let wanted = endings(&row)?;
        if wanted.is_empty() || wanted.contains(&ending) {
            targets.push(row);
        }
    }
    if targets.is_empty() {
        return Ok(());
    }
    let body = match body(tx, run).await {
        Ok(body) => body,
        // A run must end, even if what is to be told about its agent cannot be read any more.
        Err(error) if error.is_of_rows() => {
            tracing::error!(run_id = %run.id, %error, "the end of a run cannot be announced");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    for target in &targets {
        let new = NewDelivery {
            account_id: AccountId::new(target.uuid("account_id")?),
            about: Some((run.agent_id, run.id)),
            endpoint_id: endpoint_id(target)?,
            number: seq.0,
            place: place(target)?,
            event: DeliveryEvent::StatusChange,
            body: body.clone(),
            now,
        };
        insert(tx, &new).await?;
    }
    Ok(())
}

async fn body(tx: &mut Tx, run: &Run) -> Result<Vec<u8>, Error> {
    let sql = concat!(
        "SELECT ",
        agent_columns!(),
        ", ",
        repository_columns!(),
        " FROM agents a LEFT JOIN agent_repositories p ON p.agent_id = a.id \
         WHERE a.id = $1 ORDER BY p.number"
    );
    let rows = tx.connection().rows(sql, values![run.agent_id]).await?;
    let agent = agent(&rows, tx.sealer())?;
    tx.announcer().body(&agent, run)
}

fn place(target: &Row) -> Result<String, Error> {
    let url = OutboundUrl::parse(&target.text("url")?, Plain::Allowed);
    let url = url.map_err(|fault| corrupt("url", &fault))?;
    Ok(url.place())
}
