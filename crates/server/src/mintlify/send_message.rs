//! `POST /v2/agent/{projectId}/job/{id}/message`: another prompt, answered in order of arrival.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::limits::BODY_BYTES_MAX;
use outwork_domain::{Run, RunMode};
use outwork_engine::{CommandError, FollowUp, WaitingPlan, WhenBusy};

use super::create_job::PromptBody;
use super::job::JobBody;
use super::path::Named;
use crate::app::App;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::errors::Failure;
use crate::observe::RequestId;
use crate::once::{Post, json_reply};
use crate::rate_limit::Use;
use crate::reply::Answer;

/// Gives a job another prompt.
///
/// It waits for those before it; poll the job until its status is no longer `active`.
#[utoipa::path(
    post,
    path = "/v2/agent/{projectId}/job/{id}/message",
    request_body = PromptBody,
    responses(
        (status = 200, description = "The prompt is stored; the job is `active`.", body = JobBody),
        (status = 400, description = "The prompt is missing or empty, or the job is archived."),
        (status = 404, description = "No such project, or no such job in it."),
    ),
)]
pub(super) async fn send_message(
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
    let view = named.job(&app, &caller, &project).await?;
    let follow_up = FollowUp {
        prompt: body.read()?,
        mode: Some(RunMode::Agent),
        model: None,
        variables: Vec::new(),
        when_busy: WhenBusy::Queue,
        waiting_plan: WaitingPlan::Drop,
        request_id: request_id.to_string(),
    };
    let (account_id, id) = (caller.account_id(), view.agent.id);
    let render = move |_: &Run| {
        let job = JobBody::active(&view);
        let job = job.ok_or_else(|| Failure::internal("a job without a repository"))?;
        json_reply(StatusCode::OK, &job)
    };
    let add = async |receipt| {
        let used = app
            .uses()
            .take(&project, Use::Message, app.engine().now())?;
        let added = app
            .engine()
            .add_follow_up(account_id, id, follow_up, receipt);
        let added = added.await.map_err(refusal)?;
        Ok(used.keep_if_done(added))
    };
    let answer = repeatable.once(&app, &caller, render, add).await;
    app.uses()
        .tell(&project, Use::Message, answer, app.engine().now())
}

/// The specification has no 409 for a job that was put away.
fn refusal(error: CommandError) -> Failure {
    if matches!(error, CommandError::AgentArchived) {
        return Failure::invalid("the job is archived");
    }
    error.into()
}
