//! `POST /v0/agents/{id}/stop`: cancels what runs and what waits; a body is not read.

use axum::extract::State;

use super::agent::IdBody;
use crate::app::App;
use crate::auth::Caller;
use crate::path::PathAgent;
use crate::reply::{Answer, json};

pub(super) async fn stop_agent(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
) -> Answer {
    app.engine().stop_agent(caller.account_id(), id).await?;
    json(&IdBody::of(id))
}
