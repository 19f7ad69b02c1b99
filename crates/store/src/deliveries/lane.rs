//! The order of an agent's deliveries to one receiver.

use outwork_domain::Timestamp;

use crate::database::{Connected as _, values};
use crate::{Error, Tx};

/// Makes the first open delivery of a lane due, unless it is; the agent is locked.
pub(super) async fn wake(tx: &mut Tx, lane: Vec<u8>, clock: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE deliveries SET due_at = $2 WHERE due_at IS NULL AND id = \
               (SELECT id FROM deliveries WHERE lane = $1 AND ended_at IS NULL \
               ORDER BY number LIMIT 1)";
    if tx.connection().execute(sql, values![lane, clock]).await? > 0 {
        tx.ring_deliveries();
    }
    Ok(())
}
