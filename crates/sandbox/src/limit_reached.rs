//! Which limit a sandbox reached, in words for whoever reads the result of a command.

use std::fmt;

/// A limit that held a sandbox up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitReached {
    /// A process was ended because memory was used up.
    Memory {
        /// The limit.
        bytes: u64,
    },
    /// Processes were refused because there were too many.
    Processes {
        /// The limit.
        count: u64,
    },
    /// The workspace took too much of the disk: every command was ended, nothing else.
    Disk {
        /// The limit on bytes.
        bytes: u64,
        /// The limit on files and folders.
        files: u64,
    },
    /// The workspace kept growing beyond its limit: the whole sandbox was ended.
    DiskForGood {
        /// The limit on bytes.
        bytes: u64,
        /// The limit on files and folders.
        files: u64,
    },
}

impl fmt::Display for LimitReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory { bytes } => write!(
                f,
                "the memory limit of {} was reached: a process was killed",
                size(*bytes)
            ),
            Self::Processes { count } => write!(
                f,
                "the limit of {count} processes and threads was reached: more were refused"
            ),
            Self::Disk { bytes, files } => write!(
                f,
                "the workspace is over its limit of {} or {files} files: all commands were ended; \
                 delete what is not needed before anything else",
                size(*bytes)
            ),
            Self::DiskForGood { bytes, files } => write!(
                f,
                "the workspace kept growing beyond its limit of {} or {files} files",
                size(*bytes)
            ),
        }
    }
}

/// Bytes in the largest unit that leaves a whole number, such as `4 GiB`.
fn size(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let whole = |(unit, _): &&(u64, &str)| bytes >= *unit && bytes.is_multiple_of(*unit);
    match units.iter().find(whole) {
        Some((unit, name)) => format!("{} {name}", bytes / unit),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_named() {
        let memory = LimitReached::Memory { bytes: 4 << 30 };
        assert_eq!(
            memory.to_string(),
            "the memory limit of 4 GiB was reached: a process was killed"
        );
        assert_eq!(size(1536 << 20), "1536 MiB");
        assert_eq!(size(64 << 10), "64 KiB");
        assert_eq!(size(1000), "1000 bytes");
        assert_eq!(size(0), "0 bytes");
    }
}
