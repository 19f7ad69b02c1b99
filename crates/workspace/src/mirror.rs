//! Where the server's bare copies lie, and how one comes to be.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use outwork_domain::Repository;
use sha2::{Digest, Sha256};

use crate::bare::{self, ObjectFormat};
use crate::error::{Error, Result};
use crate::folders::{MIRRORS, sync_folder_of};
use crate::git::{Git, MirrorState, locked};
use crate::parts::Mirror;

/// Sixteen hex digits that stand for a text.
pub(crate) fn hash(text: &str) -> String {
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}

impl Git {
    /// The mirror of a repository, if one was made; nothing is fetched.
    #[must_use]
    pub fn find_mirror(&self, repository: &Repository) -> Option<Mirror> {
        let mirror = self.mirror_of(repository);
        bare::is_git_dir(&mirror.path).then_some(mirror)
    }

    /// Where the mirror of a repository is or would be.
    pub(crate) fn mirror_of(&self, repository: &Repository) -> Mirror {
        let slug: String = repository
            .name()
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || "-_".contains(c) {
                    c
                } else {
                    '-'
                }
            })
            .take(40)
            .collect();
        let name = format!("{slug}-{}", hash(&repository.to_string()));
        Mirror {
            repository: repository.clone(),
            path: self.data_dir().join(MIRRORS).join(name),
        }
    }

    /// What this process knows of the mirror in a folder.
    pub(crate) fn state_at(&self, path: &Path) -> Arc<MirrorState> {
        Arc::clone(
            locked(&self.inner.mirrors)
                .entry(path.to_owned())
                .or_default(),
        )
    }

    /// The folders of all mirrors.
    pub(crate) fn mirror_folders(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.data_dir().join(MIRRORS))
            .into_iter()
            .flatten();
        let paths = entries
            .filter_map(std::result::Result::ok)
            .map(|entry| entry.path());
        paths.filter(|path| bare::is_git_dir(path)).collect()
    }

    /// Makes an empty mirror where none is; whole or not at all.
    pub(crate) fn create_mirror(&self, mirror: &Mirror, format: ObjectFormat) -> Result<()> {
        let half_made = self.fresh_path(MIRRORS, "new");
        bare::create(&half_made, format, None)?;
        std::fs::rename(&half_made, &mirror.path).map_err(Error::io("making a mirror"))?;
        sync_folder_of(&mirror.path)
    }
}

/// The packs in a repository, with their sizes.
pub(crate) fn packs(git_dir: &Path) -> Vec<(PathBuf, u64)> {
    let Ok(entries) = std::fs::read_dir(git_dir.join("objects/pack")) else {
        return Vec::new();
    };
    entries
        .filter_map(std::result::Result::ok)
        .filter(|entry| {
            Path::new(&entry.file_name())
                .extension()
                .is_some_and(|end| end == "pack")
        })
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?.len())))
        .collect()
}
