//! The processes of the host as `/proc` shows them, and which of them are below a sandbox's outer process.
//!
//! Whatever a confined process starts stays below the outer bubblewrap: an orphan becomes a child of the
//! first process inside. A number may be given away at any time, so nothing is signalled by number.

use std::collections::{HashMap, HashSet};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// How long a tree may go on making processes while it is stopped.
const STOP_WAIT: Duration = Duration::from_secs(2);
/// Fields of `/proc/PID/stat` between the parent and the start.
const TO_STARTED_AT: usize = 17;

/// A process, told from a later one of the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    /// In the kernel's ticks.
    started_at: u64,
}

/// All processes of the host at one moment.
pub(crate) struct Processes(HashMap<i32, Vec<Process>>);

impl Processes {
    /// Looks at `/proc`.
    pub(crate) fn now() -> Self {
        let mut children: HashMap<i32, Vec<Process>> = HashMap::new();
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        for entry in entries {
            let name = entry.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            if let Some((parent, process)) = living(pid) {
                children.entry(parent).or_default().push(process);
            }
        }
        Self(children)
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = Process> {
        self.0.values().flatten().copied()
    }

    /// How many threads those of a user have.
    pub(crate) fn thread_count_of(&self, uid: u32) -> u64 {
        let folder = |process: &Process| format!("/proc/{}", process.pid);
        let is_of =
            |folder: &String| std::fs::metadata(folder).is_ok_and(|about| about.uid() == uid);
        let threads = |folder: String| {
            std::fs::read_dir(folder + "/task").map_or(0, |tasks| tasks.count() as u64)
        };
        let folders = self.all().map(|process| folder(&process));
        folders.filter(is_of).map(threads).sum()
    }

    /// All that are below a process, itself not among them; none if it is gone, whoever has its number now.
    pub(crate) fn below(&self, top: Process) -> Vec<Process> {
        if !self.all().any(|one| one == top) {
            return Vec::new();
        }
        let (mut found, mut open) = (Vec::new(), vec![top.pid]);
        while let Some(parent) = open.pop() {
            for process in self.0.get(&parent).into_iter().flatten() {
                found.push(*process);
                open.push(process.pid);
            }
        }
        found
    }
}

impl Process {
    /// The living process of that number.
    pub(crate) fn find(pid: i32) -> Option<Self> {
        living(pid).map(|(_, process)| process)
    }

    /// Somebody who had the same number before.
    #[cfg(test)]
    pub(crate) const fn of_an_earlier_life(self) -> Self {
        Self {
            pid: self.pid,
            started_at: self.started_at - 1,
        }
    }

    /// The living process of that number, if it is a child of that one.
    pub(crate) fn find_child(pid: i32, of: Self) -> Option<Self> {
        let (parent, process) = living(pid)?;
        (parent == of.pid).then_some(process)
    }

    /// Sends a signal; whoever is gone does not need it.
    pub(crate) fn signal(&self, signal: Signal) {
        let Some(pid) = Pid::from_raw(self.pid) else {
            return;
        };
        let Ok(held) = pidfd_open(pid, PidfdFlags::empty()) else {
            return;
        };
        // From here on the number stays this process's, if it still is.
        if living(self.pid).is_some_and(|(_, now)| now == *self) {
            let _ = pidfd_send_signal(held.as_fd(), signal);
        }
    }
}

/// Kills everything below a process but the one `spared`. All are stopped first: a fork bomb that is only
/// killed grows as fast as it dies.
pub(crate) fn kill_below(top: Process, spared: Option<Process>) {
    let deadline = Instant::now() + STOP_WAIT;
    let mut stopped = HashSet::new();
    while Instant::now() < deadline {
        let below = Processes::now().below(top);
        let fresh: Vec<Process> = below
            .into_iter()
            .filter(|one| Some(*one) != spared && !stopped.contains(one))
            .collect();
        if fresh.is_empty() {
            break;
        }
        for process in fresh {
            process.signal(Signal::STOP);
            stopped.insert(process);
        }
    }
    for process in stopped {
        process.signal(Signal::KILL);
    }
}

/// The parent of a process, and itself; none for a zombie.
fn living(pid: i32) -> Option<(i32, Process)> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything.
    let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let mut fields = std::str::from_utf8(stat.get(after_name..)?)
        .ok()?
        .split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let started_at = fields.nth(TO_STARTED_AT)?.parse().ok()?;
    let is_living = state != "Z" && state != "X";
    is_living.then_some((parent, Process { pid, started_at }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn only_what_is_below_is_found_and_killed() {
        let script = "sleep 600 & sleep 600 & wait";
        let mut shell = Command::new("/bin/sh")
            .args(["-c", script])
            .spawn()
            .unwrap();
        let mut beside = Command::new("/bin/sleep").arg("600").spawn().unwrap();
        let top = Process::find(shell.id().cast_signed()).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while Processes::now().below(top).len() < 2 {
            assert!(Instant::now() < deadline, "no children are seen");
        }
        // One that had the number before has nobody below it any more.
        let earlier = top.of_an_earlier_life();
        kill_below(earlier, None);
        earlier.signal(Signal::KILL);
        assert_eq!(Processes::now().below(top).len(), 2);
        assert_eq!(shell.try_wait().unwrap(), None);
        kill_below(top, None);
        // The shell waited for both.
        assert!(shell.wait().unwrap().success());
        assert_eq!(beside.try_wait().unwrap(), None);
        beside.kill().unwrap();
        beside.wait().unwrap();
    }
}
