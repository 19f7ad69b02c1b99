//! Tells the program inside what was bound for it: a small file that only says which paths and how.
//!
//! The walls that the program raises are made from it. It is gone behind them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::{Access, Bind};

/// Where it is inside.
pub(crate) const BINDS_FILE: &str = "/outwork.binds";

/// The file: for each bind one letter and the path inside, ended by NUL, which no path has.
pub(crate) fn write_binds(binds: &[Bind]) -> Vec<u8> {
    let mut text = Vec::new();
    for bind in binds {
        text.push(match bind.access {
            Access::ReadOnly => b'r',
            Access::ReadWrite => b'w',
        });
        text.extend_from_slice(bind.target.as_os_str().as_bytes());
        text.push(0);
    }
    text
}

/// Reads it, by where the binds are inside; none if it is malformed.
pub(crate) fn read_binds(text: &[u8]) -> Option<Vec<Bind>> {
    let mut binds = Vec::new();
    for entry in text.split_inclusive(|byte| *byte == 0) {
        let (letter, path) = entry.strip_suffix(&[0])?.split_first()?;
        let path = PathBuf::from(OsStr::from_bytes(path));
        let access = match letter {
            b'r' => Access::ReadOnly,
            b'w' => Access::ReadWrite,
            _ => return None,
        };
        binds.push(Bind {
            source: path.clone(),
            target: path,
            access,
        });
    }
    Some(binds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let bind = |path: &str, access| Bind {
            source: path.into(),
            target: path.into(),
            access,
        };
        let binds = vec![
            bind("/repo", Access::ReadWrite),
            bind("/a b\n\u{e4}", Access::ReadOnly),
        ];
        assert_eq!(read_binds(&write_binds(&binds)), Some(binds));
        assert_eq!(read_binds(b""), Some(vec![]));
        for malformed in [&b"\0"[..], b"x/repo\0", b"w/repo", b"w/repo\0r"] {
            assert_eq!(read_binds(malformed), None, "{malformed:?}");
        }
    }
}
