//! `GET /api/v1/agents/{id}`: an agent and its runs.

use axum::extract::State;
use outwork_store::{agents, runs};

use super::agent::AgentBody;
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::path::PathAgent;
use crate::reply::{Answer, json};

pub(super) async fn get_agent(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
) -> Answer {
    let mut reader = app.store().read().await?;
    let found = agents::find(&mut reader, caller.account_id(), id).await?;
    let view = found.ok_or_else(Failure::agent_not_found)?;
    let runs = runs::list(&mut reader, id).await?;
    drop(reader);
    json(&AgentBody::of(&view, &runs))
}
