//! `GET /v1/agents/{id}/runs/{runId}`: what clients poll when they lost a stream.

use axum::extract::State;

use super::path::PathRun;
use super::run::RunBody;
use super::view::{find_run, find_view};
use crate::app::App;
use crate::auth::Caller;
use crate::reply::{Answer, json};

/// Gives a run.
#[utoipa::path(
    get,
    path = "/v1/agents/{id}/runs/{runId}",
    responses(
        (status = 200, description = "The run.", body = RunBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's; `run_not_found`: it has no such run."),
    ),
)]
pub(super) async fn get_run(
    State(app): State<App>,
    caller: Caller,
    PathRun { agent_id, run_id }: PathRun,
) -> Answer {
    let mut reader = app.store().read().await?;
    let view = find_view(&mut reader, &caller, agent_id).await?;
    let run = find_run(&mut reader, agent_id, run_id).await?;
    drop(reader);
    json(&RunBody::of(&run, &view))
}
