//! How v1 names artifacts: relative to the agent's environment.

use outwork_domain::{Artifact, ArtifactPath};
use serde::Serialize;
use utoipa::ToSchema;

use crate::errors::Failure;
use crate::wire::Moment;

/// The folder that agents leave their artifacts in.
const FOLDER: &str = "artifacts/";

/// An artifact.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactBody {
    /// Its name, which begins with `artifacts/`.
    #[schema(example = "artifacts/screenshot.png")]
    path: String,
    size_bytes: u64,
    updated_at: Moment,
}

impl ArtifactBody {
    pub(super) fn of(artifact: &Artifact) -> Self {
        Self {
            path: format!("{FOLDER}{}", artifact.path),
            size_bytes: artifact.size_bytes,
            updated_at: Moment(artifact.updated_at),
        }
    }
}

/// The artifact that a path names; nothing if there can be none of that name.
pub(super) fn read_path(path: &str) -> Result<Option<ArtifactPath>, Failure> {
    if path.starts_with('/') || path.split('/').any(|part| part == "..") {
        return Err(Failure::invalid(
            "path must be relative, without .., below artifacts/",
        ));
    }
    let inner = path.strip_prefix(FOLDER);
    Ok(inner.and_then(|inner| inner.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_out_is_refused_and_the_rest_is_looked_for() {
        for bad in [
            "/artifacts/a",
            "artifacts/../a",
            "..",
            "../artifacts/a",
            "a/..",
        ] {
            assert!(read_path(bad).is_err(), "{bad}");
        }
        let found = read_path("artifacts/a/b..c.png").unwrap().unwrap();
        assert_eq!(found.as_str(), "a/b..c.png");
        for other in ["a", "artifacts", "artifacts/", "other/a", "artifacts//a"] {
            assert_eq!(read_path(other).unwrap(), None, "{other}");
        }
    }
}
