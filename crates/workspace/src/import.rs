//! Commits out of a sandbox: a bundle is indexed in a throw-away repository and judged there.
//!
//! Nothing of it touches the mirror before every check has passed; a refusal deletes the folder.
//! `git index-pack` does the checking and not `git fetch`, since old releases check a fetched bundle
//! less than they say.

use std::path::Path;

use outwork_domain::{CommitId, limits};

use crate::bare::ObjectFormat;
use crate::bundle::Bundle;
use crate::command::{Command, Input};
use crate::error::{Error, Result};
use crate::fetch::throw_away;
use crate::folders::{self, blocking};
use crate::git::Git;
use crate::parts::{Imported, Mirror};
use crate::policy;
use crate::process::Output;
use crate::remove::remove;
use crate::words::{Secrets, all_words};

const CHANGES_BYTES_MAX: usize = 64 * 1024 * 1024;
const LINKS_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Objects up to this part of what may be held are held.
const LARGE_PART: u64 = 4;
const REPOSITORY: &str = "repository.git";

impl Git {
    /// Takes a bundle of `base..tip` in, checks it, and leaves it in a throw-away repository below
    /// `intake`, which is made if absent and deleted on a refusal.
    ///
    /// # Errors
    ///
    /// [`Error::ImportRefused`] names the rule that is broken.
    pub async fn import(
        &self,
        mirror: &Mirror,
        bundle: &Path,
        intake: &Path,
        base: &CommitId,
    ) -> Result<Imported> {
        let imported = self.import_into(mirror, bundle, intake, base).await;
        if matches!(imported, Err(Error::ImportRefused { .. })) {
            let intake = intake.to_owned();
            blocking(move || remove(&intake)).await?;
        }
        imported
    }

    async fn import_into(
        &self,
        mirror: &Mirror,
        bundle: &Path,
        intake: &Path,
        base: &CommitId,
    ) -> Result<Imported> {
        let own = self.options().limits;
        let bytes_max = own.bundle_bytes_max;
        let bundle = Bundle::open(bundle, bytes_max)?;
        if ObjectFormat::of(&bundle.tip) != ObjectFormat::of(base) {
            return refuse("the bundle has another object format than the repository");
        }
        let folder = intake.join(REPOSITORY);
        remove(&folder)?;
        folders::make(intake, 0o700)?;
        throw_away(&folder, mirror, ObjectFormat::of(base))?;
        self.check_known(&folder, base, &bundle.prerequisites)
            .await?;
        let Bundle { tip, pack, .. } = bundle;
        let index = Command::new("index-pack")
            .within(&folder)
            .args(["--stdin", "--fix-thin", "--strict", "--fsck-objects"])
            .arg(format!("--max-input-size={bytes_max}"))
            // A few bytes of a difference make an object of any size, and git would make it in memory.
            .variable("GIT_ALLOC_LIMIT", own.object_bytes_max.to_string())
            // What is larger and no difference passes through without being held.
            .setting(
                "core.bigFileThreshold",
                (own.object_bytes_max / LARGE_PART).to_string(),
            )
            .reading(Input::File(pack))
            .patience(crate::command::Patience {
                silence: None,
                total: own.transfer,
            });
        let indexed = self.inner.program.run(index).await?;
        judge_index(&indexed)?;
        if self.kind_of(&folder, &tip).await?.as_deref() != Some("commit") {
            return refuse("the bundle's reference is no commit");
        }
        if !self.is_ancestor(&folder, base, &tip).await? {
            return refuse("the commits do not build on the commit that the run started from");
        }
        self.check_path_count(&folder, &tip).await?;
        self.check_policy(&folder, base, &tip).await?;
        Ok(Imported {
            mirror: mirror.clone(),
            folder,
            commit: tip,
        })
    }

    /// The base and all prerequisites must be commits of the mirror already.
    async fn check_known(
        &self,
        folder: &Path,
        base: &CommitId,
        prerequisites: &[CommitId],
    ) -> Result<()> {
        let asked = [base].into_iter().chain(prerequisites);
        let asked: String = asked.map(|id| format!("{id}\n")).collect();
        let command = Command::new("cat-file")
            .within(folder)
            .arg("--batch-check=%(objecttype)")
            .reading(Input::Bytes(asked.into_bytes()));
        let output = self.run(command).await?;
        let answers = String::from_utf8_lossy(&output.stdout);
        let mut kinds = answers.lines();
        if kinds.next() != Some("commit") {
            let words = format!("it lacks {base}, which the run started from");
            return Err(Error::MirrorBroken { words });
        }
        if !kinds.all(|kind| kind == "commit") || answers.lines().count() != prerequisites.len() + 1
        {
            return refuse("the bundle builds on commits that the server does not have");
        }
        Ok(())
    }

    /// A few trees that hold each other many times have paths without end, and to compare them git would
    /// hold all of these: they are counted first, as they come.
    async fn check_path_count(&self, folder: &Path, tip: &CommitId) -> Result<()> {
        let command = Command::new("ls-tree")
            .within(folder)
            // Two bytes for each path; folders count, since there need be no file in them.
            .args(["-r", "-t", "-z", "--format=x", tip.as_str()])
            .output_max(2 * limits::TREE_PATHS_MAX);
        if self.run(command).await?.cut {
            return Err(Error::ImportRefused {
                why: format!("more than {} paths in the tree", limits::TREE_PATHS_MAX),
            });
        }
        Ok(())
    }

