//! `GET /api/v1/agents/{id}/runs/{runId}/diff`: what one run has changed, as published.

use axum::extract::State;

use super::path::PathRun;
use crate::app::App;
use crate::auth::Caller;
use crate::path::PathAgent;
use crate::reply::{Answer, diff};

/// Shows what a run has changed, as published.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{id}/runs/{runId}/diff",
    params(("runId" = String, Path, description = "The run, by its `id` in the agent's `runs`.",
        example = "0190f6a2-7c1e-7d3a-8b53-3a1f7f0f9e11")),
    responses(
        (
            status = 200,
            description = "The difference between where the run started and what it pushed, in the form of the \
                agent's; empty if it pushed nothing.",
            body = String,
            content_type = "text/x-diff",
        ),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's; `run_not_found`: \
            it has no such run."),
    ),
)]
pub(super) async fn get_run_diff(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
    PathRun(run_id): PathRun,
) -> Answer {
    let text = app.engine().diff_of_run(caller.account_id(), id, run_id);
    Ok(diff(text.await?))
}
