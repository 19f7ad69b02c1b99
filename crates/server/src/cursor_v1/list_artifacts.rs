//! `GET /v1/agents/{id}/artifacts`: at most 100, newest first.

use axum::extract::State;
use outwork_domain::limits::ARTIFACTS_MAX;
use outwork_store::artifacts;
use serde::Serialize;
use utoipa::ToSchema;

use super::artifact::ArtifactBody;
use super::path::PathAgent;
use super::view::find_view;
use crate::app::App;
use crate::auth::Caller;
use crate::reply::{Answer, json};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ArtifactList)]
struct ListBody {
    #[schema(max_items = 100)]
    items: Vec<ArtifactBody>,
}

/// Lists the files that an agent left for its user, the newest first.
#[utoipa::path(
    get,
    path = "/v1/agents/{id}/artifacts",
    responses(
        (status = 200, description = "The newest artifacts.", body = ListBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
    ),
)]
pub(super) async fn list_artifacts(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
) -> Answer {
    let mut reader = app.store().read().await?;
    find_view(&mut reader, &caller, id).await?;
    let most = u32::try_from(ARTIFACTS_MAX).unwrap_or(u32::MAX);
    let found = artifacts::list(&mut reader, id, most).await?;
    drop(reader);
    json(&ListBody {
        items: found.iter().map(ArtifactBody::of).collect(),
    })
}
