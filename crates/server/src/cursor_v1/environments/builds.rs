//! `/v1/environments/{environmentId}/builds`: none, since nothing is built ahead of a run here.
//!
//! Every workspace is set up when it is made, in the sandbox that all runs have.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::PathEnvironment;
use crate::app::App;
use crate::auth::Caller;
use crate::cursor::read_cursor;
use crate::errors::Failure;
use crate::query::Pairs;
use crate::reply::{Answer, json};

const LIST: &str = "builds v1";

/// A page of builds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BuildList)]
struct ListBody {
    /// Always empty.
    #[schema(value_type = Vec<Object>, max_items = 0)]
    items: [(); 0],
}

/// What the next run uses.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ActiveBuild)]
struct ActiveBody {
    #[serde(rename = "type")]
    kind: ActiveKind,
}

/// What a run can use.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ActiveKind {
    /// The sandbox that all runs have.
    UniversalImage,
}

/// Lists the builds of an environment: there are none.
#[utoipa::path(
    get,
    path = "/v1/environments/{environmentId}/builds",
    params(
        ("environmentId" = String, Path, description = "The environment."),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses(
        (status = 200, description = "An empty page.", body = ListBody),
        (status = 404, description = "`environment_not_found`: no such environment, or somebody else's."),
    ),
)]
pub(super) async fn list_builds(
    State(app): State<App>,
    caller: Caller,
    PathEnvironment(id): PathEnvironment,
    pairs: Pairs,
) -> Answer {
    let pairs = pairs.only(&["cursor"])?;
    if let Some(text) = pairs.text("cursor")?
        && read_cursor(LIST, text).is_none()
    {
        return Err(Failure::invalid("cursor is none that this server gave"));
    }
    app.engine().environment(caller.account_id(), id).await?;
    json(&ListBody { items: [] })
}

/// Reads a build of an environment: there is none.
#[utoipa::path(
    get,
    path = "/v1/environments/{environmentId}/builds/{buildId}",
    params(
        ("environmentId" = String, Path, description = "The environment."),
        ("buildId" = String, Path, description = "The build."),
    ),
    responses(
        (status = 404, description = "`environment_not_found`: no such environment, or somebody else's; `build_not_found`: no such build."),
    ),
)]
pub(super) async fn get_build(
    State(app): State<App>,
    caller: Caller,
    PathEnvironment(id): PathEnvironment,
) -> Answer {
    app.engine().environment(caller.account_id(), id).await?;
    Err(Failure::not_found("build_not_found", "Build not found"))
}

/// Tells what the next run of an environment uses: the sandbox that all runs have.
#[utoipa::path(
    get,
    path = "/v1/environments/{environmentId}/builds/active",
    params(("environmentId" = String, Path, description = "The environment.")),
    responses(
        (status = 200, description = "What is used.", body = ActiveBody),
        (status = 404, description = "`environment_not_found`: no such environment, or somebody else's."),
    ),
)]
pub(super) async fn get_active_build(
    State(app): State<App>,
    caller: Caller,
    PathEnvironment(id): PathEnvironment,
) -> Answer {
    app.engine().environment(caller.account_id(), id).await?;
    json(&ActiveBody {
        kind: ActiveKind::UniversalImage,
    })
}
