//! `GET /api/v1/agents/{id}`: an agent and its runs.

use axum::extract::State;
use outwork_store::{agents, runs};

use super::agent::AgentBody;
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::path::PathAgent;
use crate::reply::{Answer, json};

/// Reads an agent with all of its runs.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{id}",
    responses(
        (status = 200, description = "The agent as it is now.", body = AgentBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
    ),
)]
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
