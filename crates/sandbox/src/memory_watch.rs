//! Holds sandboxes to their memory where no control group does: looks at their processes and ends the
//! largest, as the kernel would.
//!
//! Between two looks a program can take more than its limit; only control groups have no such gap. What
//! lies in the sandbox's own folders in memory is limited by their size and not counted here.

use std::sync::Arc;

use rustix::process::Signal;

use crate::limit_reached::LimitReached;
use crate::processes::{Process, Processes};
use crate::watch::Watched;

/// Looks at all sandboxes once.
pub(crate) fn look(sandboxes: &[Arc<Watched>]) {
    let processes = Processes::now();
    for watched in sandboxes {
        let below = watched.outer.map(|outer| processes.below(outer));
        let below = below.unwrap_or_default();
        let limit = watched.limits.memory_bytes;
        let quick: u64 = below.iter().map(private_bytes).sum();
        if quick <= limit {
            continue;
        }
        // What processes share was counted for each of them; the exact figure takes longer.
        let mut exact: Vec<(u64, Process)> =
            below.iter().map(|one| (share_bytes(one), *one)).collect();
        if exact.iter().map(|(bytes, _)| bytes).sum::<u64>() <= limit {
            continue;
        }
        // The tool host goes last: without it everything is lost.
        exact.sort_by_key(|(bytes, one)| (Some(*one) != watched.first, *bytes));
        if let Some((_, largest)) = exact.last() {
            watched.note(LimitReached::Memory { bytes: limit });
            largest.signal(Signal::KILL);
        }
    }
}

/// Bytes that are no file's; what several processes share counts for each of them.
fn private_bytes(process: &Process) -> u64 {
    kibibytes(process, "status", "RssAnon:").map_or(0, |found| found.saturating_mul(1024))
}

/// Its share of what it holds with others; where that cannot be read, what is no file's.
fn share_bytes(process: &Process) -> u64 {
    kibibytes(process, "smaps_rollup", "Pss_Anon:").map_or_else(
        || private_bytes(process),
        |found| found.saturating_mul(1024),
    )
}

/// The number in a line `Name:  123 kB` of a file in `/proc/PID`; a process that is gone has none.
fn kibibytes(process: &Process, file: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{}/{file}", process.pid)).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    value.trim().trim_end_matches("kB").trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_memory_is_seen_both_ways() {
        let held = vec![7_u8; 64 << 20];
        let all = Processes::now();
        let parent = std::os::unix::process::parent_id().cast_signed();
        let own = std::process::id().cast_signed();
        let below = all.below(Process::find(parent).unwrap());
        let us = below.iter().find(|one| one.pid == own).unwrap();
        assert!(private_bytes(us) > 64 << 20);
        assert!(share_bytes(us) > 64 << 20);
        drop(std::hint::black_box(held));
    }
}
