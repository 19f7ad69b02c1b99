//! Ends and removes groups that a killed server left.
//!
//! The server may have been in another group then, so each hierarchy is searched as far as it is mounted.

use std::path::{Path, PathBuf};

use super::group::{kill, kill_members, lift_writes, remove};
use super::place::Place;

/// More groups than any machine has; a search that never ends would keep the server from starting.
const GROUPS_MAX: usize = 50_000;

pub(super) fn sweep(place: &Place, prefix: &str) -> usize {
    let mut found = Vec::new();
    let mut mounts: Vec<&Path> = Vec::new();
    for own in place.all() {
        if !mounts.contains(&own.mount.as_path()) {
            mounts.push(&own.mount);
            found.extend(named(&own.mount, prefix));
        }
    }
    for folder in &found {
        lift_writes(folder);
    }
    for folder in &found {
        if !kill(folder) {
            kill_members(folder);
        }
    }
    remove(&found);
    found.len()
}

/// The groups below a folder whose names begin like that.
fn named(base: &Path, prefix: &str) -> Vec<PathBuf> {
    let (mut found, mut open, mut seen) = (Vec::new(), vec![base.to_owned()], 0);
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for entry in entries {
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) || seen >= GROUPS_MAX {
                continue;
            }
            seen += 1;
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                found.push(entry.path());
            } else {
                open.push(entry.path());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::create_dir_all;

    #[test]
    fn only_groups_of_this_name_are_found_at_any_depth() {
        let base = tempfile::tempdir().unwrap();
        for name in ["a/outwork-x-1", "outwork-x-2", "outwork-y-3", "a/b/c"] {
            create_dir_all(base.path().join(name)).unwrap();
        }
        let mut found = named(base.path(), "outwork-x-");
        found.sort();
        let expected = ["a/outwork-x-1", "outwork-x-2"].map(|name| base.path().join(name));
        assert_eq!(found, expected);
    }
}
