//! The binary that sandboxes start as tool host: this very program, where run users can read it.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::reach::obstacle;
use super::run_users::RunUsers;
use crate::exit::Failure;

const COPY: &str = "tool-host";
const MODE: u32 = 0o755;

/// This program's path, or that of a copy in `folder` where run users cannot reach it.
///
/// # Errors
///
/// If there is no finding or no copying it.
pub fn reachable_program(folder: &Path, users: Option<&RunUsers>) -> Result<PathBuf, Failure> {
    let own = std::env::current_exe().context("cannot find this program's own file")?;
    let Some(users) = users else {
        return Ok(own);
    };
    if mode_of(&own) & 0o5 == 0o5 && obstacle(&own, users).is_none() {
        return Ok(own);
    }
    let copy = folder.join(COPY);
    copy_program(&own, &copy)
        .with_context(|| format!("cannot copy {} to {}", own.display(), copy.display()))?;
    Ok(copy)
}

fn mode_of(program: &Path) -> u32 {
    std::fs::metadata(program).map_or(0, |meta| meta.permissions().mode())
}

/// Always anew, since an update may keep size and time; renamed into place, since a sandbox of a
/// process that just died may still have the old one open.
fn copy_program(from: &Path, to: &Path) -> io::Result<()> {
    let new = to.with_extension("new");
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    // On one file system a second name costs nothing, but only if its mode serves already.
    let is_shared = mode_of(from) & MODE == MODE && std::fs::hard_link(from, &new).is_ok();
    if !is_shared {
        std::fs::copy(from, &new)?;
        std::fs::set_permissions(&new, Permissions::from_mode(MODE))?;
    }
    std::fs::rename(&new, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_can_be_run_by_everyone_and_replaced() {
        let base = tempfile::tempdir().unwrap();
        let (own, copy) = (base.path().join("own"), base.path().join("copy"));
        for (text, mode) in [("one", 0o700), ("two", 0o755)] {
            std::fs::write(&own, text).unwrap();
            std::fs::set_permissions(&own, Permissions::from_mode(mode)).unwrap();
            copy_program(&own, &copy).unwrap();
            assert_eq!(std::fs::read_to_string(&copy).unwrap(), text);
            assert_eq!(mode_of(&copy) & 0o777, MODE);
            std::fs::remove_file(&own).unwrap();
        }
    }
}
