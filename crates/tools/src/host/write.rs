//! The write tool, and how any tool replaces a file: whole or not at all.

use std::borrow::Cow;
use std::fs::{File, OpenOptions, Permissions, rename};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::toolbox::{Answer, Told};
use super::{files, text_lines};
use crate::protocol::Facts;

/// How the names of files begin that replace others; a commit leaves them out.
pub(super) const TEMPORARY_PREFIX: &str = ".outwork-tmp-";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    path: String,
    content: String,
}

/// Writes a whole file.
pub(super) fn write(root: &Path, arguments: &Arguments) -> Answer {
    let path = files::resolve(root, &arguments.path);
    let shown = files::shown(root, &path);
    let content = arguments.content.as_bytes();
    let old = match std::fs::metadata(&path) {
        Ok(about) => {
            files::refuse_odd(&path, about.file_type())?;
            Some(files::read_whole(&path)?.0)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_folders(&path)?;
            None
        }
        Err(error) => return Err(files::fault(&path, &error)),
    };
    let content = with_line_endings_of(old.as_deref(), content);
    replace(&path, &content)?;
    let facts = Facts::Wrote {
        line_count: text_lines::count(&content),
        byte_count: content.len() as u64,
    };
    let endings = match content {
        Cow::Owned(_) => ", with the line endings that it had (CRLF)",
        Cow::Borrowed(_) => "",
    };
    let what = if old.is_some() { "replaced" } else { "made" };
    let text = format!("{what} {shown}: {} bytes{endings}", arguments.content.len());
    Ok(Told {
        text,
        facts: Some(facts),
    })
}

fn make_folders(path: &Path) -> Result<(), String> {
    match path.parent() {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|error| files::fault(folder, &error))
        }
        None => Ok(()),
    }
}

/// A file whose lines all end in CR LF keeps that, unless the new content has CR itself.
pub(super) fn with_line_endings_of<'a>(old: Option<&[u8]>, new: &'a [u8]) -> Cow<'a, [u8]> {
    if !old.is_some_and(has_crlf_only) || new.contains(&b'\r') || !new.contains(&b'\n') {
        return Cow::Borrowed(new);
    }
    let mut converted = Vec::with_capacity(new.len() + new.len() / 16);
    for byte in new {
        if *byte == b'\n' {
            converted.push(b'\r');
        }
        converted.push(*byte);
    }
    Cow::Owned(converted)
}

/// Whether every line ends in CR LF, and there is one.
pub(super) fn has_crlf_only(bytes: &[u8]) -> bool {
    let newlines = bytes.iter().filter(|byte| **byte == b'\n').count();
    let pairs = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
    newlines > 0 && newlines == pairs
}

/// Replaces a file by a temporary one beside it, so that whoever looks finds old or new.
///
/// A link is followed; mode stays, and a new file gets 0644 or what the process mask leaves of it.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), String> {
    let words = |error: io::Error| files::fault(path, &error);
    let target = match path.canonicalize() {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(words(error)),
    };
    let mode = std::fs::metadata(&target)
        .ok()
        .map(|about| about.permissions().mode() & 0o7777);
    let (mut file, temporary) = temporary_beside(&target).map_err(words)?;
    let written = file
        .write_all(content)
        .and_then(|()| match mode {
            Some(mode) => file.set_permissions(Permissions::from_mode(mode)),
            None => Ok(()),
        })
        .and_then(|()| rename(&temporary, &target));
    written.map_err(|error| {
        // Nothing refers to it; if it stays, a commit leaves it out.
        let _ = std::fs::remove_file(&temporary);
        words(error)
    })
}

fn temporary_beside(target: &Path) -> io::Result<(File, PathBuf)> {
    let folder = target.parent().unwrap_or(Path::new("/"));
    for n in 0..100 {
        let path = folder.join(format!("{TEMPORARY_PREFIX}{}-{n}", std::process::id()));
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o666)
            .open(&path)
        {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    fn ask(root: &Path, path: &str, content: &str) -> Result<String, String> {
        let (path, content) = (path.to_owned(), content.to_owned());
        Ok(write(root, &Arguments { path, content })?.text)
    }

    #[test]
    fn the_facts_are_of_what_was_written() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("f"), "a\r\n").unwrap();
        let arguments = Arguments {
            path: "f".into(),
            content: "x\ny".into(),
        };
        let expected = Facts::Wrote {
            line_count: 2,
            byte_count: 4,
        };
        let facts = write(root.path(), &arguments).unwrap().facts;
        assert_eq!(facts, Some(expected));
    }

    #[test]
    fn makes_folders_and_files() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(
            ask(root.path(), "a/b/c.txt", "hello\n").unwrap(),
            "made a/b/c.txt: 6 bytes"
        );
        assert_eq!(
            ask(root.path(), "a/b/c.txt", "bye\n").unwrap(),
            "replaced a/b/c.txt: 4 bytes"
        );
        assert_eq!(
            std::fs::read(root.path().join("a/b/c.txt")).unwrap(),
            b"bye\n"
        );
        assert_eq!(root.path().join("a/b").read_dir().unwrap().count(), 1);
    }

    #[test]
    fn keeps_mode_line_endings_and_links() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("run.cmd");
        std::fs::write(&file, "a\r\nb\r\n").unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
        symlink("run.cmd", root.path().join("link")).unwrap();
        ask(root.path(), "link", "x\ny\n").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"x\r\ny\r\n");
        assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o755);
        assert!(root.path().join("link").is_symlink());
    }

    #[test]
    fn old_or_new_but_never_torn() {
        // Whoever has the old file open goes on reading all of it.
        use std::io::Read;
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f");
        std::fs::write(&path, "old".repeat(1000)).unwrap();
        let mut reader = File::open(&path).unwrap();
        ask(root.path(), "f", "new").unwrap();
        let mut seen = String::new();
        reader.read_to_string(&mut seen).unwrap();
        assert_eq!(seen, "old".repeat(1000));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn a_folder_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("d")).unwrap();
        assert!(
            ask(root.path(), "d", "x")
                .unwrap_err()
                .contains("is a folder")
        );
    }
}
