//! Bare repositories of ours, written by hand: mirrors and throw-away repositories.
//!
//! A handful of small files is what `git init --bare` would make; no process is needed. The shared
//! mode makes every pack readable for run uids, whatever the umask (`git help config`,
//! core.sharedRepository).

use std::fs;
use std::path::Path;

use outwork_domain::CommitId;

use crate::error::{Error, Result};
use crate::folders;

/// How a repository names its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectFormat {
    Sha1,
    Sha256,
}

impl ObjectFormat {
    /// The format that a commit's id belongs to.
    pub(crate) fn of(commit: &CommitId) -> Self {
        if commit.as_str().len() == 64 {
            Self::Sha256
        } else {
            Self::Sha1
        }
    }

    /// The lines of a config file that a repository with this format begins with.
    pub(crate) fn config_lines(self) -> &'static str {
        match self {
            Self::Sha1 => "[core]\n\trepositoryFormatVersion = 0\n",
            Self::Sha256 => {
                "[extensions]\n\tobjectFormat = sha256\n[core]\n\trepositoryFormatVersion = 1\n"
            }
        }
    }
}

/// Makes a bare repository in a folder that does not exist, borrowing from other object folders.
pub(crate) fn create(
    folder: &Path,
    format: ObjectFormat,
    borrow_from: Option<&Path>,
) -> Result<()> {
    for part in [
        "objects/info",
        "objects/pack",
        "refs/heads",
        "refs/base",
        "refs/keep",
    ] {
        folders::make(&folder.join(part), 0o755)?;
    }
    for part in ["", "objects", "refs"] {
        folders::make(&folder.join(part), 0o755)?;
    }
    let config = format!(
        "{}\tbare = true\n\tfileMode = true\n\tsharedRepository = 0644\n[gc]\n\tauto = 0\n",
        format.config_lines()
    );
    write(&folder.join("config"), config.as_bytes())?;
    if let Some(objects) = borrow_from {
        write_alternates(folder, objects)?;
    }
    write(&folder.join("HEAD"), b"ref: refs/heads/main\n")
}

/// Makes a repository borrow objects from a folder.
pub(crate) fn write_alternates(git_dir: &Path, objects: &Path) -> Result<()> {
    let mut line = objects.as_os_str().as_encoded_bytes().to_vec();
    if line.contains(&b'\n') || line.first() == Some(&b'"') {
        return Err(Error::UnusableGit(
            "the data folder's path has a newline".to_owned(),
        ));
    }
    line.push(b'\n');
    write(&git_dir.join("objects/info/alternates"), &line)
}

/// Whether a folder looks like a git repository to git.
pub(crate) fn is_git_dir(folder: &Path) -> bool {
    folder.join("HEAD").is_file() && folder.join("objects").is_dir() && folder.join("refs").is_dir()
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let failed = || format!("writing {}", path.display());
    fs::write(path, bytes).map_err(Error::io(failed()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).map_err(Error::io(failed()))
}
