//! `POST /v0/agents`: launches an agent.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::limits::BODY_WITH_IMAGES_BYTES_MAX;
use outwork_domain::{Dialect, Guidance, ModelChoice, Origin};
use outwork_engine::{NewAgent, NewRepository};
use outwork_store::AgentView;

use super::agent::AgentBody;
use super::new_agent::{NewAgentBody, Start, read_model, read_start};
use super::prompt::read_prompt;
use crate::app::App;
use crate::auth::Caller;
use crate::body::{JsonBody, Object};
use crate::mode::read_mode;
use crate::observe::RequestId;
use crate::once::{Post, json_reply};
use crate::reach::Reach;
use crate::reply::Answer;
use crate::webhook::read_webhook;

/// Launches an agent.
///
/// The answer comes once the agent and its first run are stored; the work begins when a worker is free.
#[utoipa::path(
    post,
    path = "/v0/agents",
    request_body = NewAgentBody,
    responses(
        (status = 201, description = "The agent as it begins.", body = AgentBody),
        (
            status = 400,
            description = "`validation_error`, `missing_body`, `invalid_model`, \
                `invalid_branch_name`, `repository_required`, `repository_access`, \
                `pr_resolution_failed`.",
        ),
    ),
)]
pub(super) async fn create_agent(
    State(app): State<App>,
    caller: Caller,
    request_id: RequestId,
    Post {
        body: JsonBody(body),
        repeatable,
    }: Post<JsonBody<NewAgentBody, BODY_WITH_IMAGES_BYTES_MAX>>,
) -> Answer {
    let (engine, account_id) = (app.engine().clone(), caller.account_id());
    let reach = Reach::of(&app, &caller).await?;
    let prompt = read_prompt(body.prompt)?;
    let model = read_model(body.model.as_deref())?;
    let mode = read_mode(body.mode.as_deref())?;
    let start = read_start(body.source)?;
    let target = body.target.map(|Object(target)| target).unwrap_or_default();
    let webhook = read_webhook(body.webhook)?;
    let public_url = engine.public_url().to_owned();
    let render = move |view: &AgentView| {
        json_reply(StatusCode::CREATED, &AgentBody::created(view, &public_url))
    };
    let create = async move |receipt| {
        let repository = match start {
            Start::Repository(source) => NewRepository {
                branch_wish: target.branch()?,
                source,
            },
            Start::PullRequest(url) => {
                let found = engine.source_of_pull_request(account_id, &url).await?;
                target.continuing(&found)?
            }
        };
        let new = NewAgent {
            id: None,
            name: None,
            prompt,
            mode: mode.unwrap_or_default(),
            model: model.map(ModelChoice::of),
            repositories: vec![repository],
            pull_request: target.pull_request(),
            origin: Origin::of(Dialect::CursorV0),
            guidance: Guidance::default(),
            webhook,
            environment: None,
            variables: Vec::new(),
            run_variables: Vec::new(),
            metadata: BTreeMap::new(),
            request_id: request_id.to_string(),
        };
        reach.admit(&new)?;
        Ok(engine.create_agent(account_id, new, receipt).await?)
    };
    repeatable.once(&app, &caller, render, create).await
}
