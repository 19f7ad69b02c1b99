//! Opens files that may be anything: never blocks, never follows a promise of size.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use nix::fcntl::OFlag;
use outwork_domain::limits::READ_FILE_BYTES_MAX;

use crate::REPO_FOLDER;

/// The path that a tool means: relative ones start at the workspace, which is `/repo` to tools wherever it is.
pub(crate) fn resolve(root: &Path, path: &str) -> PathBuf {
    let path = Path::new(path);
    let below = path.strip_prefix(REPO_FOLDER).unwrap_or(path);
    let joined = root.join(below);
    joined
        .components()
        .filter(|component| !matches!(component, Component::CurDir))
        .collect()
}

/// A path as tools show it: relative to the workspace where it is below it.
pub(crate) fn shown(root: &Path, path: &Path) -> String {
    let shown = path.strip_prefix(root).unwrap_or(path);
    super::render::text(shown.as_os_str().as_encoded_bytes())
}

/// Opens a regular file for reading; everything else is an error in words.
pub(crate) fn open_regular(path: &Path) -> Result<(File, Metadata), String> {
    let words = |error: io::Error| fault(path, &error);
    // Looked at before it is opened: opening a device may have effects, opening a FIFO waits.
    refuse_odd(path, std::fs::metadata(path).map_err(words)?.file_type())?;
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)
        .map_err(words)?;
    // And again, since it may have been replaced in between.
    let about = file.metadata().map_err(words)?;
    refuse_odd(path, about.file_type())?;
    Ok((file, about))
}

/// Reads a whole regular file of bearable size.
pub(crate) fn read_whole(path: &Path) -> Result<(Vec<u8>, Metadata), String> {
    let (file, about) = open_regular(path)?;
    let too_large = || {
        format!(
            "{}: {} bytes are too many, at most {READ_FILE_BYTES_MAX} are read; use shell with head, tail, sed or grep",
            path.display(),
            about.len()
        )
    };
    if about.len() > READ_FILE_BYTES_MAX {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // The size of a file below /proc is 0, and any file may grow meanwhile.
    file.take(READ_FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| fault(path, &error))?;
    if bytes.len() as u64 > READ_FILE_BYTES_MAX {
        return Err(too_large());
    }
    Ok((bytes, about))
}

/// An I/O error in words for a model.
pub(crate) fn fault(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// Says what a path is if it is no regular file.
pub(crate) fn refuse_odd(path: &Path, kind: FileType) -> Result<(), String> {
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        "is a folder; use glob or shell with ls to look into it"
    } else if kind.is_fifo() {
        "is a FIFO, not a regular file"
    } else if kind.is_socket() {
        "is a socket, not a regular file"
    } else {
        "is a device, not a regular file"
    };
    Err(format!("{}: {what}", path.display()))
}
