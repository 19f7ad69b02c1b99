//! Merging for pull requests that Outwork keeps itself: a real merge commit, made without a work
//! tree, pushed under a lease. A conflict changes nothing.

use std::path::Path;

use outwork_domain::CommitId;

use crate::bare::ObjectFormat;
use crate::command::{Command, Input};
use crate::error::{Error, Result};
use crate::fetch::throw_away;
use crate::folders::{INTAKE, blocking};
use crate::git::Git;
use crate::parts::{BranchOwner, Imported, Merge, Mirror, Push, PushFrom};
use crate::remove::remove;
use crate::words::cause_of_local;

/// Conflicting paths that are named.
const PATHS_MAX: usize = 50;
/// Tries while somebody else moves the base branch.
const TRIES: u32 = 3;

impl Git {
    /// Merges commits into a branch of a repository and gives the merge commit.
    ///
    /// A repeat finds the merge that an earlier try has pushed.
    ///
    /// # Errors
    ///
    /// [`Error::MergeConflict`] with nothing changed, [`Error::BaseNotFound`], those of a push.
    pub async fn merge(
        &self,
        repository: &outwork_domain::Repository,
        merge: &Merge<'_>,
    ) -> Result<CommitId> {
        if !self.inner.version.can_merge() {
            let why = format!(
                "merging needs git 2.38 or newer, this is {}",
                self.version()
            );
            return Err(Error::UnusableGit(why));
        }
        let mut tries = 0;
        loop {
            tries += 1;
            let tip = self.remote_tip(repository, merge.base).await?;
            let tip = tip.ok_or_else(|| Error::BaseNotFound {
                reference: merge.base.to_string(),
                why: "the branch does not exist".to_owned(),
            })?;
            self.fetch(repository, merge.head).await?;
            let mirror = self.fetch(repository, &tip).await?;
            if self.is_ancestor(&mirror.path, merge.head, &tip).await? {
                return self.earlier_merge(&mirror, merge.head, &tip).await;
            }
            let folder = self.fresh_path(INTAKE, "merge");
            let merged = self.merge_in(&mirror, &folder, merge, &tip).await;
            blocking(move || remove(&folder)).await?;
            match merged {
                Err(Error::Moved { .. }) if tries < TRIES => {}
                other => return other,
            }
        }
    }

    async fn merge_in(
        &self,
        mirror: &Mirror,
        folder: &Path,
        merge: &Merge<'_>,
        tip: &CommitId,
    ) -> Result<CommitId> {
        throw_away(folder, mirror, ObjectFormat::of(tip))?;
        let tree = self.merged_tree(folder, tip, merge.head).await?;
        let date = format!("{} +0000", merge.date.millis().div_euclid(1000));
        let author = merge.author;
        let command = Command::new("commit-tree")
            .within(folder)
            .args([
                tree.as_str(),
                "-p",
                tip.as_str(),
                "-p",
                merge.head.as_str(),
                "-F",
                "-",
            ])
            .variable("GIT_AUTHOR_NAME", &author.name)
            .variable("GIT_AUTHOR_EMAIL", &author.email)
            .variable("GIT_AUTHOR_DATE", &date)
            .variable("GIT_COMMITTER_NAME", &author.name)
            .variable("GIT_COMMITTER_EMAIL", &author.email)
            .variable("GIT_COMMITTER_DATE", &date)
            .reading(Input::Bytes(merge.message.as_bytes().to_vec()));
        let output = self.run(command).await?;
        let commit = id_in(&output.stdout, "commit-tree")?;
        let commit = self.sign_own(folder, commit).await?;
        let made = Imported {
            mirror: mirror.clone(),
            folder: folder.to_owned(),
            commit: commit.clone(),
        };
        let push = Push {
            commit: &commit,
            branch: merge.base,
            expected: Some(tip),
            owner: BranchOwner::Someone,
        };
        self.push(PushFrom::Imported(&made), &push).await?;
        Ok(commit)
    }

    /// The tree of the merge, or the paths in conflict.
    async fn merged_tree(
        &self,
        folder: &Path,
        ours: &CommitId,
        theirs: &CommitId,
    ) -> Result<CommitId> {
        let command = Command::new("merge-tree")
            .within(folder)
            .args(["--write-tree", "-z", "--name-only", "--no-messages"])
            .args([ours.as_str(), theirs.as_str()]);
        let output = self.inner.program.run(command).await?;
        let mut fields = output.stdout.split(|byte| *byte == 0);
        let tree = fields.next().unwrap_or_default();
        if output.ended_with(0) {
            return id_in(tree, "merge-tree");
        }
        if output.ended_with(1) {
            let paths = fields.filter(|path| !path.is_empty()).take(PATHS_MAX);
            let paths = paths
                .map(|path| String::from_utf8_lossy(path).into_owned())
                .collect();
            return Err(Error::MergeConflict { paths });
        }
        if output.stderr.contains("unrelated histories") {
            return Err(Error::MergeConflict { paths: Vec::new() });
        }
        Err(cause_of_local("merge-tree", &output.stderr))
    }

    /// The commit that brought `head` into the branch: the first merge after it, or itself.
    async fn earlier_merge(
        &self,
        mirror: &Mirror,
        head: &CommitId,
        tip: &CommitId,
    ) -> Result<CommitId> {
        let command = Command::new("rev-list")
            .within(&mirror.path)
            .args([
                "--merges",
                "--ancestry-path",
                "--first-parent",
                "--reverse",
                "--parents",
            ])
            .args([format!("{head}..{tip}").as_str(), "--"])
            .output_max(16 * 1024 * 1024);
        let output = self.run(command).await?;
        let text = String::from_utf8_lossy(&output.stdout);
        let ours = text.lines().find(|line| {
            line.split(' ')
                .skip(1)
                .any(|parent| parent == head.as_str())
        });
        let merge = ours
            .or_else(|| text.lines().next())
            .and_then(|line| line.split(' ').next());
        Ok(merge
            .and_then(|id| id.parse().ok())
            .unwrap_or_else(|| head.clone()))
    }
}

fn id_in(output: &[u8], command: &'static str) -> Result<CommitId> {
    let text = String::from_utf8_lossy(output);
    text.trim().parse().map_err(|_| Error::Git {
        command,
        words: format!("unexpected output {text:?}"),
    })
}
