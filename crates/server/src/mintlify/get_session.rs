//! `GET /v1/agent/{projectId}/job/{id}`: a job, as v1 shows it.

use axum::extract::State;

use super::path::Named;
use super::session::SessionBody;
use crate::app::App;
use crate::auth::Caller;
use crate::reply::{Answer, json};

/// Reads a job, in the form of v1.
#[utoipa::path(
    get,
    path = "/v1/agent/{projectId}/job/{id}",
    responses(
        (status = 200, description = "The job as it is now.", body = SessionBody),
        (status = 404, description = "No such project, or no such job in it."),
    ),
)]
pub(super) async fn get_session(State(app): State<App>, caller: Caller, named: Named) -> Answer {
    read(&app, &caller, &named).await
}

pub(super) async fn read(app: &App, caller: &Caller, named: &Named) -> Answer {
    let project = named.project(app, caller).await?;
    let view = named.job(app, caller, &project).await?;
    json(&SessionBody::of(&view, &project))
}
