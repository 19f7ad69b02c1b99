//! `DELETE /v1/agents/{id}`: for ever, an archived agent too.

use axum::extract::State;

use super::id::AgentIdBody;
use super::path::PathAgent;
use crate::app::App;
use crate::auth::Caller;
use crate::reply::{Answer, json};
use crate::wire::WireAgentId;

/// Deletes an agent for ever.
#[utoipa::path(
    delete,
    path = "/v1/agents/{id}",
    responses(
        (status = 200, description = "It is gone.", body = AgentIdBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
    ),
)]
pub(super) async fn delete_agent(
    State(app): State<App>,
    caller: Caller,
    PathAgent(agent_id): PathAgent,
) -> Answer {
    app.engine()
        .delete_agent(caller.account_id(), agent_id)
        .await?;
    let id = WireAgentId(agent_id);
    json(&AgentIdBody { id })
}
