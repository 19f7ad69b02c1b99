//! Takes the files that a run left in its artifacts folder out of the sandbox.
//!
//! The tool host reads them, so that no path of the workspace is ever opened by the host. A file that
//! holds the value of a secret stays behind: in bytes of any kind nothing can be replaced.

use std::path::Path;
use std::sync::Arc;

use outwork_domain::limits::{ARTIFACT_BYTES_MAX, ARTIFACTS_MAX};
use outwork_domain::{Artifact, ArtifactPath, EventBody};
use outwork_store::Claim;
use outwork_tools::Error as ToolError;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _};
use uuid::Uuid;

use super::RunParts;
use super::desk::Desk;
use super::error::AttemptError;
use super::private_files::{create_private, make_private};
use crate::commands::artifact_folder;

/// What is read of an artifact at once.
const PIECE_BYTES: usize = 256 * 1024;

/// Collects the artifacts of a run; those that are too many, too large or hold a secret are named in a
/// note.
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
    let made = make_private(&folder).await;
    made.map_err(file_error("the artifacts folder"))?;
    let mut left = found.len().saturating_sub(ARTIFACTS_MAX);
    let mut telling = Vec::new();
    for (path, size) in found.into_iter().take(ARTIFACTS_MAX) {
        if size > ARTIFACT_BYTES_MAX {
            left += 1;
            continue;
        }
        match collect_one(parts, claim, desk, &folder, &path).await? {
            Collected::Kept => {}
            Collected::Left => left += 1,
            Collected::Tells(name) => telling.push(format!("{path} ({name})")),
        }
    }
    let mut notes = Vec::new();
    if left > 0 {
        notes.push(format!(
            "{left} artifacts were left behind: at most {ARTIFACTS_MAX} of at most \
             {ARTIFACT_BYTES_MAX} bytes each are collected."
        ));
    }
    if !telling.is_empty() {
        let files = telling.join(", ");
        notes.push(format!(
            "Artifacts that hold the value of a secret were left behind: {files}."
        ));
    }
    if !notes.is_empty() {
        let notes = notes.into_iter().map(|text| EventBody::Note { text });
        parts.ledger.append(&claim.fence, notes.collect()).await?;
    }
    Ok(())
}

/// What became of an artifact.
enum Collected {
    /// It can be fetched.
    Kept,
    /// It is gone or too large.
    Left,
    /// It holds the value of the secret of that name.
    Tells(String),
}

async fn collect_one(
    parts: &Arc<RunParts>,
    claim: &Claim,
    desk: &mut Desk,
    folder: &Path,
    path: &ArtifactPath,
) -> Result<Collected, AttemptError> {
    // A name of its own for each collection, so that a reader of the old file is not disturbed.
    let name = Uuid::new_v4().simple().to_string();
    let file = folder.join(&name);
    let made = create_private(&file).await;
    let mut into = made.map_err(file_error("an artifact file"))?;
    let host = desk.host(parts).await?;
    let size_bytes = match host
        .read_artifact(path, &mut into, ARTIFACT_BYTES_MAX)
        .await
    {
        Ok(size_bytes) => size_bytes,
        Err(ToolError::Missing { .. } | ToolError::TooLarge { .. }) => {
            drop(tokio::fs::remove_file(&file).await);
            return Ok(Collected::Left);
        }
        Err(error) => return Err(error.into()),
    };
    let synced = into.sync_all().await;
    synced.map_err(file_error("an artifact file"))?;
    if let Some(secret) = find_secret(parts, path, &file).await? {
        let removed = tokio::fs::remove_file(&file).await;
        removed.map_err(file_error("an artifact file"))?;
        return Ok(Collected::Tells(secret));
    }
    let ledger = &parts.ledger;
    // One that did not change keeps the time at which it last did.
    if let Some((old, name)) = ledger.find_artifact(claim.agent.id, path).await?
        && old.size_bytes == size_bytes
        && are_same(&folder.join(name), &file).await
    {
        let removed = tokio::fs::remove_file(&file).await;
        removed.map_err(file_error("an artifact file"))?;
        return Ok(Collected::Kept);
    }
    let artifact = Artifact {
        path: path.clone(),
        size_bytes,
        updated_at: parts.clock.now(),
    };
    if let Some(old) = ledger.put_artifact(&claim.fence, artifact, name).await? {
        // A file that stays behind costs disk until its agent is deleted, nothing else.
        drop(tokio::fs::remove_file(folder.join(old)).await);
    }
    Ok(Collected::Kept)
}

/// Whether two files hold the same bytes; one that cannot be read is like no other.
async fn are_same(one: &Path, other: &Path) -> bool {
    let (Ok(one), Ok(other)) = (
        tokio::fs::File::open(one).await,
        tokio::fs::File::open(other).await,
    ) else {
        return false;
    };
    let mut one = tokio::io::BufReader::with_capacity(PIECE_BYTES, one);
    let mut other = tokio::io::BufReader::with_capacity(PIECE_BYTES, other);
    loop {
        let (Ok(left), Ok(right)) = (one.fill_buf().await, other.fill_buf().await) else {
            return false;
        };
        let count = left.len().min(right.len());
        if count == 0 {
            return left.is_empty() && right.is_empty();
        }
        if left[..count] != right[..count] {
            return false;
        }
        one.consume(count);
        other.consume(count);
    }
}

/// The name of a secret whose value an artifact or its path holds.
async fn find_secret(
    parts: &RunParts,
    path: &ArtifactPath,
    file: &Path,
) -> Result<Option<String>, AttemptError> {
    if parts.secrets.is_empty() {
        return Ok(None);
    }
    if let Some(name) = parts.secrets.finder().push(path.as_str().as_bytes()) {
        return Ok(Some(name));
    }
    let mut finder = parts.secrets.finder();
    let error = file_error("an artifact file");
    let mut from = tokio::fs::File::open(file).await.map_err(&error)?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let count = from.read(&mut piece).await.map_err(&error)?;
        if count == 0 {
            return Ok(None);
        }
        if let Some(name) = finder.push(&piece[..count]) {
            return Ok(Some(name));
        }
    }
}

fn file_error(what: &'static str) -> impl Fn(std::io::Error) -> AttemptError {
    move |source| AttemptError::File { what, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_are_compared_to_their_last_byte() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let long = vec![7; 3 * PIECE_BYTES + 5];
        let mut changed = long.clone();
        changed[3 * PIECE_BYTES + 4] = 8;
        let (one, same) = (file("one", &long), file("same", &long));
        assert!(are_same(&one, &same).await);
        assert!(!are_same(&one, &file("changed", &changed)).await);
        assert!(!are_same(&one, &file("shorter", &long[1..])).await);
        assert!(are_same(&file("none", b""), &file("nothing", b"")).await);
        assert!(!are_same(&one, &folder.path().join("gone")).await);
    }
}
