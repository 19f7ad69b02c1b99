//! How v0 names artifacts: by their place in the agent's environment.

use outwork_domain::{Artifact, ArtifactPath};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::Moment;

/// The folder that agents leave their artifacts in.
const FOLDER: &str = "/opt/cursor/artifacts/";

/// An artifact.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactBody {
    #[schema(example = "/opt/cursor/artifacts/report.html")]
    absolute_path: String,
    size_bytes: u64,
    updated_at: Moment,
}

impl ArtifactBody {
    pub(super) fn of(artifact: &Artifact) -> Self {
        Self {
            absolute_path: format!("{FOLDER}{}", artifact.path),
            size_bytes: artifact.size_bytes,
            updated_at: Moment(artifact.updated_at),
        }
    }
}

/// The artifact that an absolute path names; nothing if it can name none.
pub(super) fn read_path(absolute: &str) -> Option<ArtifactPath> {
    absolute.strip_prefix(FOLDER)?.parse().ok()
}
