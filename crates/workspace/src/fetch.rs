//! Commits into the mirror: one fetch of a mirror at a time, none when the commit is there.
//!
//! Each base commit is pinned by a reference of its own, so that nothing a workspace borrows can be
//! pruned, and so that a restarted server knows without a process what is there.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use outwork_domain::{CommitId, Repository};

use crate::bare::{self, ObjectFormat};
use crate::command::{Command, Growth, Input};
use crate::error::{Error, Result};
use crate::folders::{self, MIRRORS};
use crate::git::{Git, MirrorState, locked};
use crate::leftovers;
use crate::mirror::packs;
use crate::parts::Mirror;
use crate::refs::{self, Lookup};
use crate::remote::FarEnd;

/// Says that a reference names no object that the server would give.
const NOT_GIVEN: &[&str] = &[
    "not our ref",
    "unadvertised object",
    "couldn't find remote ref",
];

impl Git {
    /// Brings a commit into the repository's mirror; nothing is done if it is there.
    ///
    /// Callers that want the same mirror wait for one another; a broken mirror is made anew once.
    ///
    /// # Errors
    ///
    /// [`Error::BaseNotFound`] if the repository has no such commit, [`Error::RepositoryTooLarge`],
    /// and those of reaching a remote.
    pub async fn fetch(&self, repository: &Repository, commit: &CommitId) -> Result<Mirror> {
        let mirror = self.mirror_of(repository);
        let state = self.state_at(&mirror.path);
        if locked(&state.known).contains(commit) {
            return Ok(mirror);
        }
        let _writing = state.writing.lock().await;
        if locked(&state.known).contains(commit) {
            return Ok(mirror);
        }
        match self.fetch_alone(&mirror, &state, commit).await {
            Err(Error::MirrorBroken { words }) => {
                tracing::warn!(mirror = %mirror.path.display(), words, "a broken mirror is made anew");
                self.make_anew(&mirror, &state, commit).await?;
            }
            other => other?,
        }
        locked(&state.known).insert(commit.clone());
        Ok(mirror)
    }

    /// Makes a mirror anew with a commit and whatever kept commits can still be read; for when a
    /// checkout shows that objects are missing or damaged.
    ///
    /// Sandboxes that hold the old objects keep them; the old folder goes at the next start.
    ///
    /// # Errors
    ///
    /// As for [`Git::fetch`].
    pub async fn rebuild(&self, repository: &Repository, commit: &CommitId) -> Result<Mirror> {
        let mirror = self.mirror_of(repository);
        let state = self.state_at(&mirror.path);
        let _writing = state.writing.lock().await;
        self.make_anew(&mirror, &state, commit).await?;
        locked(&state.known).insert(commit.clone());
        Ok(mirror)
    }

    async fn make_anew(
        &self,
        mirror: &Mirror,
        state: &MirrorState,
        commit: &CommitId,
    ) -> Result<()> {
        locked(&state.known).clear();
        let broken = self.fresh_path(MIRRORS, "broken");
        fs::rename(&mirror.path, &broken).map_err(Error::io("putting a broken mirror away"))?;
        if let Err(error) = self.fetch_alone(mirror, state, commit).await {
            // A broken mirror with its kept commits is better than none.
            crate::remove::remove(&mirror.path)?;
            fs::rename(&broken, &mirror.path).map_err(Error::io("taking a mirror back"))?;
            return Err(error);
        }
        for reference in refs::names(&broken, &["refs/base/", "refs/keep/"]) {
            let fetched = self.fetch_from_folder(mirror, &broken, &reference).await;
            if let Err(error) = fetched {
                tracing::warn!(reference, %error, "a kept commit could not be saved");
            }
        }
        Ok(())
    }

    async fn fetch_from_folder(&self, mirror: &Mirror, from: &Path, reference: &str) -> Result<()> {
        let mut command = Command::new("fetch")
            .within(&mirror.path)
            .args([
                "--quiet",
                "--no-tags",
                "--no-write-fetch-head",
                "--refmap=",
                "--end-of-options",
            ])
            .arg(from)
            .arg(format!("+{reference}:{reference}"));
        command.protocol = "file";
        self.run(command).await.map(|_| ())
    }

