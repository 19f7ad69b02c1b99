//! CPU and memory of a process and of everything that it started.
//!
//! What a process leaves behind when it dies becomes ours, so that no CPU time is lost to init.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;

/// Makes the children of dead children ours.
pub fn adopt_orphans() -> Result<()> {
    prctl::set_child_subreaper(true).context("cannot become a subreaper")
}

/// CPU time of a process, of all that it started, and of what those left behind.
pub fn cpu_of_tree(root: u32) -> Result<Duration> {
    reap_orphans(root)?;
    let mut ticks = 0;
    for pid in tree(root)? {
        // A process may end while we look; its time is then in its parent's.
        ticks += ticks_of(pid).unwrap_or(0);
    }
    Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND) + of_reaped()?)
}

/// Proportional memory of a process and of all that it started, in bytes.
pub fn memory_of_tree(root: u32) -> Result<u64> {
    let sizes = tree(root)?.into_iter().filter_map(proportional_bytes);
    Ok(sizes.sum())
}

/// How many processes there are in the tree.
pub fn count_of_tree(root: u32) -> Result<usize> {
    Ok(tree(root)?.len())
}

/// USER_HZ, which Linux shows to programs as 100 on every machine.
const TICKS_PER_SECOND: u64 = 100;

/// The process and its living descendants.
fn tree(root: u32) -> Result<Vec<u32>> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if let Some(parent) = stat(pid).and_then(|fields| fields.get(1)?.parse().ok()) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = vec![root];
    let mut at = 0;
    while let Some(pid) = found.get(at) {
        found.extend(children.remove(pid).unwrap_or_default());
        at += 1;
    }
    Ok(found)
}

/// The fields of `/proc/<pid>/stat` behind the name, which may hold anything: state, parent, …
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

/// User and system time of a process and of the children that it has waited for.
fn ticks_of(pid: u32) -> Option<u64> {
    let fields = stat(pid)?;
    let four = fields.get(11..15)?;
    four.iter().map(|field| field.parse::<u64>().ok()).sum()
}

fn proportional_bytes(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// Waits for every dead child but `keep`, whose end belongs to its owner.
fn reap_orphans(keep: u32) -> Result<()> {
    let keep = Pid::from_raw(i32::try_from(keep)?);
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    loop {
        match waitid(Id::All, look) {
            Ok(WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, _, _)) if pid != keep => {
                waitpid(pid, None)?;
            }
            Ok(_) | Err(Errno::ECHILD) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

fn of_reaped() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok(duration(usage.user_time())? + duration(usage.system_time())?)
}

fn duration(time: TimeVal) -> Result<Duration> {
    let whole = Duration::from_secs(u64::try_from(time.tv_sec())?);
    Ok(whole + Duration::from_micros(u64::try_from(time.tv_usec())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_process_has_time_memory_and_a_parent() {
        let own = std::process::id();
        assert!(count_of_tree(own).unwrap() >= 1);
        assert!(memory_of_tree(own).unwrap() > 100_000);
        assert!(ticks_of(own).is_some());
        assert_eq!(
            stat(own).unwrap()[1],
            std::os::unix::process::parent_id().to_string()
        );
    }
}
