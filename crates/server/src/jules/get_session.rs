//! `GET /v1alpha/sessions/{id}`: what clients poll.

use axum::extract::State;

use super::path::PathSession;
use super::session::SessionBody;
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::reply::{Answer, json};

/// Reads a session.
#[utoipa::path(
    get,
    path = "/v1alpha/sessions/{id}",
    responses(
        (status = 200, description = "The session as it is now.", body = SessionBody),
        (status = 404, description = "No such session, or somebody else's."),
    ),
)]
pub(super) async fn get_session(
    State(app): State<App>,
    caller: Caller,
    session: PathSession,
) -> Answer {
    let view = session.view(&app, &caller).await?;
    let mut reader = app.store().read().await?;
    let session = SessionBody::read(&mut reader, &view, app.engine().public_url()).await?;
    json(&session.ok_or_else(Failure::agent_not_found)?)
}
