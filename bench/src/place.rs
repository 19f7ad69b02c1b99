//! The temporary folder of a measurement.
//!
//! Run user ids must be able to walk to what is below it, so it is open to pass through, and it does
//! not lie below a folder that is closed to others, such as root's home.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// A folder on a real disk; removed at the end.
pub struct Place {
    folder: TempDir,
}

impl Place {
    /// Makes a folder beside the build, or in `/var/tmp` where that is closed to others.
    pub fn make() -> Result<Self> {
        let target = std::env::current_exe()?;
        let beside = target.ancestors().nth(2).filter(|folder| is_open(folder));
        let parent = beside.unwrap_or(Path::new("/var/tmp"));
        let folder = tempfile::Builder::new()
            .prefix("bench-")
            .permissions(Permissions::from_mode(0o755))
            .tempdir_in(parent)
            .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
        // The process's mask may have taken rights away.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        Ok(Self { folder })
    }

    /// A path in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Whether anyone may pass through the folder and all above it.
fn is_open(folder: &Path) -> bool {
    let passable = |folder: &Path| {
        let mode = fs::metadata(folder).map(|found| found.permissions().mode());
        mode.is_ok_and(|mode| mode & 0o001 != 0)
    };
    folder
        .ancestors()
        .filter(|folder| !folder.as_os_str().is_empty())
        .all(passable)
}
