//! `POST /v0/agents/{id}/stop`: cancels what runs and what waits; a body is not read.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::RunId;

use super::agent::IdBody;
use crate::app::App;
use crate::auth::Caller;
use crate::once::{NoBody, Post, json_reply};
use crate::path::PathAgent;
use crate::reply::Answer;

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
    Post { repeatable, .. }: Post<NoBody>,
) -> Answer {
    let (engine, account_id) = (app.engine().clone(), caller.account_id());
    let render = move |_: &Option<RunId>| json_reply(StatusCode::OK, &IdBody::of(id));
    let stop = async move |receipt| Ok(engine.stop_agent(account_id, id, receipt).await?);
    repeatable.once(&app, &caller, render, stop).await
}
