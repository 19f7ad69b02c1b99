//! The data folder: reachable, writable, and with room.

use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;

use super::{Check, existing};
use crate::data_dir::{Lock, RunUsers, obstacle};

const MIB: u64 = 1024 * 1024;
const SPACE_LEAST: u64 = 512 * MIB;
const SPACE_ENOUGH: u64 = 5 * 1024 * MIB;

/// Whether the data folder can be what it must be.
pub(super) fn data_folder(path: &Path, users: Option<&RunUsers>) -> Check {
    const NAME: &str = "data folder";
    let shown = path.display();
    let there = existing(path);
    // Root's rights say little about a file system, so it is tried.
    if let Err(error) = tempfile::tempdir_in(&there) {
        let found = format!("{shown}: {} cannot be written: {error}", there.display());
        let remedy = "Name another folder by --data-dir, or make it writable for this user.";
        return Check::missing(NAME, found, remedy);
    }
    if let Some(obstacle) = users.and_then(|users| obstacle(&there.join("inside"), users))
        // The folder itself gets its mode and group at the next start.
        && obstacle.folder != path
    {
        let remedy = "Name another folder by --data-dir, such as /var/lib/outwork.";
        return Check::missing(NAME, obstacle.to_string(), remedy);
    }
    match Lock::holder(path) {
        Some(pid) => Check::ok(NAME, format!("{shown}, in use by the process {pid}")),
        None if path.is_dir() => Check::ok(NAME, shown.to_string()),
        None => Check::ok(NAME, format!("{shown}, made at the first start")),
    }
}

/// How much room there is.
pub(super) fn disk_space(path: &Path) -> Check {
    const NAME: &str = "disk space";
    let folder = existing(path);
    let stat = match statvfs(&folder) {
        Ok(stat) => stat,
        Err(error) => return Check::warning(NAME, format!("unknown: {error}"), "See df."),
    };
    let free = stat.blocks_available().saturating_mul(stat.fragment_size());
    let found = format!("{} MiB free at {}", free / MIB, folder.display());
    let remedy = "Free some, or name a folder on a larger file system by --data-dir.";
    match free {
        0..SPACE_LEAST => Check::missing(NAME, found, remedy),
        SPACE_LEAST..SPACE_ENOUGH => Check::warning(NAME, found, remedy),
        SPACE_ENOUGH.. => Check::ok(NAME, found),
    }
}

/// The folders whose repositories agents may work on.
pub(super) fn local_repositories(folders: &[PathBuf]) -> Check {
    const NAME: &str = "local folders";
    if folders.is_empty() {
        return Check::ok(NAME, "none: agents work on repositories of hosts only");
    }
    let unreadable = folders.iter().find_map(|folder| {
        let error = std::fs::read_dir(folder).err()?;
        Some(format!("{}: {error}", folder.display()))
    });
    match unreadable {
        Some(found) => {
            let remedy = "Make it readable for this user, or leave it out of --local-repos.";
            Check::missing(NAME, found, remedy)
        }
        None => {
            let shown: Vec<_> = folders
                .iter()
                .map(|one| one.display().to_string())
                .collect();
            Check::ok(NAME, shown.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_is_judged_by_its_parent() {
        let base = tempfile::tempdir().unwrap();
        let check = data_folder(&base.path().join("a/b"), None);
        assert_eq!(check.status, Status::Ok, "{check:?}");
        assert!(check.found.ends_with("first start"), "{check:?}");
        let check = data_folder(Path::new("/proc/outwork"), None);
        assert_eq!(check.status, Status::Missing, "{check:?}");
    }

    #[test]
    fn folders_of_repositories_are_named() {
        let base = tempfile::tempdir().unwrap();
        let there = base.path().to_owned();
        let check = local_repositories(std::slice::from_ref(&there));
        assert_eq!(
            (check.status, check.found.as_str()),
            (Status::Ok, there.to_str().unwrap())
        );
        let check = local_repositories(&[there.clone(), there.join("gone")]);
        assert_eq!(check.status, Status::Missing, "{check:?}");
        assert!(local_repositories(&[]).found.starts_with("none"));
    }

    #[test]
    fn a_running_server_is_named() {
        let base = tempfile::tempdir().unwrap();
        let lock = Lock::take(base.path()).unwrap();
        let found = data_folder(base.path(), None).found;
        assert!(found.ends_with(&std::process::id().to_string()), "{found}");
        drop(lock);
        assert!(!data_folder(base.path(), None).found.contains("process"));
    }
}
