//! Deliveries: the outbox of webhooks.
//!
//! They are written in the transaction that ends a run. Of each lane, which is one agent and one receiver,
//! only the first open delivery is ever due. A claim hides a delivery until its lease ends and raises its
//! fencing token; a note that carries an older token changes nothing.

mod claim;
mod lane;
mod list;
mod note;
mod redeliver;
mod settle;
mod write;

pub use claim::{Outgoing, Receiver, claim, due_places, release};
pub use list::{Content, DeliveryFilter, find, find_content, list};
pub use redeliver::redeliver;
pub use settle::{Noted, Settlement, settle, sweep};
pub use write::insert_test;

pub(crate) use note::note_end;

use outwork_domain::{AccountId, AgentId, Delivery, DeliveryId, EndpointId, RunId, Timestamp};

use crate::Error;
use crate::database::Row;
use crate::error::corrupt;

/// The columns of a delivery, under the names that [`delivery`] reads.
macro_rules! delivery_columns {
    () => {
        "id, account_id, agent_id, run_id, endpoint_id, event, state, attempts, due_at, \
         created_at, ended_at"
    };
}
use delivery_columns;

fn delivery(row: &Row) -> Result<Delivery, Error> {
    let agent_id = row.optional_uuid("agent_id")?.map(AgentId::new);
    let run_id = row.optional_uuid("run_id")?.map(RunId::new);
    let about = match (agent_id, run_id) {
        (Some(agent_id), Some(run_id)) => Some((agent_id, run_id)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            return Err(corrupt("run_id", &"only one of agent and run"));
        }
    };
    Ok(Delivery {
        id: delivery_id(row)?,
        account_id: AccountId::new(row.uuid("account_id")?),
        about,
        endpoint_id: endpoint_id(row)?,
        event: row.parsed("event")?,
        state: row.parsed("state")?,
        attempt_count: row.number("attempts")?,
        due_at: row.optional_timestamp("due_at")?,
        created_at: row.timestamp("created_at")?,
        ended_at: row.optional_timestamp("ended_at")?,
    })
}

fn delivery_id(row: &Row) -> Result<DeliveryId, Error> {
    row.uuid("id").map(DeliveryId::new)
}

fn endpoint_id(row: &Row) -> Result<Option<EndpointId>, Error> {
    Ok(row.optional_uuid("endpoint_id")?.map(EndpointId::new))
}

fn new_id(now: Timestamp) -> DeliveryId {
    DeliveryId::new(crate::new_id(now))
}
