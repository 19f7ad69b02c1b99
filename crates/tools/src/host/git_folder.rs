//! Git folders made by hand: the few files that `git init` would write, and borrowed objects.

use std::fs::{create_dir_all, remove_dir_all, write};
use std::io;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;

/// Hex digits of a SHA-256 object id.
const SHA256_DIGITS: usize = 64;

/// A git folder outside the workspace, which no command of the agent has touched; goes when dropped.
pub(super) struct GitFolder {
    path: PathBuf,
}

impl GitFolder {
    /// Makes one where there is most room: what the agent left in its temporary folder may fill that.
    pub(super) fn make(objects: &[PathBuf], any_id: &str) -> io::Result<Self> {
        let path = roomiest().join(format!("outwork-git-{}", std::process::id()));
        if path.symlink_metadata().is_ok() {
            remove_dir_all(&path)?;
        }
        let folder = Self { path };
        lay(&folder.path, objects, any_id)?;
        Ok(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for GitFolder {
    fn drop(&mut self) {
        // What cannot be removed goes with the sandbox.
        let _ = remove_dir_all(&self.path);
    }
}

/// The temporary folder, or the home if that has more room.
fn roomiest() -> PathBuf {
    let temporary = std::env::temp_dir();
    let home = std::env::vars_os().find(|(name, _)| name == "HOME");
    match home.map(|(_, path)| PathBuf::from(path)) {
        Some(home) if room_in(&home) > room_in(&temporary) => home,
        Some(_) | None => temporary,
    }
}

/// Bytes that can be written there; none where nobody can tell.
fn room_in(folder: &Path) -> u64 {
    statvfs(folder).map_or(0, |about| {
        about
            .blocks_available()
            .saturating_mul(about.fragment_size())
    })
}

/// Writes the files of an empty repository that borrows `objects`.
pub(super) fn lay(folder: &Path, objects: &[PathBuf], any_id: &str) -> io::Result<()> {
    for name in ["objects/info", "objects/pack", "refs/heads", "info"] {
        create_dir_all(folder.join(name))?;
    }
    let config = if any_id.len() == SHA256_DIGITS {
        "[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n\tobjectformat = sha256\n"
    } else {
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
    };
    write(folder.join("config"), config)?;
    write(folder.join("HEAD"), "ref: refs/heads/outwork\n")?;
    let mut alternates = String::new();
    for path in objects {
        let path = path
            .to_str()
            .filter(|path| !path.contains('\n'))
            .ok_or(io::ErrorKind::InvalidInput)?;
        alternates.push_str(path);
        alternates.push('\n');
    }
    write(folder.join("objects/info/alternates"), alternates)
}

/// The workspace's own `.git`, if it still is a folder: a file or link that replaced it leads elsewhere.
pub(super) fn of_workspace(root: &Path) -> Option<PathBuf> {
    let path = root.join(".git");
    path.symlink_metadata()
        .is_ok_and(|about| about.is_dir())
        .then_some(path)
}
