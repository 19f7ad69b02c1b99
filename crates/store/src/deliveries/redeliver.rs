//! Sends a delivery once more because a user wants it.

use outwork_domain::{AccountId, DeliveryId, DeliveryState};

use crate::database::{Connected as _, database_now, values};
use crate::{Error, Tx};

/// Makes the account's delivery due at once, with all its attempts before it; tells whether it is there.
///
/// One that has ended starts over, with the same id and bytes. One that is being sent, or that waits for
/// an earlier one, stays as it is.
///
/// # Errors
///
/// The database's.
pub async fn redeliver(tx: &mut Tx, account_id: AccountId, id: DeliveryId) -> Result<bool, Error> {
    let clock = database_now(tx).await?;
    // The claim is raised as well: a note about an attempt from before its end would count as one of now.
    let sql = "UPDATE deliveries SET due_at = $3, failures = 0, \
               claims = CASE WHEN ended_at IS NULL THEN claims ELSE claims + 1 END, \
               state = $4, ended_at = NULL WHERE id = $1 AND account_id = $2 \
               AND (ended_at IS NOT NULL OR (due_at IS NOT NULL AND worker IS NULL))";
    let values = values![id, account_id, clock, DeliveryState::Waiting.word()];
    if tx.connection().execute(sql, values).await? > 0 {
        tx.ring_deliveries();
        return Ok(true);
    }
    let sql = "SELECT id FROM deliveries WHERE id = $1 AND account_id = $2";
    let row = tx.connection().row(sql, values![id, account_id]).await?;
    Ok(row.is_some())
}
