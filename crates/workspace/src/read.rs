//! Reading single things out of a mirror: a file, a subject, whether two trees are the same.

use std::path::Path;

use outwork_domain::CommitId;

use crate::command::{Command, Input};
use crate::error::{Error, Result};
use crate::git::{Git, locked};
use crate::parts::Mirror;
use crate::remembered::FileKey;

const LINE_BYTES_MAX: usize = 64 * 1024;

impl Git {
    /// Reads a file of a commit, at most `bytes_max` bytes of it; `None` if there is no such file.
    ///
    /// A symbolic link is followed inside the commit. What was read is remembered.
    ///
    /// # Errors
    ///
    /// [`Error::MirrorBroken`], [`Error::Git`].
    pub async fn read_file(
        &self,
        mirror: &Mirror,
        commit: &CommitId,
        path: &str,
        bytes_max: usize,
    ) -> Result<Option<Vec<u8>>> {
        if path.is_empty() || path.contains(['\n', '\0']) {
            return Ok(None);
        }
        let key = FileKey {
            mirror: mirror.path.clone(),
            commit: commit.clone(),
            path: path.to_owned(),
            bytes_max,
        };
        if let Some(file) = locked(&self.inner.files).get(&key) {
            return Ok(file);
        }
        let asked = format!("{commit}:{path}\n");
        let command = Command::new("cat-file")
            .within(&mirror.path)
            .args(["--batch", "--follow-symlinks"])
            .output_max(bytes_max.saturating_add(LINE_BYTES_MAX))
            .reading(Input::Bytes(asked.into_bytes()));
        let output = self.run(command).await?;
        let file = first_blob(&output.stdout, bytes_max);
        locked(&self.inner.files).put(key, file.clone());
        Ok(file)
    }

    /// The best common ancestor of two commits of a mirror; `None` if they have none.
    ///
    /// # Errors
    ///
    /// [`Error::MirrorBroken`], [`Error::Git`].
    pub async fn merge_base(
        &self,
        mirror: &Mirror,
        one: &CommitId,
        other: &CommitId,
    ) -> Result<Option<CommitId>> {
        let command = Command::new("merge-base")
            .within(&mirror.path)
            .args([one.as_str(), other.as_str()])
            .output_max(LINE_BYTES_MAX);
        let output = self.inner.program.run(command).await?;
        if output.ended_with(0) || output.ended_with(1) {
            let text = String::from_utf8_lossy(&output.stdout);
            return Ok(text.trim().parse().ok());
        }
        Err(crate::words::cause_of_local("merge-base", &output.stderr))
    }

    /// The first line of a commit's message.
    ///
    /// # Errors
    ///
    /// [`Error::MirrorBroken`], [`Error::Git`].
    pub async fn subject(&self, mirror: &Mirror, commit: &CommitId) -> Result<String> {
        let command = Command::new("show")
            .within(&mirror.path)
            .args([
                "--no-patch",
                "--no-show-signature",
                "--format=%s",
                commit.as_str(),
                "--",
            ])
            .output_max(LINE_BYTES_MAX);
        let output = self.run(command).await?;
        Ok(String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned())
    }

    /// Whether two commits hold the same files.
    ///
    /// # Errors
    ///
    /// [`Error::MirrorBroken`], [`Error::Git`].
    pub async fn same_tree(
        &self,
        mirror: &Mirror,
        one: &CommitId,
        other: &CommitId,
    ) -> Result<bool> {
        if one == other {
            return Ok(true);
        }
        let asked = format!("{one}^{{tree}}\n{other}^{{tree}}\n");
        let command = Command::new("cat-file")
            .within(&mirror.path)
            .arg("--batch-check=%(objecttype) %(objectname)")
            .reading(Input::Bytes(asked.into_bytes()));
        let output = self.run(command).await?;
        let text = String::from_utf8_lossy(&output.stdout);
        let trees: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("tree "))
            .collect();
        match trees[..] {
            [one, other] => Ok(one == other),
            _ => Err(missing(&mirror.path)),
        }
    }
}

fn missing(path: &Path) -> Error {
    Error::MirrorBroken {
        words: format!("{} lacks a commit that it should hold", path.display()),
    }
}

/// The body of a blob in the output of `git cat-file --batch`, as far as it was captured.
fn first_blob(output: &[u8], bytes_max: usize) -> Option<Vec<u8>> {
    let end = output.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&output[..end]).ok()?;
    let (head, size) = line.rsplit_once(' ')?;
    let size: usize = size.parse().ok()?;
    let body = &output[end + 1..];
    head.ends_with(" blob")
        .then(|| body[..size.min(bytes_max).min(body.len())].to_vec())
}
