//! `POST /v1/agents`: creates an agent and queues its first run.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::limits::BODY_WITH_IMAGES_BYTES_MAX;
use outwork_store::AgentView;
use serde::Serialize;
use utoipa::ToSchema;

use super::agent::AgentBody;
use super::new_agent::NewAgentBody;
use super::run::RunBody;
use crate::app::App;
use crate::auth::Caller;
use crate::observe::RequestId;
use crate::once::{Post, json_reply};
use crate::reach::Reach;
use crate::reply::Answer;
use crate::strict::StrictBody;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentCreated)]
struct CreatedBody<'a> {
    agent: AgentBody<'a>,
    run: RunBody<'a>,
}

/// Creates an agent and queues its first run.
///
/// The answer comes when both are stored; the run is `CREATING`.
#[utoipa::path(
    post,
    path = "/v1/agents",
    request_body = NewAgentBody,
    responses(
        (status = 201, description = "The agent with its first run.", body = CreatedBody),
        (status = 400, description = "`validation_error`, `missing_body`, `invalid_model`, `invalid_branch_name`, `repository_required`, `repository_access`, `pr_resolution_failed`."),
        (status = 403, description = "`feature_unavailable`: what is asked for is not to be had here."),
        (status = 409, description = "`agent_id_conflict`: the id was used before."),
    ),
)]
pub(super) async fn create_agent(
    State(app): State<App>,
    caller: Caller,
    request_id: RequestId,
    Post {
        body: StrictBody(body),
        repeatable,
    }: Post<StrictBody<NewAgentBody, BODY_WITH_IMAGES_BYTES_MAX>>,
) -> Answer {
    let wanted = body.read(&app)?;
    let reach = Reach::of(&app, &caller).await?;
    let (account_id, public_url) = (caller.account_id(), app.engine().public_url().to_owned());
    let render = move |view: &AgentView| {
        let created = CreatedBody {
            agent: AgentBody::created(view, &public_url),
            run: RunBody::created(&view.deciding, view),
        };
        json_reply(StatusCode::CREATED, &created)
    };
    let engine = app.clone();
    let create = async move |receipt| {
        let (new, _places) = wanted.resolve(&engine, account_id, request_id).await?;
        reach.admit(&new)?;
        Ok(engine
            .engine()
            .create_agent(account_id, new, receipt)
            .await?)
    };
    repeatable.once(&app, &caller, render, create).await
}
