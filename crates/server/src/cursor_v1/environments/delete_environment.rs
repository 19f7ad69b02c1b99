//! `DELETE /v1/environments/{environmentId}`.

use axum::extract::State;
use outwork_domain::EnvironmentId;
use serde::Serialize;
use utoipa::ToSchema;

use super::PathEnvironment;
use crate::app::App;
use crate::auth::Caller;
use crate::reply::{Answer, json};
use crate::wire::Text;

/// The environment that was deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EnvironmentRef)]
struct IdBody {
    #[schema(value_type = String, format = "uuid")]
    id: Text<EnvironmentId>,
}

/// Deletes an environment with its history and its secrets.
///
/// Its agents stay; their next runs go on without it.
#[utoipa::path(
    delete,
    path = "/v1/environments/{environmentId}",
    params(("environmentId" = String, Path, description = "The environment.")),
    responses(
        (status = 200, description = "It is deleted.", body = IdBody),
        (status = 404, description = "`environment_not_found`: no such environment, or somebody else's."),
    ),
)]
pub(super) async fn delete_environment(
    State(app): State<App>,
    caller: Caller,
    PathEnvironment(id): PathEnvironment,
) -> Answer {
    let engine = app.engine();
    engine.delete_environment(caller.account_id(), id).await?;
    json(&IdBody { id: Text(id) })
}
