//! `POST /api/v1/agents/{id}/approve-plan`: the plan that waits is carried out.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::Run;

use super::agent::RunBody;
use crate::app::App;
use crate::auth::Caller;
use crate::observe::RequestId;
use crate::once::{NoBody, Post, json_reply};
use crate::path::PathAgent;
use crate::reply::Answer;

/// Approves the plan that an agent waits with; the next run carries it out.
///
/// An agent waits with a plan if `awaiting` is `approval`. A plan is approved once: whoever asks again, without the
/// `Idempotency-Key` of the first time, is told that none waits.
#[utoipa::path(
    post,
    path = "/api/v1/agents/{id}/approve-plan",
    responses(
        (status = 201, description = "The run that carries it out, queued.", body = RunBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
        (status = 409, description = "`no_plan_waits`: also one that was approved before. `agent_archived`."),
    ),
)]
pub(super) async fn approve_plan(
    State(app): State<App>,
    caller: Caller,
    request_id: RequestId,
    PathAgent(id): PathAgent,
    Post { repeatable, .. }: Post<NoBody>,
) -> Answer {
    let (engine, account_id) = (app.engine().clone(), caller.account_id());
    let render = |run: &Run| json_reply(StatusCode::CREATED, &RunBody::of(run, None, None));
    let approve = async move |receipt| {
        let approved = engine.approve_plan(account_id, id, request_id.to_string(), receipt);
        Ok(approved.await?)
    };
    repeatable.once(&app, &caller, render, approve).await
}
