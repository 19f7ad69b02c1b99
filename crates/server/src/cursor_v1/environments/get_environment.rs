//! `GET /v1/environments/{environmentId}`.

use axum::extract::State;

use super::PathEnvironment;
use super::body::EnvironmentDetailsBody;
use crate::app::App;
use crate::auth::Caller;
use crate::reply::{Answer, json};

/// Reads an environment with its set-up file.
#[utoipa::path(
    get,
    path = "/v1/environments/{environmentId}",
    params(("environmentId" = String, Path, description = "The environment.")),
    responses(
        (status = 200, description = "The environment.", body = EnvironmentDetailsBody),
        (status = 404, description = "`environment_not_found`: no such environment, or somebody else's."),
    ),
)]
pub(super) async fn get_environment(
    State(app): State<App>,
    caller: Caller,
    PathEnvironment(id): PathEnvironment,
) -> Answer {
    let found = app.engine().environment(caller.account_id(), id).await?;
    json(&EnvironmentDetailsBody::of(&found))
}
