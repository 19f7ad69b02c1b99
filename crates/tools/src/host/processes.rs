//! Everything that a command started and left behind.
//!
//! The tool host is the subreaper: a process whose parent dies becomes its child, whatever session or
//! group it fled to. So no children means no descendants, and one system call answers that.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid};

use super::no_proc;

/// How long killed processes may take to go.
const END_WAIT: Duration = Duration::from_secs(2);

/// A process, told from a later one of the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pid: Pid,
    /// In the kernel's ticks.
    started_at: u64,
}

impl Process {
    /// Its number.
    pub(crate) const fn pid(self) -> Pid {
        self.pid
    }
}

/// What a round of reaping found.
pub(crate) struct Reaped {
    /// How the awaited process ended, if it did.
    pub(crate) awaited: Option<WaitStatus>,
    /// Whether any child is left, and so any descendant.
    pub(crate) left: bool,
}

/// Takes in whoever has ended, without waiting.
pub(crate) fn reap(awaited: Option<Pid>) -> Reaped {
    let mut found = None;
    let flags = WaitPidFlag::WNOHANG | WaitPidFlag::__WALL;
    loop {
        match waitpid(Pid::from_raw(-1), Some(flags)) {
            Ok(WaitStatus::StillAlive) => {
                return Reaped {
                    awaited: found,
                    left: true,
                };
            }
            Ok(status) => {
                if status.pid().is_some() && status.pid() == awaited {
                    found = Some(status);
                }
            }
            Err(Errno::EINTR) => {}
            Err(_) => {
                return Reaped {
                    awaited: found,
                    left: false,
                };
            }
        }
    }
}

/// A process that runs.
pub(crate) fn find(pid: Pid) -> Option<Process> {
    if no_proc::is_here() {
        // Nobody else gets the number of a child before it was taken in.
        return no_proc::is_running(pid).then_some(Process { pid, started_at: 0 });
    }
    let Stat { started_at, .. } = living(pid.as_raw())?;
    Some(Process { pid, started_at })
}

/// Sends a signal to every descendant beside what is kept; who is stopped wakes up to receive it.
pub(crate) fn signal_all(signal: Signal, kept: &[Process]) {
    if no_proc::is_here() {
        return match kept {
            [] => no_proc::signal_everybody(signal),
            [_, ..] => no_proc::signal_families(&descendants(kept), signal),
        };
    }
    for pid in descendants(kept) {
        // Whoever ended meanwhile does not need it.
        let _ = kill(pid, signal);
        let _ = kill(pid, Signal::SIGCONT);
    }
}

/// Kills every descendant beside what is kept and takes it in; returns how many did not go in time.
pub(crate) fn end_all(kept: &[Process]) -> usize {
    let deadline = Instant::now() + END_WAIT;
    let mut pause = Duration::from_micros(200);
    while reap(None).left {
        let left = descendants(kept);
        // Without any that is kept, who is a zombie yet is waited for.
        if left.is_empty() && !kept.is_empty() {
            return 0;
        }
        if Instant::now() > deadline {
            if no_proc::is_here() {
                // What grows faster than it can be found goes together with what was to be spared.
                no_proc::signal_everybody(Signal::SIGKILL);
            }
            return left.len();
        }
        kill_all(deadline, kept);
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
    0
}

/// Stops everyone before killing anyone: a fork bomb that is only killed grows as fast as it dies,
/// while stopped processes keep their places under the limit on processes.
fn kill_all(deadline: Instant, kept: &[Process]) {
    if no_proc::is_here() {
        return signal_all(Signal::SIGKILL, kept);
    }
    let mut stopped = HashSet::new();
    loop {
        let fresh: Vec<Pid> = descendants(kept)
            .into_iter()
            .filter(|pid| !stopped.contains(pid))
            .collect();
        if fresh.is_empty() || Instant::now() > deadline {
            break;
        }
        for pid in fresh {
            let _ = kill(pid, Signal::SIGSTOP);
            stopped.insert(pid);
        }
    }
    for pid in stopped {
        let _ = kill(pid, Signal::SIGKILL);
    }
}

/// All living processes below this one, but those that are kept and what is below them. Without `/proc` only
/// the children among them.
pub(crate) fn descendants(kept: &[Process]) -> Vec<Pid> {
    if no_proc::is_here() {
        let is_kept = |pid: &Pid| kept.iter().any(|process| process.pid == *pid);
        let mut children = no_proc::children();
        children.retain(|pid| !is_kept(pid));
        return children;
    }
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    for entry in entries {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let Some(Stat { parent, started_at }) = living(pid) else {
            continue;
        };
        let process = Process {
            pid: Pid::from_raw(pid),
            started_at,
        };
        if !kept.contains(&process) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut open = vec![getpid().as_raw()];
    while let Some(parent) = open.pop() {
        for child in children.remove(&parent).unwrap_or_default() {
            found.push(Pid::from_raw(child));
            open.push(child);
        }
    }
    found
}

/// What the kernel says of a process.
struct Stat {
    parent: i32,
    started_at: u64,
}

/// Fields between a process's parent and when it was started.
const TO_STARTED_AT: usize = 17;

/// A process that is not a zombie. A zombie's children have another parent already.
fn living(pid: i32) -> Option<Stat> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, also parentheses and what is not UTF-8.
    let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let mut fields = std::str::from_utf8(stat.get(after_name..)?)
        .ok()?
        .split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let started_at = fields.nth(TO_STARTED_AT)?.parse().ok()?;
    (state != "Z" && state != "X").then_some(Stat { parent, started_at })
}
