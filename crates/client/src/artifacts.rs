//! Files that runs leave for the user (Cursor v0).

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::connection::{query, segment};
use crate::{Client, Error};

/// A file that a run left.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// Where it was inside the sandbox.
    pub absolute_path: String,
    /// Its size.
    pub size_bytes: u64,
    /// When it was last collected, RFC 3339.
    pub updated_at: String,
}

/// A link that needs no key, for a while.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactLink {
    /// The link.
    pub url: String,
    /// When it stops working, RFC 3339.
    pub expires_at: String,
}

#[derive(Deserialize)]
struct Artifacts {
    artifacts: Vec<Artifact>,
}

impl Client {
    /// Lists an agent's artifacts, newest first.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn artifacts(&self, id: &str) -> Result<Vec<Artifact>, Error> {
        let path = format!("/v0/agents/{}/artifacts", segment(id));
        let all: Artifacts = self.get("listing artifacts", &path).await?;
        Ok(all.artifacts)
    }

    /// Asks for a link to an artifact.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn artifact_link(&self, id: &str, artifact: &str) -> Result<ArtifactLink, Error> {
        let path = format!(
            "/v0/agents/{}/artifacts/download{}",
            segment(id),
            query(&[("path", artifact.to_owned())])
        );
        self.get("linking an artifact", &path).await
    }

    /// Writes an artifact's bytes into `into` and answers how many they were.
    ///
    /// # Errors
    ///
    /// As every call; [`Error::Answer`] if `into` takes no more.
    pub async fn download_artifact(
        &self,
        id: &str,
        artifact: &str,
        into: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<u64, Error> {
        let link = self.artifact_link(id, artifact).await?;
        let mut response = self.send(self.foreign_get(&link.url)).await?;
        let broken = |error: std::io::Error| Error::Answer {
            what: "downloading an artifact",
            why: format!("it cannot be written: {error}"),
        };
        let mut written = 0;
        while let Some(chunk) = response.chunk().await.map_err(|e| self.unreachable(e))? {
            into.write_all(&chunk).await.map_err(broken)?;
            written += chunk.len() as u64;
        }
        into.flush().await.map_err(broken)?;
        Ok(written)
    }
}
