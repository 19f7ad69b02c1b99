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

/// How long killed processes may take to go.
const END_WAIT: Duration = Duration::from_secs(2);

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

/// Sends a signal to every descendant; who is stopped wakes up to receive it.
pub(crate) fn signal_all(signal: Signal) {
    for pid in descendants() {
        // Whoever ended meanwhile does not need it.
        let _ = kill(pid, signal);
        let _ = kill(pid, Signal::SIGCONT);
    }
}

/// Kills every descendant and takes it in; returns how many did not go in time.
pub(crate) fn end_all() -> usize {
    let deadline = Instant::now() + END_WAIT;
    let mut pause = Duration::from_micros(200);
    while reap(None).left {
        if Instant::now() > deadline {
            return descendants().len();
        }
        kill_all(deadline);
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
    0
}

/// Stops everyone before killing anyone: a fork bomb that is only killed grows as fast as it dies,
/// while stopped processes keep their places under the limit on processes.
fn kill_all(deadline: Instant) {
    let mut stopped = HashSet::new();
    loop {
        let fresh: Vec<Pid> = descendants()
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

/// All living processes below this one.
pub(crate) fn descendants() -> Vec<Pid> {
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
        if let Some(parent) = living_parent(pid) {
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

/// The parent of a process that is not a zombie. A zombie's children have another parent already.
fn living_parent(pid: i32) -> Option<i32> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, also parentheses and what is not UTF-8.
    let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let mut fields = std::str::from_utf8(stat.get(after_name..)?)
        .ok()?
        .split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (state != "Z" && state != "X").then_some(parent)
}
