//! Puts deliveries into the outbox.

use outwork_domain::{
    AccountId, AgentId, Delivery, DeliveryEvent, DeliveryId, DeliveryState, EndpointId, RunId,
    Timestamp, WebhookEndpoint,
};

use super::new_id;
use crate::database::{Connected as _, database_now, values};
use crate::{Error, Tx};

/// What a new delivery says about itself.
pub(super) struct NewDelivery {
    pub(super) account_id: AccountId,
    pub(super) about: Option<(AgentId, RunId)>,
    pub(super) endpoint_id: Option<EndpointId>,
    pub(super) number: u64,
    pub(super) place: String,
    pub(super) event: DeliveryEvent,
    pub(super) body: Vec<u8>,
    pub(super) now: Timestamp,
}

impl NewDelivery {
    /// Which deliveries it follows: those of its agent to its receiver. A test follows none.
    fn lane(&self, id: DeliveryId) -> Vec<u8> {
        let Some((agent_id, _)) = self.about else {
            return id.bytes().to_vec();
        };
        let receiver = match &self.endpoint_id {
            Some(endpoint_id) => endpoint_id.bytes(),
            None => agent_id.bytes(),
        };
        [receiver, agent_id.bytes()].concat()
    }
}

/// Writes a delivery; the agent that it is about is locked.
pub(super) async fn insert(tx: &mut Tx, new: &NewDelivery) -> Result<Delivery, Error> {
    let clock = database_now(tx).await?;
    let id = new_id(new.now);
    let sql = "INSERT INTO deliveries (id, account_id, agent_id, run_id, endpoint_id, lane, number, \
               place, event, body, state, due_at, created_at) \
               SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
               CASE WHEN EXISTS (SELECT 1 FROM deliveries o \
               WHERE o.lane = $6 AND o.ended_at IS NULL) THEN NULL ELSE $12 END, $13 \
               RETURNING due_at";
    let values = values![
        id,
        new.account_id,
        new.about.map(|(agent_id, _)| agent_id),
        new.about.map(|(_, run_id)| run_id),
        new.endpoint_id,
        new.lane(id),
        new.number,
        new.place.as_str(),
        new.event.word(),
        new.body.clone(),
        DeliveryState::Waiting.word(),
        clock,
        new.now,
    ];
    let row = tx.connection().row(sql, values).await?;
    let due_at = row.ok_or(Error::NotFound)?.optional_timestamp("due_at")?;
    tx.ring_deliveries();
    Ok(Delivery {
        id,
        account_id: new.account_id,
        about: new.about,
        endpoint_id: new.endpoint_id,
        event: new.event,
        state: DeliveryState::Waiting,
        attempt_count: 0,
        due_at,
        created_at: new.now,
        ended_at: None,
    })
}

/// Writes a delivery that only tries whether an endpoint works.
///
/// # Errors
///
/// The database's.
pub async fn insert_test(
    tx: &mut Tx,
    endpoint: &WebhookEndpoint,
    body: Vec<u8>,
    now: Timestamp,
) -> Result<Delivery, Error> {
    let new = NewDelivery {
        account_id: endpoint.account_id,
        about: None,
        endpoint_id: Some(endpoint.id),
        number: 0,
        place: endpoint.target.url().place(),
        event: DeliveryEvent::Test,
        body,
        now,
    };
    insert(tx, &new).await
}
