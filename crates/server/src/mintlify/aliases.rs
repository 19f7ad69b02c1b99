//! Older paths of v1: the same handlers, and the same projects by name or alias.

use axum::extract::State;
use outwork_domain::limits::BODY_BYTES_MAX;

use super::create_session::{NewSessionBody, create};
use super::get_session::read;
use super::list_sessions::{SessionListBody, list};
use super::path::Named;
use super::session::SessionBody;
use crate::app::App;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::observe::RequestId;
use crate::once::Post;
use crate::query::Pairs;
use crate::reply::Answer;

/// As `POST /v1/agent/{projectId}/job`.
#[utoipa::path(
    post,
    path = "/v1/agent/job/{projectId}",
    request_body = NewSessionBody,
    params(("projectId" = String, Path, description = "The project, by its id or alias.",
        example = "docs")),
    responses(
        (status = 200, description = "The stream of the job's first run.", body = String,
            content_type = "text/event-stream"),
        (status = 400, description = "A message, the branch or the model is none."),
        (status = 404, description = "No such project, or the key does not reach it."),
    ),
)]
pub(super) async fn create_session_by_older_path(
    State(app): State<App>,
    caller: Caller,
    request_id: RequestId,
    named: Named,
    post: Post<JsonBody<NewSessionBody, BODY_BYTES_MAX>>,
) -> Answer {
    create(app, caller, request_id, named, post).await
}

/// As `GET /v1/agent/{projectId}/job/{id}`.
#[utoipa::path(
    get,
    path = "/agent/{projectId}/job/{id}",
    responses(
        (status = 200, description = "The job as it is now.", body = SessionBody),
        (status = 404, description = "No such project, or no such job in it."),
    ),
)]
pub(super) async fn get_session_by_older_path(
    State(app): State<App>,
    caller: Caller,
    named: Named,
) -> Answer {
    read(&app, &caller, &named).await
}

/// As `GET /v1/agent/{projectId}/jobs`.
#[utoipa::path(
    get,
    path = "/agent/{projectId}/jobs",
    params(
        ("skip" = Option<u32>, Query, description = "How many are left out; 0 if absent.", minimum = 0,
            maximum = 1_000_000_000),
        ("take" = Option<u32>, Query, description = "How many are shown at most; 12 if absent.",
            minimum = 1, maximum = 100),
    ),
    responses(
        (status = 200, description = "The jobs.", body = SessionListBody),
        (status = 404, description = "No such project, or the key does not reach it."),
    ),
)]
pub(super) async fn list_sessions_by_older_path(
    State(app): State<App>,
    caller: Caller,
    named: Named,
    pairs: Pairs,
) -> Answer {
    list(&app, &caller, &named, &pairs).await
}
