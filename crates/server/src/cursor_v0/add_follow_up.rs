//! `POST /v0/agents/{id}/followup`: another prompt, answered in order of arrival.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::Run;
use outwork_domain::limits::BODY_WITH_IMAGES_BYTES_MAX;
use outwork_engine::{FollowUp, WaitingPlan, WhenBusy};
use serde::Deserialize;
use utoipa::ToSchema;

use super::agent::IdBody;
use super::prompt::{PromptBody, read_prompt};
use crate::app::App;
use crate::auth::Caller;
use crate::body::{JsonBody, Object};
use crate::mode::read_mode;
use crate::observe::RequestId;
use crate::once::{Post, json_reply};
use crate::path::PathAgent;
use crate::reply::Answer;

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct FollowUpBody {
    #[schema(value_type = PromptBody)]
    prompt: Option<Object<PromptBody>>,
    /// `plan` lets the run only plan; `agent` if absent. Ours: the specification has no such field.
    #[schema(pattern = "^(agent|plan)$", example = "agent")]
    mode: Option<String>,
}

/// Gives an agent another prompt.
///
/// It waits for those before it.
#[utoipa::path(
    post,
    path = "/v0/agents/{id}/followup",
    request_body = FollowUpBody,
    responses(
        (status = 200, description = "The prompt is stored.", body = IdBody),
        (status = 400, description = "`validation_error`, `missing_body`."),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
        (status = 409, description = "`agent_archived`: it takes no more prompts."),
        (status = 429, description = "`usage_limit_exceeded`: too many prompts wait already."),
    ),
)]
pub(super) async fn add_follow_up(
    State(app): State<App>,
    caller: Caller,
    request_id: RequestId,
    PathAgent(id): PathAgent,
    Post {
        body: JsonBody(body),
        repeatable,
    }: Post<JsonBody<FollowUpBody, BODY_WITH_IMAGES_BYTES_MAX>>,
) -> Answer {
    let (engine, account_id) = (app.engine().clone(), caller.account_id());
    let follow_up = FollowUp {
        prompt: read_prompt(body.prompt)?,
        mode: Some(read_mode(body.mode.as_deref())?.unwrap_or_default()),
        model: None,
        variables: Vec::new(),
        when_busy: WhenBusy::Queue,
        waiting_plan: WaitingPlan::Drop,
        request_id: request_id.to_string(),
    };
    let render = move |_: &Run| json_reply(StatusCode::OK, &IdBody::of(id));
    let add = async move |receipt| {
        let added = engine.add_follow_up(account_id, id, follow_up, receipt);
        Ok(added.await?)
    };
    repeatable.once(&app, &caller, render, add).await
}
