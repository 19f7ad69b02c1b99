//! `GET /v1/agents/{id}/artifacts/download?path=`: a link that works for a while without a key.

use axum::extract::State;
use outwork_store::artifacts;
use serde::Serialize;
use utoipa::ToSchema;

use super::artifact::read_path;
use super::path::PathAgent;
use super::view::find_view;
use crate::app::App;
use crate::artifact_files::{Link, make_link};
use crate::auth::Caller;
use crate::errors::Failure;
use crate::query::Pairs;
use crate::reply::{Answer, json};
use crate::wire::Moment;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ArtifactLink)]
struct LinkBody {
    /// Gives the bytes to whoever asks, without a key.
    #[schema(format = "uri")]
    url: String,
    expires_at: Moment,
}

/// Makes a link to an artifact that works for 15 minutes without a key.
#[utoipa::path(
    get,
    path = "/v1/agents/{id}/artifacts/download",
    params(("path" = String, Query, description = "The artifact's `path`.", min_length = 1)),
    responses(
        (status = 200, description = "The link.", body = LinkBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's; `artifact_not_found`: it left none of that name."),
    ),
)]
pub(super) async fn get_artifact(
    State(app): State<App>,
    caller: Caller,
    PathAgent(agent_id): PathAgent,
    pairs: Pairs,
) -> Answer {
    let path = pairs.text("path")?;
    let path = path.ok_or_else(|| Failure::invalid("path is required"))?;
    let path = read_path(path)?;
    let mut reader = app.store().read().await?;
    find_view(&mut reader, &caller, agent_id).await?;
    let unknown = || Failure::not_found("artifact_not_found", "Artifact not found");
    let path = path.ok_or_else(unknown)?;
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
