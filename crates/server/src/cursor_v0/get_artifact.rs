//! `GET /v0/agents/{id}/artifacts/download?path=`: a link that works for a while without a key.

use axum::extract::State;
use outwork_store::{agents, artifacts};
use serde::Serialize;
use utoipa::ToSchema;

use super::artifact::read_path;
use crate::app::App;
use crate::artifact_files::{Link, make_link};
use crate::auth::Caller;
use crate::errors::Failure;
use crate::path::PathAgent;
use crate::query::Pairs;
use crate::reply::{Answer, json};
use crate::wire::Moment;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LinkBody {
    #[schema(format = "uri")]
    url: String,
    expires_at: Moment,
}

/// Makes a link to an artifact that works for a while without a key.
#[utoipa::path(
    get,
    path = "/v0/agents/{id}/artifacts/download",
    params(("path" = String, Query, description = "`absolutePath` of the artifact.", min_length = 1,
        example = "/opt/cursor/artifacts/report.html")),
    responses(
        (status = 200, description = "The link.", body = LinkBody),
        (status = 404, description = "`agent_not_found`, `artifact_not_found`."),
    ),
)]
pub(super) async fn get_artifact(
    State(app): State<App>,
    caller: Caller,
    PathAgent(agent_id): PathAgent,
    pairs: Pairs,
) -> Answer {
    let path = pairs
        .text("path")?
        .ok_or_else(|| Failure::invalid("path is required"))?;
    let mut reader = app.store().read().await?;
    let found = agents::find(&mut reader, caller.account_id(), agent_id).await?;
    found.ok_or_else(Failure::agent_not_found)?;
    let unknown = || Failure::not_found("artifact_not_found", "Artifact not found");
    let path = read_path(path).ok_or_else(unknown)?;
    artifacts::find(&mut reader, agent_id, &path)
        .await?
        .ok_or_else(unknown)?;
    drop(reader);
    let Link { url, expires_at } = make_link(&app, agent_id, &path).await?;
    json(&LinkBody {
        url,
        expires_at: Moment(expires_at),
    })
}
