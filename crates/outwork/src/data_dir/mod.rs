//! The data folder of one server process: made, locked, and open to exactly whom it must be open.
//!
//! As root every run has a user id of its own, and all of them pass through the folder by one group.
//! The lock is held as long as [`DataDir`] lives; whoever takes it ends what the last holder left running.

mod leftovers;
mod lock;
mod program;
mod reach;
mod run_users;
pub mod secret_key;
pub mod worker_id;

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::Context;

pub use leftovers::Mark;
pub use lock::Lock;
pub use program::reachable_program;
pub use reach::obstacle;
pub use run_users::RunUsers;

use crate::exit::Failure;

/// Runs of other users than the server's pass through by their group.
const PASSABLE: u32 = 0o710;
/// Where runs are the server's own user, nobody else has to do with the folder.
const CLOSED: u32 = 0o700;

/// A prepared and locked data folder.
#[derive(Debug)]
pub struct DataDir {
    /// Its path, absolute and without symbolic links.
    pub path: PathBuf,
    /// Who runs are, if this process is root.
    pub users: Option<RunUsers>,
    /// The name of this folder's worker, the same after each restart.
    pub worker_id: String,
    /// The binary that every run's user can read.
    pub program: PathBuf,
    /// What every process of this folder's server carries in its environment.
    pub mark: Mark,
    _lock: Lock,
}

impl DataDir {
    /// Makes, checks and locks the folder; `fresh_id` names its worker if it has no name yet.
    ///
    /// # Errors
    ///
    /// [`Failure::Failed`] with the remedy if another process has it or runs could not reach it.
    pub fn open(path: &Path, fresh_id: &str) -> Result<Self, Failure> {
        let users = RunUsers::of_this_process().map_err(|error| failed(&error))?;
        let path = make(path, users.as_ref())?;
        // A file inside, so that the folder itself counts too.
        let inside = path.join("mirrors");
        if let Some(obstacle) = users.as_ref().and_then(|users| obstacle(&inside, users)) {
            return Err(failed(&obstacle));
        }
        let lock = Lock::take(&path).map_err(|error| failed(&error))?;
        let mark = leftovers::mark_of(&path);
        leftovers::end(&mark);
        Ok(Self {
            program: reachable_program(&path, users.as_ref())?,
            worker_id: worker_id::get_or_create(&path, fresh_id)?,
            path,
            users,
            mark,
            _lock: lock,
        })
    }
}

impl DataDir {
    /// A name for the control groups of this folder's server: the same after each restart, and no other
    /// folder's of this machine.
    ///
    /// # Errors
    ///
    /// [`Failure::Failed`] if the folder cannot be looked at.
    pub fn group_name(&self) -> Result<String, Failure> {
        let about = std::fs::metadata(&self.path);
        let about = about.with_context(|| format!("cannot use {}", self.path.display()))?;
        Ok(format!("{:x}-{:x}", about.dev(), about.ino()))
    }
}

/// Makes the folder for a command that only needs the database in it; the lock is not taken.
///
/// # Errors
///
/// [`Failure::Failed`] if it is another user's, whose server could not write what we make in it.
pub fn prepare(path: &Path) -> Result<PathBuf, Failure> {
    if let Ok(meta) = std::fs::metadata(path)
        && meta.uid() != nix::unistd::geteuid().as_raw()
    {
        let (path, owner) = (path.display(), meta.uid());
        return Err(Failure::Failed(format!(
            "the data folder {path} belongs to the user {owner}: run this command as that user"
        )));
    }
    let users = RunUsers::of_this_process().map_err(|error| failed(&error))?;
    make(path, users.as_ref())
}

/// The mode that the folder has.
pub const fn mode(users: Option<&RunUsers>) -> u32 {
    match users {
        Some(_) => PASSABLE,
        None => CLOSED,
    }
}

fn failed(error: &impl std::fmt::Display) -> Failure {
    Failure::Failed(error.to_string())
}

/// Makes the folder with its mode and group; parents that are missing get the ordinary mode.
fn make(path: &Path, users: Option<&RunUsers>) -> Result<PathBuf, Failure> {
    let (shown, mode) = (path.display(), mode(users));
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make {shown}"))?;
    }
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(anyhow::Error::new(error)
                .context(format!("cannot make {shown}"))
                .into());
        }
        Ok(()) | Err(_) => {}
    }
    let path = path
        .canonicalize()
        .with_context(|| format!("cannot use {shown}"))?;
    let set = || {
        if let Some(users) = users {
            chown(&path, None, Some(users.group))?;
        }
        std::fs::set_permissions(&path, Permissions::from_mode(mode))
    };
    set().with_context(|| format!("cannot set owner and mode of {shown}"))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_closed_to_others_and_keeps_its_worker() {
        let base = tempfile::tempdir().unwrap();
        std::fs::set_permissions(base.path(), Permissions::from_mode(0o755)).unwrap();
        let path = base.path().join("a/b");
        let first = DataDir::open(&path, "one").unwrap();
        let meta = std::fs::metadata(&path).unwrap();
        assert_eq!(meta.mode() & 0o7777, mode(first.users.as_ref()));
        if let Some(users) = &first.users {
            assert_eq!(meta.gid(), users.group);
        }
        assert_eq!(first.worker_id, "one");
        drop(first);
        assert_eq!(DataDir::open(&path, "two").unwrap().worker_id, "one");
    }

    #[test]
    fn a_second_process_is_refused_and_the_first_is_named() {
        let base = tempfile::tempdir().unwrap();
        std::fs::set_permissions(base.path(), Permissions::from_mode(0o755)).unwrap();
        let path = base.path().join("data");
        let held = DataDir::open(&path, "one").unwrap();
        let refused = DataDir::open(&path, "two").unwrap_err().to_string();
        let pid = std::process::id().to_string();
        assert!(refused.contains(&pid), "{refused}");
        drop(held);
    }
}
