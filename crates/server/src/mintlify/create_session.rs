//! `POST /v1/agent/{projectId}/job`: messages become an agent, and the answer is what it does.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use outwork_domain::limits::BODY_BYTES_MAX;
use outwork_domain::{AgentId, BranchName, Readiness, RunId};
use outwork_store::AgentView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::launch::Launch;
use super::messages::{MessageBody, read_messages};
use super::path::Named;
use super::stream;
use crate::app::App;
use crate::auth::Caller;
use crate::body::{JsonBody, Object};
use crate::errors::Failure;
use crate::observe::RequestId;
use crate::once::{Post, json_reply};
use crate::rate_limit::Use;
use crate::reply::Answer;

const SESSION_ID: HeaderName = HeaderName::from_static("x-session-id");
const BRANCH_NAME: HeaderName = HeaderName::from_static("x-branch-name");

/// The body of a job's creation in v1.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewSessionBody {
    /// The task, and what is told to the agent beside it.
    #[schema(value_type = Vec<MessageBody>)]
    messages: Option<Vec<Object<MessageBody>>>,
    /// The branch to work on: created if it is not there; one is made up if absent.
    #[schema(min_length = 1, max_length = 200)]
    branch: Option<String>,
    /// Open the pull request as a draft.
    as_draft: Option<bool>,
    /// `sonnet`, `opus`, or a model of this server.
    #[schema(example = "sonnet")]
    model: Option<String>,
}

impl NewSessionBody {
    fn read(self) -> Result<Launch, Failure> {
        let messages = read_messages(self.messages)?;
        let branch: Option<Result<BranchName, _>> = self.branch.map(|name| name.parse());
        let branch = branch
            .transpose()
            .map_err(|why| Failure::bad_request("invalid_branch_name", format!("branch: {why}")))?;
        Ok(Launch {
            prompt: messages.prompt,
            text: messages.guidance,
            branch,
            readiness: self.as_draft.map(|draft| {
                if draft {
                    Readiness::Draft
                } else {
                    Readiness::Ready
                }
            }),
            model: self.model,
        })
    }
}

/// What is kept of the answer, so that a repetition streams the same run.
#[derive(Debug, Serialize, Deserialize)]
struct Begun {
    agent: String,
    run: String,
    branch: String,
}

impl Begun {
    fn of(view: &AgentView) -> Option<Self> {
        let branch = view.agent.first_repository()?.branch.as_ref()?;
        Some(Self {
            agent: view.agent.id.to_string(),
            run: view.deciding.id.to_string(),
            branch: branch.to_string(),
        })
    }
}

/// Creates a job and streams its first run, in the form of v1.
///
/// The headers come once the job is stored. The stream is a UI message stream of the AI SDK, version 1; it
/// ends with the run. Who goes away does not stop the job: read it by its id.
#[utoipa::path(
    post,
    path = "/v1/agent/{projectId}/job",
    request_body = NewSessionBody,
    responses(
        (
            status = 200,
            description = "The parts, in order; each `data` is one JSON object, the last is `[DONE]`.",
            body = String,
            content_type = "text/event-stream",
            headers(
                ("X-Session-Id" = String, description = "The job's id."),
                ("X-Branch-Name" = String, description = "The branch that it works on."),
            ),
        ),
        (status = 400, description = "A message, the branch or the model is none."),
        (status = 404, description = "No such project, or the key does not reach it."),
    ),
)]
pub(super) async fn create_session(
    State(app): State<App>,
    caller: Caller,
    request_id: RequestId,
    named: Named,
    post: Post<JsonBody<NewSessionBody, BODY_BYTES_MAX>>,
) -> Answer {
    create(app, caller, request_id, named, post).await
}

pub(super) async fn create(
    app: App,
    caller: Caller,
    request_id: RequestId,
    named: Named,
    Post {
        body: JsonBody(body),
        repeatable,
    }: Post<JsonBody<NewSessionBody, BODY_BYTES_MAX>>,
) -> Answer {
    let project = named.project(&app, &caller).await?;
    let launch = body.read()?;
    let account_id = caller.account_id();
    let render = |view: &AgentView| {
        let begun = Begun::of(view).ok_or_else(|| Failure::internal("a job without a branch"))?;
        json_reply(StatusCode::OK, &begun)
    };
    let create = async |receipt| {
        let used = app.uses().take(&project, Use::Create, app.engine().now())?;
        let new = launch.resolve(&app, &project, request_id).await?;
        let made = app.engine().create_agent(account_id, new, receipt).await?;
        Ok(used.keep_if_done(made))
    };
    let begun = repeatable.once_as(&app, &caller, render, create).await;
    let answer = match begun {
        Ok(stored) => stored
            .read()
            .and_then(|begun: Begun| answer(&app, &caller, &begun))
            .map(|response| stored.mark(response)),
        Err(failure) => Err(failure),
    };
    app.uses()
        .tell(&project, Use::Create, answer, app.engine().now())
}

/// The stream of a job's first run, from its beginning.
fn answer(app: &App, caller: &Caller, begun: &Begun) -> Answer {
    let id: Option<AgentId> = begun.agent.parse().ok();
    let run: Option<RunId> = begun.run.parse().ok();
    let branch = HeaderValue::from_str(&begun.branch).ok();
    let parts = id.zip(run).zip(branch);
    let ((id, run), branch) =
        parts.ok_or_else(|| Failure::internal("a stored answer cannot be read"))?;
    let session = HeaderValue::from_str(&id.to_string());
    let session = session.map_err(|error| Failure::internal(error.to_string()))?;
    let mut response = stream::respond(app.clone(), caller, id, run);
    let headers = response.headers_mut();
    headers.insert(SESSION_ID, session);
    headers.insert(BRANCH_NAME, branch);
    Ok(response)
}
