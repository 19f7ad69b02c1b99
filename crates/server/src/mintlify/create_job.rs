//! `POST /v2/agent/{projectId}/job`: a prompt becomes an agent in a project.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::Prompt;
use outwork_domain::limits::BODY_BYTES_MAX;
use outwork_store::AgentView;
use serde::Deserialize;
use utoipa::ToSchema;

use super::job::JobBody;
use super::launch::Launch;
use super::path::Named;
use crate::app::App;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::errors::Failure;
use crate::observe::RequestId;
use crate::once::{Post, json_reply};
use crate::prompt::prompt_of;
use crate::rate_limit::Use;
use crate::reply::Answer;

/// What an agent is to do.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PromptBody {
    #[schema(value_type = String, min_length = 1, example = "Add a quickstart guide")]
    prompt: Option<String>,
}

impl PromptBody {
    pub(super) fn read(self) -> Result<Prompt, Failure> {
        prompt_of(self.prompt)
    }
}

/// Creates a job.
///
/// The answer comes once the job is stored; poll it until its status is no longer `active`.
#[utoipa::path(
    post,
    path = "/v2/agent/{projectId}/job",
    request_body = PromptBody,
    responses(
        (status = 201, description = "The job as it begins.", body = JobBody),
        (status = 400, description = "The prompt is missing or empty, or the body is no JSON object."),
        (status = 404, description = "No such project, or the key does not reach it."),
    ),
)]
pub(super) async fn create_job(
    State(app): State<App>,
    caller: Caller,
    request_id: RequestId,
    named: Named,
    Post {
        body: JsonBody(body),
        repeatable,
    }: Post<JsonBody<PromptBody, BODY_BYTES_MAX>>,
) -> Answer {
    let project = named.project(&app, &caller).await?;
    let launch = Launch::of(body.read()?);
    let account_id = caller.account_id();
    let render = |view: &AgentView| {
        let job = JobBody::active(view);
        let job = job.ok_or_else(|| Failure::internal("a job without a repository"))?;
        json_reply(StatusCode::CREATED, &job)
    };
    let create = async |receipt| {
        let used = app.uses().take(&project, Use::Create, app.engine().now())?;
        let new = launch.resolve(&app, &project, request_id).await?;
        let made = app.engine().create_agent(account_id, new, receipt).await?;
        Ok(used.keep_if_done(made))
    };
    let answer = repeatable.once(&app, &caller, render, create).await;
    app.uses()
        .tell(&project, Use::Create, answer, app.engine().now())
}
