//! `GET /api/v1/agents/{id}/diff`: what an agent has changed, as published.

use axum::extract::State;

use crate::app::App;
use crate::auth::Caller;
use crate::path::PathAgent;
use crate::reply::{Answer, diff};

/// Shows what an agent has changed, as published.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{id}/diff",
    responses(
        (
            status = 200,
            description = "A difference as git writes it; empty before the first push. Of several repositories each stands behind a line `repository FOLDER: ADDRESS`.",
            body = String,
            content_type = "text/x-diff",
        ),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
    ),
)]
pub(super) async fn get_agent_diff(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
) -> Answer {
    Ok(diff(
        app.engine().diff_of_agent(caller.account_id(), id).await?,
    ))
}
