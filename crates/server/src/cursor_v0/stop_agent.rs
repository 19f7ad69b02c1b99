//! `POST /v0/agents/{id}/stop`: cancels what runs and what waits; a body is not read.

use axum::extract::State;

use super::agent::IdBody;
use crate::app::App;
use crate::auth::Caller;
use crate::path::PathAgent;
use crate::reply::{Answer, json};

/// Stops an agent.
///
/// Cancels its active run and the prompts behind it; twice is as once.
#[utoipa::path(
    post,
    path = "/v0/agents/{id}/stop",
    responses(
        (status = 200, description = "It is stopping, or has stopped.", body = IdBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
        (
            status = 409,
            description = "`agent_archived`. `run_not_cancellable`: its work is being published, or \
                ended otherwise.",
        ),
    ),
)]
pub(super) async fn stop_agent(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
) -> Answer {
    app.engine().stop_agent(caller.account_id(), id).await?;
    json(&IdBody::of(id))
}
