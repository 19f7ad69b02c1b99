//! `GET /v2/agent/{projectId}/job/{id}`: what clients poll.

use axum::extract::State;

use super::job::JobBody;
use super::path::Named;
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::reply::{Answer, json};

/// Reads a job.
#[utoipa::path(
    get,
    path = "/v2/agent/{projectId}/job/{id}",
    responses(
        (status = 200, description = "The job as it is now.", body = JobBody),
        (status = 404, description = "No such project, or no such job in it."),
    ),
)]
pub(super) async fn get_job(State(app): State<App>, caller: Caller, named: Named) -> Answer {
    let project = named.project(&app, &caller).await?;
    let view = named.job(&app, &caller, &project).await?;
    let job = JobBody::of(&view);
    json(&job.ok_or_else(|| Failure::internal("a job without a repository"))?)
}
