//! What a dead server left in its data folder: throw-away folders, half-made mirrors, lock files.
//!
//! Only for the start, while the data folder's process lock is held, nothing of ours runs yet and the
//! dead server's processes have been ended: then every leftover is known to belong to nobody.

use std::fs;
use std::path::Path;

use crate::error::Result;
use crate::folders::{INTAKE, MIRRORS, TRASH, blocking};
use crate::git::Git;
use crate::leftovers::{entries_of, remove_half_received, remove_locks};
use crate::parts::Swept;
use crate::remove::remove;

impl Git {
    /// Removes what a dead server left.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Io`] if something could not be removed.
    pub async fn sweep(&self) -> Result<Swept> {
        let data_dir = self.data_dir().to_owned();
        blocking(move || {
            let mut swept = Swept::default();
            for folder in [INTAKE, TRASH] {
                swept.folders += remove_all_in(&data_dir.join(folder), |_| true);
            }
            let mirrors = data_dir.join(MIRRORS);
            let passing = |name: &str| name.starts_with("new-") || name.starts_with("broken-");
            swept.folders += remove_all_in(&mirrors, |name| passing(name) && !is_mirror(name));
            for mirror in entries_of(&mirrors) {
                swept.files += remove_locks(&mirror) + remove_half_received(&mirror);
            }
            Ok(swept)
        })
        .await
    }
}

/// A mirror's name ends in a hash; what is half made or broken ends in a process id and a number.
fn is_mirror(name: &str) -> bool {
    let hash = name.rsplit('-').next().unwrap_or_default();
    hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn remove_all_in(folder: &Path, matches: impl Fn(&str) -> bool) -> u32 {
    let mut count = 0;
    for path in entries_of(folder) {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if !matches(&name) {
            continue;
        }
        let is_folder = path.symlink_metadata().is_ok_and(|found| found.is_dir());
        let removed = if is_folder {
            remove(&path)
        } else {
            fs::remove_file(&path).map_err(crate::Error::io(format!("deleting {}", path.display())))
        };
        // What cannot be deleted costs disk; it must not keep the server from starting.
        match removed {
            Ok(()) => count += 1,
            Err(error) => tracing::warn!(%error, "a leftover stays"),
        }
    }
    count
}
