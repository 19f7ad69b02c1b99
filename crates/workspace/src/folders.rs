//! Folders and files of ours: made with the modes that run uids need, written whole or not at all.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, lchown};
use std::path::Path;

use crate::error::{Error, Result};

/// Mirrors: run uids read their objects.
pub(crate) const MIRRORS: &str = "mirrors";
/// Throw-away repositories.
pub(crate) const INTAKE: &str = "intake";
/// Folders on their way out.
pub(crate) const TRASH: &str = "trash";

/// Makes the folders that git works in below the data folder.
pub(crate) fn make_all(data_dir: &Path) -> Result<()> {
    for (name, mode) in [
        (MIRRORS, 0o755),
        (INTAKE, 0o700),
        (TRASH, 0o700),
        ("git-home", 0o755),
    ] {
        make(&data_dir.join(name), mode)?;
    }
    Ok(())
}

/// Makes a folder with exactly that mode, whatever the umask; one that is there gets the mode.
pub(crate) fn make(folder: &Path, mode: u32) -> Result<()> {
    let failed = || format!("making {}", folder.display());
    let made = fs::DirBuilder::new()
        .mode(mode)
        .recursive(true)
        .create(folder);
    made.map_err(Error::io(failed()))?;
    let permissions = fs::Permissions::from_mode(mode);
    fs::set_permissions(folder, permissions).map_err(Error::io(failed()))
}

/// Makes the missing parents of a path below the data folder passable for run uids.
pub(crate) fn make_parents(data_dir: &Path, path: &Path) -> Result<()> {
    let mut missing = Vec::new();
    let mut at = path.parent();
    while let Some(folder) = at.filter(|folder| *folder != data_dir && !folder.exists()) {
        missing.push(folder);
        at = folder.parent();
    }
    missing
        .into_iter()
        .rev()
        .try_for_each(|folder| make(folder, 0o711))
}

/// Hands one file or folder to a run's uid.
pub(crate) fn hand_over(path: &Path, owner: Option<(u32, u32)>) -> Result<()> {
    let Some((uid, gid)) = owner else {
        return Ok(());
    };
    lchown(path, Some(uid), Some(gid))
        .map_err(Error::io(format!("handing over {}", path.display())))
}

/// Writes a file whole or not at all, and lasting.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let failed = || format!("writing {}", path.display());
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = Path::new(&name);
    let mut file = File::create(new).map_err(Error::io(failed()))?;
    file.set_permissions(fs::Permissions::from_mode(mode))
        .map_err(Error::io(failed()))?;
    file.write_all(bytes).map_err(Error::io(failed()))?;
    file.sync_all().map_err(Error::io(failed()))?;
    fs::rename(new, path).map_err(Error::io(failed()))?;
    sync_folder_of(path)
}

/// Makes a new name in a folder lasting.
pub(crate) fn sync_folder_of(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(Error::io(format!("syncing {}", folder.display())))
}

/// Runs work that blocks on the disk where it may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Error::Io {
            what: "working on files".to_owned(),
            source: std::io::Error::other(error),
        }),
    }
}
