//! Sends a delivery once more because a user wants it.

use outwork_domain::limits::WEBHOOK_RETRIES_MAX;
use outwork_domain::{AccountId, AgentId, DeliveryId, DeliveryState};

use super::endpoint_id;
use super::lane::wake;
use crate::database::{Connected as _, database_now, values};
use crate::lock::{Hold, lock, lock_endpoint};
use crate::{Error, Tx};

/// Makes the account's delivery due at once, with all its attempts before it; tells whether it is there.
///
/// One that has ended gets one attempt more, with the same id and bytes. One that waits for its next
/// attempt gets that now, and goes on by its schedule. One that is being sent, or that waits for an
/// earlier one, stays as it is.
///
/// # Errors
///
/// The database's.
pub async fn redeliver(tx: &mut Tx, account_id: AccountId, id: DeliveryId) -> Result<bool, Error> {
    let sql =
        "SELECT agent_id, endpoint_id, lane FROM deliveries WHERE id = $1 AND account_id = $2";
    let row = tx.connection().row(sql, values![id, account_id]).await?;
    let Some(row) = row else {
        return Ok(false);
    };
    if let Some(agent_id) = row.optional_uuid("agent_id")? {
        lock(tx, AgentId::new(agent_id)).await?;
    }
    if let Some(endpoint_id) = endpoint_id(&row)? {
        lock_endpoint(tx, endpoint_id, Hold::Shared).await?;
    }
    let clock = database_now(tx).await?;
    // The claim is raised as well: a note about an attempt from before its end would count as one of now.
    // One attempt was asked for, so that the schedule of one that has ended counts as used up.
    let sql = "UPDATE deliveries SET due_at = $2, \
               failures = CASE WHEN ended_at IS NULL THEN failures ELSE $4 END, \
               claims = CASE WHEN ended_at IS NULL THEN claims ELSE claims + 1 END, \
               state = $3, ended_at = NULL WHERE id = $1 \
               AND (ended_at IS NOT NULL OR (due_at IS NOT NULL AND worker IS NULL))";
    let waiting = DeliveryState::Waiting.word();
    let used_up = u32::try_from(WEBHOOK_RETRIES_MAX).unwrap_or(u32::MAX);
    let values = values![id, clock, waiting, used_up];
    if tx.connection().execute(sql, values).await? > 0 {
        tx.ring_deliveries();
    }
    wake(tx, row.bytes("lane")?, clock).await?;
    Ok(true)
}
