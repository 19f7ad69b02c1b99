//! `DELETE /v0/agents/{id}`: for ever, an archived agent too.

use axum::extract::State;

use super::agent::IdBody;
use crate::app::App;
use crate::auth::Caller;
use crate::path::PathAgent;
use crate::reply::{Answer, json};

/// Deletes an agent for ever.
///
/// Its transcript, artifacts and workspace go; its branch and pull request stay.
#[utoipa::path(
    delete,
    path = "/v0/agents/{id}",
    responses(
        (status = 200, description = "It is gone.", body = IdBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
    ),
)]
pub(super) async fn delete_agent(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
) -> Answer {
    app.engine().delete_agent(caller.account_id(), id).await?;
    json(&IdBody::of(id))
}
