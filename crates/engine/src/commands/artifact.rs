//! Finds the file behind an artifact.

use std::path::PathBuf;

use outwork_domain::{AgentId, Artifact, ArtifactPath};
use outwork_store::artifacts;

use super::CommandError;
use crate::Engine;

impl Engine {
    /// Finds an artifact and the file that holds its bytes; the caller has checked whose it is.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] if the store is away.
    pub async fn artifact_file(
        &self,
        agent_id: AgentId,
        path: &ArtifactPath,
    ) -> Result<Option<(Artifact, PathBuf)>, CommandError> {
        let mut reader = self.inner.store.read().await?;
        let found = artifacts::find(&mut reader, agent_id, path).await?;
        let folder = artifact_folder(&self.inner.options.data_dir, agent_id);
        Ok(found.map(|(artifact, file)| (artifact, folder.join(file))))
    }
}

/// Where the artifact files of an agent lie.
pub(crate) fn artifact_folder(data_dir: &std::path::Path, agent_id: AgentId) -> PathBuf {
    data_dir.join("artifacts").join(agent_id.to_string())
}
