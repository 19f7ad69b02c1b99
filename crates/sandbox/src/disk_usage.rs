//! How much of the disk a folder takes that a hostile program writes to at the same time.
//!
//! No link is followed: each folder is opened by its name below one that is open. The search ends where a
//! limit is passed, so that what it costs is bounded by the limits, whatever lies there.

use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{AtFlags, OFlag, open, openat};
use nix::sys::stat::{Mode, SFlag, fstatat};

/// Folders within folders that are looked into; each costs a descriptor for a moment. No tool nests as deep,
/// so what lies deeper counts as beyond every limit.
const DEPTH_MAX: usize = 256;

/// What a folder takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Bytes that are really taken: the holes of a sparse file are not.
    pub(crate) bytes: u64,
    /// Files and folders.
    pub(crate) files: u64,
}

impl Usage {
    /// Whether it is more than another in either way.
    pub(crate) const fn exceeds(self, other: Self) -> bool {
        self.bytes > other.bytes || self.files > other.files
    }

    const UNBOUNDED: Self = Self {
        bytes: u64::MAX,
        files: u64::MAX,
    };
}

/// What folders take together; beyond `most` only that it is more.
pub(crate) fn usage_of(folders: &[PathBuf], most: Usage) -> Usage {
    let mut usage = Usage::default();
    for folder in folders {
        add(folder, most, &mut usage);
    }
    usage
}

const FOLDER: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_NOFOLLOW)
    .union(OFlag::O_CLOEXEC)
    .union(OFlag::O_NONBLOCK);

/// What is gone or closed to us by now counts for nothing.
fn add(base: &Path, most: Usage, usage: &mut Usage) {
    let Ok(base) = open(base, FOLDER, Mode::empty()) else {
        return;
    };
    let mut pending: Vec<(OwnedFd, Vec<CString>)> = Vec::new();
    let mut current = Some(base);
    loop {
        if let Some(folder) = current.take() {
            if pending.len() >= DEPTH_MAX {
                *usage = Usage::UNBOUNDED;
                return;
            }
            let folders = count(&folder, most, usage);
            if usage.exceeds(most) {
                return;
            }
            pending.push((folder, folders));
        }
        let Some((parent, folders)) = pending.last_mut() else {
            return;
        };
        match folders.pop() {
            Some(name) => {
                current = openat(parent.as_fd(), name.as_c_str(), FOLDER, Mode::empty()).ok();
            }
            None => {
                pending.pop();
            }
        }
    }
}

/// Adds what is in a folder, and gives the folders in it.
fn count(folder: &OwnedFd, most: Usage, usage: &mut Usage) -> Vec<CString> {
    let mut folders = Vec::new();
    // By its descriptor: whatever its name has become meanwhile.
    let path = format!("/proc/self/fd/{}", folder.as_raw_fd());
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        let Ok(name) = CString::new(entry.file_name().as_bytes()) else {
            continue;
        };
        let Ok(about) = fstatat(folder, name.as_c_str(), AtFlags::AT_SYMLINK_NOFOLLOW) else {
            continue;
        };
        // Each of several names of a file takes its share.
        let names = i64::try_from(about.st_nlink).unwrap_or(1).max(1);
        let taken = |part: i64| u64::try_from(about.st_blocks * 512 / part).unwrap_or(0);
        usage.files = usage.files.saturating_add(1);
        let is_folder = SFlag::from_bits_truncate(about.st_mode) & SFlag::S_IFMT == SFlag::S_IFDIR;
        if is_folder {
            usage.bytes = usage.bytes.saturating_add(taken(1));
            folders.push(name);
        } else {
            usage.bytes = usage.bytes.saturating_add(taken(names));
        }
        if usage.exceeds(most) {
            break;
        }
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, create_dir, hard_link, write};
    use std::os::unix::fs::symlink;

    const PLENTY: Usage = Usage {
        bytes: 1 << 40,
        files: 1 << 40,
    };

    fn of(folder: &Path, most: Usage) -> Usage {
        usage_of(&[folder.to_owned()], most)
    }

    #[test]
    fn what_is_written_counts_and_holes_and_links_do_not() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path();
        let empty = of(path, PLENTY);
        assert_eq!(empty, Usage::default());
        create_dir(path.join("folder")).unwrap();
        write(path.join("folder/file"), vec![7; 1 << 20]).unwrap();
        let plain = of(path, PLENTY);
        assert_eq!(plain.files, 2);
        assert!((1 << 20..2 << 20).contains(&plain.bytes), "{plain:?}");
        let sparse = File::create(path.join("sparse")).unwrap();
        sparse.set_len(1 << 40).unwrap();
        hard_link(path.join("folder/file"), path.join("same")).unwrap();
        symlink("/", path.join("root")).unwrap();
        let all = of(path, PLENTY);
        assert_eq!(all.files, 5);
        assert!(all.bytes < plain.bytes + (1 << 16), "{all:?} {plain:?}");
    }

    #[test]
    fn the_search_ends_at_the_limit_and_in_the_depth() {
        let base = tempfile::tempdir().unwrap();
        for number in 0..50 {
            write(base.path().join(number.to_string()), "x").unwrap();
        }
        let most = Usage {
            files: 10,
            ..PLENTY
        };
        assert_eq!(of(base.path(), most).files, 11);
        let mut deep = base.path().join("deep");
        for _ in 0..DEPTH_MAX {
            create_dir(&deep).unwrap();
            deep.push("x");
        }
        assert_eq!(of(base.path(), PLENTY), Usage::UNBOUNDED);
    }

    #[test]
    fn what_is_not_there_counts_for_nothing() {
        assert_eq!(of(Path::new("/nonexistent"), PLENTY), Usage::default());
    }
}
