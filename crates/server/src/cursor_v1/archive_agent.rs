//! `POST /v1/agents/{id}/archive`: cancels what runs and waits, then puts the agent away; a body is not read.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::RunId;

use super::id::AgentIdBody;
use super::path::PathAgent;
use crate::app::App;
use crate::auth::Caller;
use crate::once::{NoBody, Post, json_reply};
use crate::reply::Answer;
use crate::wire::WireAgentId;

/// Puts an agent away.
///
/// Active and waiting runs are cancelled. It stays readable and takes no more prompts; twice is as once.
#[utoipa::path(
    post,
    path = "/v1/agents/{id}/archive",
    responses(
        (status = 200, description = "Its id.", body = AgentIdBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
    ),
)]
pub(super) async fn archive_agent(
    State(app): State<App>,
    caller: Caller,
    PathAgent(agent_id): PathAgent,
    Post { repeatable, .. }: Post<NoBody>,
) -> Answer {
    let (engine, account_id) = (app.engine().clone(), caller.account_id());
    let id = WireAgentId(agent_id);
    let render = move |_: &Option<RunId>| json_reply(StatusCode::OK, &AgentIdBody { id });
    let change =
        async move |receipt| Ok(engine.archive_agent(account_id, agent_id, receipt).await?);
    repeatable.once(&app, &caller, render, change).await
}
