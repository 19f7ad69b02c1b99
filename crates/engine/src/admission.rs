//! Whether there is room for new work: disk and memory above a floor.
//!
//! Below the floor no run is claimed and no prompt is accepted, so that what runs can end well; reads,
//! stops and deletions go on. It heals by itself, without a restart.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use nix::sys::statvfs::statvfs;
use outwork_domain::limits::{FREE_DISK_BYTES_MIN, FREE_MEMORY_BYTES_MIN};

/// How long an answer holds, so that asking costs nothing.
const FRESH: Duration = Duration::from_secs(1);

/// What the machine has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Free {
    disk_bytes: u64,
    memory_bytes: u64,
}

/// Looks at the machine and says whether new work may begin.
#[derive(Debug)]
pub(crate) struct Admission {
    data_dir: PathBuf,
    last: Mutex<Option<(Instant, Result<(), &'static str>)>>,
}

impl Admission {
    /// Watches the file system of that folder.
    pub(crate) fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            last: Mutex::new(None),
        }
    }

    /// Says whether new work may begin, and what is short if not.
    pub(crate) fn admit(&self) -> Result<(), &'static str> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, verdict)) = *last
            && at.elapsed() < FRESH
        {
            return verdict;
        }
        let verdict = judge(free(&self.data_dir));
        *last = Some((Instant::now(), verdict));
        verdict
    }
}

fn judge(free: Free) -> Result<(), &'static str> {
    if free.disk_bytes < FREE_DISK_BYTES_MIN {
        return Err("the disk of the data folder is nearly full");
    }
    if free.memory_bytes < FREE_MEMORY_BYTES_MIN {
        return Err("memory is short");
    }
    Ok(())
}

/// What cannot be read counts as plenty: a strange system must not stop the service.
fn free(data_dir: &Path) -> Free {
    let disk_bytes = statvfs(data_dir).map_or(u64::MAX, |fs| {
        fs.blocks_available().saturating_mul(fs.fragment_size())
    });
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kibibytes = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .and_then(|rest| {
            rest.trim()
                .trim_end_matches("kB")
                .trim()
                .parse::<u64>()
                .ok()
        });
    let memory_bytes = kibibytes.map_or(u64::MAX, |kibibytes| kibibytes.saturating_mul(1024));
    Free {
        disk_bytes,
        memory_bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_floor_is_named() {
        let plenty = Free {
            disk_bytes: FREE_DISK_BYTES_MIN,
            memory_bytes: FREE_MEMORY_BYTES_MIN,
        };
        assert_eq!(judge(plenty), Ok(()));
        let full = Free {
            disk_bytes: FREE_DISK_BYTES_MIN - 1,
            ..plenty
        };
        assert_eq!(
            judge(full),
            Err("the disk of the data folder is nearly full")
        );
        let short = Free {
            memory_bytes: FREE_MEMORY_BYTES_MIN - 1,
            ..plenty
        };
        assert_eq!(judge(short), Err("memory is short"));
    }

    #[test]
    fn the_machine_is_read() {
        let free = free(Path::new("/"));
        assert!(
            free.disk_bytes < u64::MAX && free.memory_bytes < u64::MAX,
            "{free:?}"
        );
    }
}
