//! Takes the files that a run left in its artifacts folder out of the sandbox.
//!
//! The tool host reads them, so that no path of the workspace is ever opened by the host.

use std::sync::Arc;

use outwork_domain::limits::{ARTIFACT_BYTES_MAX, ARTIFACTS_MAX};
use outwork_domain::{Artifact, EventBody};
use outwork_store::Claim;
use outwork_tools::Error as ToolError;
use uuid::Uuid;

use super::RunParts;
use super::desk::Desk;
use super::error::AttemptError;
use crate::commands::artifact_folder;

/// Collects the artifacts of a run; those that are too many or too large are named in a note.
pub(super) async fn collect(
    parts: &Arc<RunParts>,
    claim: &Claim,
    desk: &mut Desk,
) -> Result<(), AttemptError> {
    let found = desk.host(parts).await?.list_artifacts().await?;
    if found.is_empty() {
        return Ok(());
    }
    let folder = artifact_folder(&parts.data_dir, claim.agent.id);
    let made = tokio::fs::create_dir_all(&folder).await;
    made.map_err(|source| AttemptError::File {
        what: "the artifacts folder",
        source,
    })?;
    let mut left = found.len().saturating_sub(ARTIFACTS_MAX);
    for (path, size) in found.into_iter().take(ARTIFACTS_MAX) {
        if size > ARTIFACT_BYTES_MAX {
            left += 1;
            continue;
        }
        // A name of its own for each collection, so that a reader of the old file is not disturbed.
        let name = Uuid::new_v4().simple().to_string();
        let file = folder.join(&name);
        let mut into =
            tokio::fs::File::create(&file)
                .await
                .map_err(|source| AttemptError::File {
                    what: "an artifact file",
                    source,
                })?;
        let host = desk.host(parts).await?;
        let size_bytes = match host
            .read_artifact(&path, &mut into, ARTIFACT_BYTES_MAX)
            .await
        {
            Ok(size_bytes) => size_bytes,
            Err(ToolError::Missing { .. } | ToolError::TooLarge { .. }) => {
                left += 1;
                drop(tokio::fs::remove_file(&file).await);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        into.sync_all().await.map_err(|source| AttemptError::File {
            what: "an artifact file",
            source,
        })?;
        let artifact = Artifact {
            path,
            size_bytes,
            updated_at: parts.clock.now(),
        };
        let ledger = &parts.ledger;
        if let Some(old) = ledger.put_artifact(&claim.fence, artifact, name).await? {
            // A file that stays behind costs disk until its agent is deleted, nothing else.
            drop(tokio::fs::remove_file(folder.join(old)).await);
        }
    }
    if left > 0 {
        let text = format!(
            "{left} artifacts were left behind: at most {ARTIFACTS_MAX} of at most \
             {ARTIFACT_BYTES_MAX} bytes each are collected."
        );
        parts
            .ledger
            .append(&claim.fence, vec![EventBody::Note { text }])
            .await?;
    }
    Ok(())
}
