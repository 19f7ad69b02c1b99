//! Workspaces away: renamed at once, so that nobody finds half of one, then deleted.
//!
//! Deleting never follows a symbolic link. An agent may have taken the rights of its own folders away;
//! they are given back where that stands in the way.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::{Error, Result};
use crate::folders::{TRASH, blocking};
use crate::git::Git;

impl Git {
    /// Removes a workspace, or any folder below the data folder; returns when all of it is gone.
    ///
    /// The folder's name is free at once. One that is not there is gone already.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; what is left then goes at the next start.
    pub async fn remove_workspace(&self, folder: &Path) -> Result<()> {
        let trash = self.fresh_path(TRASH, "workspace");
        match fs::rename(folder, &trash) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                return Err(Error::Io {
                    what: format!("moving {} away", folder.display()),
                    source: error,
                });
            }
        }
        blocking(move || remove(&trash)).await
    }
}

/// Deletes a folder with all that is in it.
///
/// `rm` walks without recursion and relative to open folders: the tree is an agent's, and one that is
/// nested deep enough would overflow the stack of a walk that calls itself.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    if folder.symlink_metadata().is_err() || rm(folder)? {
        return Ok(());
    }
    open_up(folder);
    if rm(folder)? {
        return Ok(());
    }
    Err(Error::Io {
        what: format!("deleting {}", folder.display()),
        source: ErrorKind::PermissionDenied.into(),
    })
}

/// Runs `rm`; tells whether all of it is gone.
fn rm(folder: &Path) -> Result<bool> {
    let status = Command::new("/bin/rm")
        .args(["-rf", "--one-file-system", "--"])
        .arg(folder)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(Error::io("starting rm"))?;
    Ok(status.success())
}

/// Gives the owner's rights on folders back; nobody works in the folder any more.
fn open_up(folder: &Path) {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        // What cannot be opened shows as the error of deleting it.
        let _shown_later = fs::set_permissions(&folder, fs::Permissions::from_mode(0o700));
        let entries = fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .filter_map(std::result::Result::ok);
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        open.extend(folders.map(|entry| entry.path()));
    }
}
