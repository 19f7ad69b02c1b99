//! Makes the server's own group of the unified hierarchy one that may have limited groups below it.
//!
//! Controllers can only be given to groups below one that has no members itself (the root excepted), so
//! the server moves into a leaf. If somebody else is a member too, it is not ours to arrange.

use std::fs::{create_dir, read_to_string, remove_dir, write};
use std::io;
use std::path::Path;

use nix::errno::Errno;

use super::hierarchies::Own;
use super::place::{CONTROLLERS, DISK_CONTROLLER_2};

/// The group that the server moves into.
const LEAF: &str = "outwork-server";
/// How much more the server weighs than a sandbox when CPU is short; a group weighs 100.
const WEIGHT: &str = "1000";

/// The group below which sandboxes get theirs; or why there is none.
pub(super) fn prepare(own: &Own) -> Result<Own, String> {
    let is_leaf = own.folder.file_name().is_some_and(|name| name == LEAF);
    let base = match own.folder.parent() {
        // A server that replaced itself is in the leaf already.
        Some(parent) if is_leaf && given(parent) => {
            return Ok(Own {
                folder: parent.to_owned(),
                mount: own.mount.clone(),
            });
        }
        Some(_) | None => &own.folder,
    };
    let there = words(&base.join("cgroup.controllers"))?;
    if let Some(missing) = CONTROLLERS
        .into_iter()
        .find(|one| !there.split_whitespace().any(|word| word == *one))
    {
        return Err(format!(
            "the controller {missing} is not given to {}",
            base.display()
        ));
    }
    if !given(base) {
        give(base)?;
    }
    Ok(own.clone())
}

/// Gives the groups below the controller of disks as well, once the others are given; false where it is not to
/// be had.
pub(super) fn prepare_disk(base: &Path) -> bool {
    let wanted = [DISK_CONTROLLER_2];
    let control = base.join("cgroup.subtree_control");
    is_in(&base.join("cgroup.controllers"), &wanted)
        && (is_in(&control, &wanted) || write(control, format!("+{DISK_CONTROLLER_2}")).is_ok())
}

/// Whether groups below have the controllers.
fn given(base: &Path) -> bool {
    is_in(&base.join("cgroup.subtree_control"), &CONTROLLERS)
}

/// Whether all of these words are in a file.
fn is_in(file: &Path, words: &[&str]) -> bool {
    let text = read_to_string(file).unwrap_or_default();
    let is_there = |one: &&str| text.split_whitespace().any(|word| word == *one);
    words.iter().all(is_there)
}

fn give(base: &Path) -> Result<(), String> {
    let control = base.join("cgroup.subtree_control");
    let wanted = CONTROLLERS.map(|one| format!("+{one}")).join(" ");
    match write(&control, &wanted) {
        Ok(()) => return Ok(()),
        Err(error) if error.raw_os_error() == Some(Errno::EBUSY as i32) => {}
        Err(error) => return Err(failed(&control, &error)),
    }
    let leaf = base.join(LEAF);
    match create_dir(&leaf) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(failed(&leaf, &error));
        }
        Ok(()) | Err(_) => {}
    }
    let pid = std::process::id().to_string();
    let member = leaf.join("cgroup.procs");
    write(&member, &pid).map_err(|error| failed(&member, &error))?;
    let given = write(&control, &wanted);
    if let Err(error) = given {
        // Back to where we were: nothing is to be left of an attempt.
        let _ = write(base.join("cgroup.procs"), &pid);
        let _ = remove_dir(&leaf);
        return Err(format!(
            "{}; other processes than the server's are in its group",
            failed(&control, &error)
        ));
    }
    // Without it the server competes as one sandbox among many.
    let _ = write(leaf.join("cpu.weight"), WEIGHT);
    Ok(())
}

fn words(path: &Path) -> Result<String, String> {
    read_to_string(path).map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(controllers: &str, subtree: &str) -> (tempfile::TempDir, Own) {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path().join("cgroup.controllers"), controllers).unwrap();
        write(folder.path().join("cgroup.subtree_control"), subtree).unwrap();
        let own = Own {
            folder: folder.path().to_owned(),
            mount: folder.path().to_owned(),
        };
        (folder, own)
    }

    #[test]
    fn controllers_are_given_to_the_groups_below() {
        let (folder, own) = tree("cpuset cpu io memory pids\n", "");
        assert_eq!(prepare(&own).unwrap(), own);
        let given = read_to_string(folder.path().join("cgroup.subtree_control")).unwrap();
        assert_eq!(given, "+memory +pids +cpu");
    }

    #[test]
    fn what_is_given_already_is_left_alone() {
        let (folder, own) = tree("cpu memory pids", "cpu memory pids");
        assert_eq!(prepare(&own).unwrap(), own);
        let given = read_to_string(folder.path().join("cgroup.subtree_control")).unwrap();
        assert_eq!(given, "cpu memory pids");
    }

    #[test]
    fn the_controller_of_disks_is_given_where_there_is_one() {
        let (folder, own) = tree("cpu io memory pids", "cpu memory pids");
        assert!(prepare_disk(&own.folder));
        let control = folder.path().join("cgroup.subtree_control");
        assert_eq!(read_to_string(&control).unwrap(), "+io");
        write(&control, "cpu io memory pids").unwrap();
        assert!(prepare_disk(&own.folder));
        assert_eq!(read_to_string(control).unwrap(), "cpu io memory pids");
        let (_folder, own) = tree("cpu memory pids", "cpu memory pids");
        assert!(!prepare_disk(&own.folder));
    }

    #[test]
    fn a_missing_controller_is_named() {
        let (_folder, own) = tree("memory pids", "");
        let why = prepare(&own).unwrap_err();
        assert!(why.contains("the controller cpu is not given to "), "{why}");
    }

    #[test]
    fn a_server_in_its_leaf_makes_groups_beside_it() {
        let (folder, own) = tree("cpu memory pids", "cpu memory pids");
        let leaf = folder.path().join(LEAF);
        create_dir(&leaf).unwrap();
        let inside = Own {
            folder: leaf,
            mount: own.mount.clone(),
        };
        assert_eq!(prepare(&inside).unwrap(), own);
    }
}
