//! `GET /v0/agents/{id}/artifacts`: the newest hundred.

use axum::extract::State;
use outwork_domain::limits::ARTIFACTS_MAX;
use outwork_store::{agents, artifacts};
use serde::Serialize;
use utoipa::ToSchema;

use super::artifact::ArtifactBody;
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::path::PathAgent;
use crate::reply::{Answer, json};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ArtifactList)]
struct ListBody {
    artifacts: Vec<ArtifactBody>,
}

/// Lists the newest hundred files that an agent left.
#[utoipa::path(
    get,
    path = "/v0/agents/{id}/artifacts",
    responses(
        (status = 200, description = "The files.", body = ListBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
    ),
)]
pub(super) async fn list_artifacts(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
) -> Answer {
    let mut reader = app.store().read().await?;
    let found = agents::find(&mut reader, caller.account_id(), id).await?;
    found.ok_or_else(Failure::agent_not_found)?;
    let most = u32::try_from(ARTIFACTS_MAX).unwrap_or(u32::MAX);
    let found = artifacts::list(&mut reader, id, most).await?;
    drop(reader);
    json(&ListBody {
        artifacts: found.iter().map(ArtifactBody::of).collect(),
    })
}
