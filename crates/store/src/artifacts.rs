//! Artifacts: which file holds what a run left for its user.

use outwork_domain::{AgentId, Artifact, ArtifactPath};

use crate::database::{Connected as _, Read, Row, values};
use crate::{Error, Tx};

/// Notes a collected file, in the place of an earlier one of the same path.
///
/// # Errors
///
/// [`Error::NotFound`] if the agent is gone, otherwise the database's.
pub async fn upsert(
    tx: &mut Tx,
    agent_id: AgentId,
    artifact: &Artifact,
    file: &str,
) -> Result<(), Error> {
    let sql = "INSERT INTO artifacts (agent_id, path, size_bytes, file, updated_at) \
               SELECT id, $2, $3, $4, $5 FROM agents WHERE id = $1 \
               ON CONFLICT (agent_id, path) DO UPDATE SET size_bytes = excluded.size_bytes, \
               file = excluded.file, updated_at = excluded.updated_at";
    let values = values![
        agent_id,
        &artifact.path,
        artifact.size_bytes,
        file,
        artifact.updated_at
    ];
    match tx.connection().execute(sql, values).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// The agent's artifacts, the newest first.
///
/// # Errors
///
/// The database's.
pub async fn list(
    reader: &mut impl Read,
    agent_id: AgentId,
    limit: u32,
) -> Result<Vec<Artifact>, Error> {
    let sql = "SELECT path, size_bytes, file, updated_at FROM artifacts WHERE agent_id = $1 \
               ORDER BY updated_at DESC, path LIMIT $2";
    reader
        .connection()
        .rows(sql, values![agent_id, limit])
        .await?
        .iter()
        .map(artifact)
        .collect()
}

/// The artifact of that path, and the file that holds its bytes.
///
/// # Errors
///
/// The database's.
pub async fn find(
    reader: &mut impl Read,
    agent_id: AgentId,
    path: &ArtifactPath,
) -> Result<Option<(Artifact, String)>, Error> {
    let sql = "SELECT path, size_bytes, file, updated_at FROM artifacts \
               WHERE agent_id = $1 AND path = $2";
    let row = reader
        .connection()
        .row(sql, values![agent_id, path])
        .await?;
    row.map(|row| Ok((artifact(&row)?, row.text("file")?)))
        .transpose()
}

fn artifact(row: &Row) -> Result<Artifact, Error> {
    Ok(Artifact {
        path: row.parsed("path")?,
        size_bytes: row.number("size_bytes")?,
        updated_at: row.timestamp("updated_at")?,
    })
}
