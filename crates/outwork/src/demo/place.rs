//! Where the demonstration keeps its files: a temporary folder that the users of runs can reach.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

use crate::data_dir::{RunUsers, obstacle};
use crate::exit::Failure;

/// The folders of a demonstration; the temporary one goes away with this.
#[derive(Debug)]
pub struct Place {
    base: TempDir,
    data_dir: Option<PathBuf>,
}

impl Place {
    /// Makes them; `data_dir` is kept if the caller named one.
    ///
    /// # Errors
    ///
    /// If there is no temporary folder that the users of runs can enter.
    pub fn new(data_dir: Option<PathBuf>) -> Result<Self, Failure> {
        let users = RunUsers::of_this_process().map_err(|e| Failure::Failed(e.to_string()))?;
        let usual = std::env::temp_dir();
        let places = [usual.as_path(), Path::new("/var/tmp"), Path::new("/srv")];
        let reachable = |place: &&Path| {
            let users = users.as_ref();
            place.is_dir() && users.is_none_or(|users| obstacle(&place.join("x"), users).is_none())
        };
        let parent = places.into_iter().find(reachable).ok_or_else(|| {
            Failure::Failed(
                "no temporary folder can be entered by the users of runs: set TMPDIR".to_owned(),
            )
        })?;
        let base = tempfile::Builder::new()
            .prefix("outwork-demo-")
            .tempdir_in(parent);
        let base = base.with_context(|| format!("cannot make a folder in {}", parent.display()))?;
        std::fs::set_permissions(base.path(), Permissions::from_mode(0o711))?;
        Ok(Self { base, data_dir })
    }

    /// The server's data folder.
    pub fn data_dir(&self) -> PathBuf {
        let own = || self.base.path().join("data");
        self.data_dir.clone().unwrap_or_else(own)
    }

    /// The folder of the repository.
    pub fn repositories(&self) -> PathBuf {
        self.base.path().join("repositories")
    }

    /// Takes the temporary folder away.
    ///
    /// # Errors
    ///
    /// If something in it cannot be removed.
    pub fn remove(self) -> Result<(), Failure> {
        let path = self.base.path().display().to_string();
        let removed = self.base.close();
        Ok(removed.with_context(|| format!("cannot remove {path}"))?)
    }
}
