//! `POST /v1/agents/{id}/runs`: the next prompt of an agent that is idle.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::Run;
use outwork_domain::limits::BODY_WITH_IMAGES_BYTES_MAX;
use outwork_engine::{FollowUp, WaitingPlan, WhenBusy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::mcp_servers::{McpServerBody, refuse_mcp_servers};
use super::model::{ModelBody, read_model};
use super::path::PathAgent;
use super::prompt::{PromptBody, read_prompt};
use super::run::RunBody;
use super::variables::read_variables;
use super::view::find_view;
use crate::app::App;
use crate::auth::Caller;
use crate::body::Object;
use crate::mode::read_mode;
use crate::observe::RequestId;
use crate::once::{Post, json_reply};
use crate::reply::Answer;
use crate::strict::StrictBody;

/// The body of `POST /v1/agents/{id}/runs`. It holds secrets, so it is never printed.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewRunBody {
    /// What is to be done next.
    #[schema(value_type = PromptBody)]
    prompt: Option<Object<PromptBody>>,
    /// What answers, from now on; as before if absent.
    #[schema(value_type = Option<ModelBody>)]
    model: Option<Object<ModelBody>>,
    /// `agent` or `plan`; as the latest run if absent.
    #[schema(example = "agent")]
    mode: Option<String>,
    /// Refused unless empty.
    #[schema(value_type = Option<Vec<McpServerBody>>, max_items = 50)]
    mcp_servers: Option<Vec<Object<McpServerBody>>>,
    /// Variables of this run only.
    env_vars: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunCreated)]
struct CreatedBody<'a> {
    run: RunBody<'a>,
}

/// Gives an agent its next prompt.
///
/// It works on in the same conversation and files. One run at a time: an agent at work refuses it.
#[utoipa::path(
    post,
    path = "/v1/agents/{id}/runs",
    request_body = NewRunBody,
    responses(
        (status = 201, description = "The run.", body = CreatedBody),
        (status = 400, description = "`validation_error`, `missing_body`, `invalid_model`."),
        (status = 403, description = "`feature_unavailable`: what is asked for is not to be had here."),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
        (status = 409, description = "`agent_busy`: it has an active or waiting run; `agent_archived`: it takes no more prompts."),
    ),
)]
pub(super) async fn create_run(
    State(app): State<App>,
    caller: Caller,
    PathAgent(agent_id): PathAgent,
    request_id: RequestId,
    Post {
        body: StrictBody(body),
        repeatable,
    }: Post<StrictBody<NewRunBody, BODY_WITH_IMAGES_BYTES_MAX>>,
) -> Answer {
    let mut reader = app.store().read().await?;
    let view = find_view(&mut reader, &caller, agent_id).await?;
    drop(reader);
    let prompt = read_prompt(&app, body.prompt)?;
    let mode = read_mode(body.mode.as_deref())?;
    if let Some(Object(model)) = &body.model {
        model.check("model")?;
    }
    let variables = read_variables("envVars", body.env_vars)?;
    refuse_mcp_servers(body.mcp_servers)?;
    let render = move |run: &Run| {
        let run = RunBody::created(run, &view);
        json_reply(StatusCode::CREATED, &CreatedBody { run })
    };
    let (asked, account_id) = (app.clone(), caller.account_id());
    let create = async move |receipt| {
        let engine = asked.engine();
        let model = read_model(engine, body.model)?;
        let (prompt, _places) = prompt.fetch(&asked, account_id).await?;
        let next = FollowUp {
            model,
            prompt,
            mode,
            variables,
            when_busy: WhenBusy::Refuse,
            waiting_plan: WaitingPlan::Drop,
            request_id: request_id.to_string(),
        };
        Ok(engine
            .add_follow_up(account_id, agent_id, next, receipt)
            .await?)
    };
    repeatable.once(&app, &caller, render, create).await
}
