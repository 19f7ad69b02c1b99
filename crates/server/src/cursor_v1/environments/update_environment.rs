//! `PATCH /v1/environments/{environmentId}`: name, set-up file, or both; all of it or nothing.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use outwork_domain::EnvironmentChange;
use outwork_domain::limits::BODY_BYTES_MAX;
use serde::Deserialize;
use utoipa::ToSchema;

use super::PathEnvironment;
use super::body::{read_file, read_name};
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::strict::StrictBody;

/// What of an environment is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvironmentChangeBody {
    /// Its name.
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// How workspaces are set up; replaces all of it.
    environment_json: Option<String>,
}

/// Changes name and set-up of an environment: all that is given, or nothing.
#[utoipa::path(
    patch,
    path = "/v1/environments/{environmentId}",
    params(("environmentId" = String, Path, description = "The environment.")),
    request_body = EnvironmentChangeBody,
    responses(
        (status = 204, description = "It is changed."),
        (status = 400, description = "`validation_error`, `missing_body`."),
        (status = 404, description = "`environment_not_found`: no such environment, or somebody else's."),
        (status = 409, description = "`environment_name_conflict`: its owner has another one of that name; `environmentId` names it."),
    ),
)]
pub(super) async fn update_environment(
    State(app): State<App>,
    caller: Caller,
    PathEnvironment(id): PathEnvironment,
    StrictBody(body): StrictBody<EnvironmentChangeBody, BODY_BYTES_MAX>,
) -> Result<Response, Failure> {
    let change = EnvironmentChange {
        name: body.name.as_deref().map(read_name).transpose()?,
        file: body.environment_json.map(read_file).transpose()?,
    };
    let engine = app.engine();
    engine
        .change_environment(caller.account_id(), id, change)
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
