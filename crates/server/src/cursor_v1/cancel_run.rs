//! `POST /v1/agents/{id}/runs/{runId}/cancel`: only that run; a body is not read.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::RunId;

use super::id::RunIdBody;
use super::path::PathRun;
use crate::app::App;
use crate::auth::Caller;
use crate::once::{NoBody, Post, json_reply};
use crate::reply::Answer;
use crate::wire::WireRunId;

/// Cancels a run.
///
/// It shows `CANCELLED` when its processes are gone. Runs that wait behind it are left alone.
#[utoipa::path(
    post,
    path = "/v1/agents/{id}/runs/{runId}/cancel",
    responses(
        (status = 200, description = "Its id.", body = RunIdBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's; `run_not_found`: it has no such run."),
        (status = 409, description = "`run_not_cancellable`: it has ended, or its results are being published."),
    ),
)]
pub(super) async fn cancel_run(
    State(app): State<App>,
    caller: Caller,
    PathRun { agent_id, run_id }: PathRun,
    Post { repeatable, .. }: Post<NoBody>,
) -> Answer {
    let (engine, account_id) = (app.engine().clone(), caller.account_id());
    let id = WireRunId(run_id);
    let render = move |_: &Option<RunId>| json_reply(StatusCode::OK, &RunIdBody { id });
    let cancel = async move |receipt| {
        Ok(engine
            .cancel_run(account_id, agent_id, run_id, receipt)
            .await?)
    };
    repeatable.once(&app, &caller, render, cancel).await
}