    async fn check_policy(&self, folder: &Path, base: &CommitId, tip: &CommitId) -> Result<()> {
        let policy = self.options().policy;
        let command = Command::new("diff-tree")
            .within(folder)
            .args([
                "-r",
                "--raw",
                "-z",
                "--no-renames",
                "--no-abbrev",
                "--ignore-submodules=none",
            ])
            .args([base.as_str(), tip.as_str(), "--"])
            .output_max(CHANGES_BYTES_MAX);
        let changes = self.run(command).await?;
        if changes.cut {
            return refuse("too many paths changed");
        }
        let links = policy::check_changes(&changes.stdout, &policy)?;
        if links.is_empty() {
            return Ok(());
        }
        let asked: String = links.iter().map(|link| format!("{}\n", link.id)).collect();
        let command = Command::new("cat-file")
            .within(folder)
            .arg("--batch")
            .output_max(LINKS_BYTES_MAX)
            .reading(Input::Bytes(asked.into_bytes()));
        let targets = self.run(command).await?;
        let mut rest = targets.stdout.as_slice();
        for link in &links {
            let Some((target, after)) = next_blob(rest) else {
                return refuse("the targets of symbolic links are too large or cannot be read");
            };
            policy::check_link(&link.path, target)?;
            rest = after;
        }
        Ok(())
    }

    /// Whether all commits of `older` are among those of `newer`.
    pub(crate) async fn is_ancestor(
        &self,
        git_dir: &Path,
        older: &CommitId,
        newer: &CommitId,
    ) -> Result<bool> {
        let command = Command::new("merge-base").within(git_dir).args([
            "--is-ancestor",
            older.as_str(),
            newer.as_str(),
        ]);
        let output = self.inner.program.run(command).await?;
        if output.ended_with(0) || output.ended_with(1) {
            return Ok(output.ended_with(0));
        }
        Err(crate::words::cause_of_local("merge-base", &output.stderr))
    }
}

/// The first blob in the output of `git cat-file --batch`, and what follows it.
pub(crate) fn next_blob(output: &[u8]) -> Option<(&[u8], &[u8])> {
    next_object(output, "blob")
}

/// The first object in the output of `git cat-file --batch`, if it is of that kind and whole, and
/// what follows it.
pub(crate) fn next_object<'a>(output: &'a [u8], kind: &str) -> Option<(&'a [u8], &'a [u8])> {
    let end = output.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&output[..end]).ok()?;
    let mut words = line.split(' ');
    let (_, found, size) = (words.next()?, words.next()?, words.next()?);
    let size: usize = size.parse().ok()?;
    let body = output.get(end + 1..end + 1 + size)?;
    (found == kind).then(|| (body, output.get(end + 2 + size..).unwrap_or_default()))
}

fn judge_index(indexed: &Output) -> Result<()> {
    if indexed.status.success() {
        return Ok(());
    }
    let words = all_words(&indexed.stderr, &Secrets::default());
    // A full disk and a killed process are no fault of the bundle.
    let ours = [
        "No space left",
        "unable to create",
        "cannot fork",
        "unable to write",
        "out of memory",
    ];
    if indexed.status.code().is_none() || ours.iter().any(|phrase| indexed.stderr.contains(phrase))
    {
        return Err(Error::Git {
            command: "index-pack",
            words,
        });
    }
    refuse(format!(
        "git does not accept the pack: {}",
        without_content(&words)
    ))
}

/// What git's check says names the object and the rule; what follows may quote the object.
fn without_content(words: &str) -> String {
    let said: Vec<&str> = words
        .split("; ")
        .map(|part| match part.strip_prefix("error: object ") {
            Some(found) => found
                .match_indices(": ")
                .nth(1)
                .map_or(found, |(end, _)| &found[..end]),
            None => part,
        })
        .collect();
    said.join("; ")
}

fn refuse<T>(why: impl Into<String>) -> Result<T> {
    Err(Error::ImportRefused { why: why.into() })
}

#[cfg(test)]
mod tests {
    use super::{next_blob, without_content};

    #[test]
    fn the_rule_is_named_and_the_content_is_not() {
        let words = "error: object 12ab: gitmodulesUrl: disallowed submodule url: -u./payload; fatal: fsck error";
        assert_eq!(
            without_content(words),
            "12ab: gitmodulesUrl; fatal: fsck error"
        );
        assert_eq!(without_content("fatal: early EOF"), "fatal: early EOF");
    }

    #[test]
    fn blobs_are_read_by_their_size() {
        let output = b"1111 blob 3\na\nb\n2222 blob 0\n\n3333 missing\n";
        let (first, rest) = next_blob(output).unwrap();
        assert_eq!(first, b"a\nb");
        let (second, rest) = next_blob(rest).unwrap();
        assert_eq!(second, b"");
        assert_eq!(next_blob(rest), None);
        assert_eq!(next_blob(b"1111 blob 9\nshort"), None);
    }
}