    /// Fetches while nobody else writes into the mirror.
    async fn fetch_alone(
        &self,
        mirror: &Mirror,
        state: &MirrorState,
        commit: &CommitId,
    ) -> Result<()> {
        let reference = format!("refs/base/{commit}");
        if mirror.path.exists() {
            if refs::branch(&mirror.path, &reference) == Lookup::At(commit.clone()) {
                return Ok(());
            }
            if state.torn.load(Ordering::Acquire) {
                leftovers::remove_locks(&mirror.path);
                leftovers::remove_half_received(&mirror.path);
            }
            match self.kind_of(&mirror.path, commit).await?.as_deref() {
                Some("commit") => return pin(mirror, commit),
                Some(_) => return Err(not_a_commit(commit)),
                None => {}
            }
        } else {
            self.create_mirror(mirror, ObjectFormat::of(commit))?;
        }
        state.torn.store(true, Ordering::Release);
        let before: HashSet<PathBuf> = packs(&mirror.path)
            .into_iter()
            .map(|(path, _)| path)
            .collect();
        let fetched = self.fetch_reference(mirror, commit, &reference).await;
        if !matches!(
            fetched,
            Err(Error::Slow { .. } | Error::RepositoryTooLarge { .. })
        ) {
            state.torn.store(false, Ordering::Release);
        }
        fetched?;
        self.check_size(mirror, &before, &reference)?;
        match self.kind_of(&mirror.path, commit).await?.as_deref() {
            Some("commit") => Ok(()),
            Some(_) | None => Err(not_a_commit(commit)),
        }
    }

    async fn fetch_reference(
        &self,
        mirror: &Mirror,
        commit: &CommitId,
        reference: &str,
    ) -> Result<()> {
        let one = format!("+{commit}:{reference}");
        match self.fetch_refspecs(mirror, &[&one]).await {
            Err(
                Error::Git { words, .. }
                | Error::Unavailable { words }
                | Error::MirrorBroken { words },
            ) if NOT_GIVEN.iter().any(|phrase| words.contains(phrase)) => {}
            other => return other,
        }
        // An old server gives only what it lists: take all of that, and see whether it is in there.
        let all = [
            "+refs/heads/*:refs/all/heads/*",
            "+refs/tags/*:refs/all/tags/*",
        ];
        self.fetch_refspecs(mirror, &all).await?;
        match self.kind_of(&mirror.path, commit).await? {
            Some(_) => pin(mirror, commit),
            None => Err(Error::BaseNotFound {
                reference: commit.to_string(),
                why: "the repository has no such commit".to_owned(),
            }),
        }
    }

    async fn fetch_refspecs(&self, mirror: &Mirror, refspecs: &[&str]) -> Result<()> {
        let build = |address: &str| {
            Ok(Command::new("fetch")
                .within(&mirror.path)
                .args([
                    "--progress",
                    "--no-tags",
                    "--no-write-fetch-head",
                    "--no-auto-maintenance",
                ])
                .args([
                    "--no-recurse-submodules",
                    "--no-show-forced-updates",
                    "--refmap=",
                ])
                .args(["--end-of-options", address])
                .args(refspecs)
                .patience(self.transfer_patience())
                .growth(Growth {
                    folder: mirror.path.join("objects/pack"),
                    bytes_max: self.options().limits.repository_bytes_max,
                }))
        };
        self.ask(&mirror.repository, FarEnd::Upload, build)
            .await
            .map(|_| ())
    }

    /// A fetch that was quicker than the watch over its growth is judged by what it left.
    fn check_size(
        &self,
        mirror: &Mirror,
        before: &HashSet<PathBuf>,
        reference: &str,
    ) -> Result<()> {
        let bytes_max = self.options().limits.repository_bytes_max;
        let new: Vec<(PathBuf, u64)> = packs(&mirror.path)
            .into_iter()
            .filter(|(path, _)| !before.contains(path))
            .collect();
        if new.iter().map(|(_, bytes)| bytes).sum::<u64>() <= bytes_max {
            return Ok(());
        }
        let failed = || Error::io("removing what was too large");
        fs::remove_file(mirror.path.join(reference)).map_err(failed())?;
        for (pack, _) in new {
            for end in ["idx", "rev", "pack"] {
                let file = pack.with_extension(end);
                if file.exists() {
                    fs::remove_file(file).map_err(failed())?;
                }
            }
        }
        Err(Error::RepositoryTooLarge { bytes_max })
    }

    /// What kind of object that is; `None` if it is not there.
    pub(crate) async fn kind_of(&self, git_dir: &Path, id: &CommitId) -> Result<Option<String>> {
        let command = Command::new("cat-file")
            .within(git_dir)
            .arg("--batch-check=%(objecttype)")
            .reading(Input::Bytes(format!("{id}\n").into_bytes()));
        let output = self.run(command).await?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok((!text.ends_with(" missing") && !text.is_empty()).then_some(text))
    }
}

fn not_a_commit(commit: &CommitId) -> Error {
    Error::BaseNotFound {
        reference: commit.to_string(),
        why: "it does not name a commit".to_owned(),
    }
}

/// Notes that a commit is there, and pins it.
fn pin(mirror: &Mirror, commit: &CommitId) -> Result<()> {
    let path = mirror.path.join("refs/base").join(commit.as_str());
    folders::write_whole(&path, format!("{commit}\n").as_bytes(), 0o644)
}

/// Makes sure that a throw-away repository can borrow from a mirror.
pub(crate) fn throw_away(folder: &Path, mirror: &Mirror, format: ObjectFormat) -> Result<()> {
    bare::create(folder, format, Some(&mirror.objects()))
}
