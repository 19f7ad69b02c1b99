//! Kept commits: objects of imported commits in the mirror, pinned under `refs/keep/`.
//!
//! The checked pack is complete in itself, so it is linked into the mirror and a reference written;
//! no process is needed, and a crash leaves at worst a pack that nothing names.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use outwork_domain::CommitId;

use crate::command::Command;
use crate::error::{Error, Result};
use crate::folders::{blocking, sync_folder_of, write_whole};
use crate::git::{Git, locked};
use crate::parts::{Imported, Mirror};
use crate::refs::{self, Lookup};

impl Git {
    /// Puts imported commits into the mirror and pins them under a name, such as the run's id; a
    /// name that is used already then names the new commit.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub async fn keep(&self, imported: &Imported, name: &str) -> Result<()> {
        let reference = reference(name)?;
        let mirror = &imported.mirror;
        let state = self.state_at(&mirror.path);
        let _writing = state.writing.lock().await;
        let from = imported.folder.join("objects/pack");
        let to = mirror.path.join("objects/pack");
        let path = mirror.path.join(&reference);
        let text = format!("{}\n", imported.commit);
        blocking(move || {
            link_packs(&from, &to)?;
            write_whole(&path, text.as_bytes(), 0o644)
        })
        .await?;
        locked(&state.known).insert(imported.commit.clone());
        Ok(())
    }

    /// The commit that is kept under a name.
    ///
    /// # Errors
    ///
    /// [`Error::MirrorBroken`] if the mirror's references cannot be read.
    pub async fn kept(&self, mirror: &Mirror, name: &str) -> Result<Option<CommitId>> {
        match refs::branch(&mirror.path, &reference(name)?) {
            Lookup::At(commit) => Ok(Some(commit)),
            Lookup::Absent => Ok(None),
            Lookup::AskGit => Err(Error::MirrorBroken {
                words: format!("refs/keep/{name} cannot be read"),
            }),
        }
    }

    /// Lets a kept commit go; a name that is not used is none already.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] or [`Error::Git`].
    pub async fn release(&self, mirror: &Mirror, name: &str) -> Result<()> {
        self.release_in(&mirror.path, &reference(name)?).await
    }

    /// Lets a kept commit go wherever it is; for when its repository is no longer known.
    ///
    /// # Errors
    ///
    /// The first mirror's that refuses; the others are tried all the same.
    pub async fn release_everywhere(&self, name: &str) -> Result<()> {
        let reference = reference(name)?;
        let mut outcome = Ok(());
        for git_dir in self.mirror_folders() {
            if refs::branch(&git_dir, &reference) != Lookup::Absent {
                outcome = outcome.and(self.release_in(&git_dir, &reference).await);
            }
        }
        outcome
    }

    async fn release_in(&self, git_dir: &Path, reference: &str) -> Result<()> {
        let state = self.state_at(git_dir);
        let _writing = state.writing.lock().await;
        match fs::remove_file(git_dir.join(reference)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(source) => {
                let what = format!("releasing {reference}");
                return Err(Error::Io { what, source });
            }
        }
        // Somebody may have packed the references by hand.
        if refs::branch(git_dir, reference) != Lookup::Absent {
            let command = Command::new("update-ref")
                .within(git_dir)
                .args(["-d", reference]);
            self.run(command).await?;
        }
        Ok(())
    }
}

fn reference(name: &str) -> Result<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if name.is_empty() || name.len() > 100 || !name.chars().all(legal) {
        return Err(Error::Io {
            what: format!("{name:?} cannot name a kept commit"),
            source: ErrorKind::InvalidInput.into(),
        });
    }
    Ok(format!("refs/keep/{name}"))
}

/// Links packs from one repository into another; the index comes last, since it makes a pack visible.
fn link_packs(from: &Path, to: &Path) -> Result<()> {
    let failed = || Error::io("keeping a pack");
    for entry in fs::read_dir(from).map_err(failed())? {
        let pack = entry.map_err(failed())?.path();
        if pack.extension().is_none_or(|end| end != "pack") {
            continue;
        }
        for end in ["pack", "rev", "idx"] {
            let file = pack.with_extension(end);
            let Some(name) = file.file_name().filter(|_| file.exists()) else {
                continue;
            };
            link_or_copy(&file, &to.join(name))?;
        }
    }
    sync_folder_of(&to.join("any"))
}

fn link_or_copy(file: &Path, target: &Path) -> Result<()> {
    match fs::hard_link(file, target) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(_) => {
            // Another file system: a copy under another name, which then takes its place.
            let copy = target.with_extension("copying");
            fs::copy(file, &copy)
                .and_then(|_| fs::File::open(&copy)?.sync_all())
                .and_then(|()| fs::rename(&copy, target))
                .map_err(Error::io("keeping a pack"))
        }
    }
}
