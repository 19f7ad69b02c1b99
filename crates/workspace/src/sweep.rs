//! What a dead server left: git processes, throw-away folders, half-made mirrors, lock files.
//!
//! Only for the start, while the data folder's process lock is held and nothing of ours runs yet:
//! then every leftover is known to belong to nobody.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::command::MARK;
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
            let mut swept = Swept {
                processes: kill_leftovers(&data_dir),
                ..Swept::default()
            };
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

/// Kills processes that carry our mark for this data folder.
fn kill_leftovers(data_dir: &Path) -> u32 {
    let mark = [MARK.as_bytes(), b"=", data_dir.as_os_str().as_bytes()].concat();
    let mut count = 0;
    for process in entries_of(Path::new("/proc")) {
        let name = process.file_name().and_then(|name| name.to_str());
        let Some(pid) = name.and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        let is_ours = environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == mark);
        if is_ours && kill(Pid::from_raw(pid), Signal::SIGKILL).is_ok() {
            tracing::warn!(pid, "killed a git process of a dead server");
            count += 1;
        }
    }
    count
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
