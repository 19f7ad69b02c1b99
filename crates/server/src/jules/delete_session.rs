//! `DELETE /v1alpha/sessions/{id}`: for ever.

use axum::extract::State;

use super::body::EmptyBody;
use super::path::PathSession;
use crate::app::App;
use crate::auth::Caller;
use crate::reply::{Answer, json};

/// Deletes a session for ever.
///
/// Its activities, artifacts and workspace go; its branch and pull request stay.
#[utoipa::path(
    delete,
    path = "/v1alpha/sessions/{id}",
    responses(
        (status = 200, description = "It is gone.", body = EmptyBody),
        (status = 404, description = "No such session, or somebody else's."),
    ),
)]
pub(super) async fn delete_session(
    State(app): State<App>,
    caller: Caller,
    session: PathSession,
) -> Answer {
    let view = session.view(&app, &caller).await?;
    let account_id = caller.account_id();
    app.engine().delete_agent(account_id, view.agent.id).await?;
    json(&EmptyBody {})
}
