//! `GET /v1/agents/{id}`.

use axum::extract::State;

use super::agent::AgentBody;
use super::path::PathAgent;
use super::view::find_view;
use crate::app::App;
use crate::auth::Caller;
use crate::reply::{Answer, json};

/// Gives an agent.
///
/// What its runs are doing is told by the runs.
#[utoipa::path(
    get,
    path = "/v1/agents/{id}",
    responses(
        (status = 200, description = "The agent.", body = AgentBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
    ),
)]
pub(super) async fn get_agent(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
) -> Answer {
    let mut reader = app.store().read().await?;
    let view = find_view(&mut reader, &caller, id).await?;
    drop(reader);
    json(&AgentBody::of(&view, app.engine().public_url()))
}
