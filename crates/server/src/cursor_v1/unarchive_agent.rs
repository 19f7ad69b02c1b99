//! `POST /v1/agents/{id}/unarchive`: takes an agent back; a body is not read.

use axum::extract::State;
use axum::http::StatusCode;

use super::id::AgentIdBody;
use super::path::PathAgent;
use crate::app::App;
use crate::auth::Caller;
use crate::once::{NoBody, Post, json_reply};
use crate::reply::Answer;
use crate::wire::WireAgentId;

/// Takes an agent back.
///
/// It takes prompts again; twice is as once.
#[utoipa::path(
    post,
    path = "/v1/agents/{id}/unarchive",
    responses(
        (status = 200, description = "Its id.", body = AgentIdBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
    ),
)]
pub(super) async fn unarchive_agent(
    State(app): State<App>,
    caller: Caller,
    PathAgent(agent_id): PathAgent,
    Post { repeatable, .. }: Post<NoBody>,
) -> Answer {
    let (engine, account_id) = (app.engine().clone(), caller.account_id());
    let id = WireAgentId(agent_id);
    let render = move |(): &()| json_reply(StatusCode::OK, &AgentIdBody { id });
    let change = async move |receipt| {
        Ok(engine
            .unarchive_agent(account_id, agent_id, receipt)
            .await?)
    };
    repeatable.once(&app, &caller, render, change).await
}
