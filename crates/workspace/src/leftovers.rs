//! Files that a killed git process leaves in a repository of ours.
//!
//! Only for one that nobody writes into: under its lock, or before anything runs.

use std::fs;
use std::path::{Path, PathBuf};

use crate::remove::remove;

/// Removes lock files; returns how many there were.
pub(crate) fn remove_locks(git_dir: &Path) -> u32 {
    let mut folders = vec![git_dir.join("objects/info"), git_dir.join("refs")];
    let mut files = entries_of(git_dir);
    while let Some(folder) = folders.pop() {
        for path in entries_of(&folder) {
            let is_folder = path.symlink_metadata().is_ok_and(|found| found.is_dir());
            let kind = if is_folder { &mut folders } else { &mut files };
            kind.push(path);
        }
    }
    let mut count = 0;
    for path in files {
        let is_lock = path.extension().is_some_and(|end| end == "lock");
        if is_lock && fs::remove_file(&path).is_ok() {
            tracing::warn!(lock = %path.display(), "removed the lock of a dead process");
            count += 1;
        }
    }
    count
}

/// Packs that a killed fetch was receiving, and the staging folders of a killed transfer.
pub(crate) fn remove_half_received(mirror: &Path) -> u32 {
    let objects = mirror.join("objects");
    let mut count = 0;
    for path in entries_of(&objects)
        .into_iter()
        .chain(entries_of(&objects.join("pack")))
    {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let gone = match (name.starts_with("tmp_"), path.is_dir()) {
            (true, true) => remove(&path).is_ok(),
            (true, false) => fs::remove_file(&path).is_ok(),
            (false, _) => false,
        };
        count += u32::from(gone);
    }
    count
}

/// What is in a folder; nothing if it cannot be read.
pub(crate) fn entries_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .filter_map(std::result::Result::ok)
        .map(|entry| entry.path())
        .collect()
}
