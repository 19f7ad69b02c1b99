//! What a command left behind, where there is no `/proc` to see it in.
//!
//! The kernel tells only of each number whether a child of ours has it. That is enough: the tool host is the
//! first process of its namespace, so whoever loses his parent becomes its child, and generation after
//! generation can be ended. Where nothing is to be spared, one call ends everybody at once.

use std::path::Path;

use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{Pid, getpid, gettid};

/// Everybody but the caller and the first process of the namespace.
const EVERYBODY: Pid = Pid::from_raw(-1);
/// The kernel's own limit on numbers where it has not been raised. Numbers are given away in order, so that
/// larger ones than the newest are in use only after millions of processes of one sandbox.
const USUAL_MAX: i32 = 32_768;

/// Whether this is such a place. Only as the first process of a namespace: elsewhere "everybody" is more than
/// what is ours.
pub(super) fn is_here() -> bool {
    getpid() == Pid::from_raw(1) && !Path::new("/proc/self").exists()
}

/// Whether a child runs.
pub(super) fn is_running(pid: Pid) -> bool {
    let flags =
        WaitPidFlag::WNOHANG | WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::__WALL;
    waitid(Id::Pid(pid), flags) == Ok(WaitStatus::StillAlive)
}

/// All children that run.
pub(super) fn children() -> Vec<Pid> {
    let last = newest().max(USUAL_MAX);
    (2..=last)
        .map(Pid::from_raw)
        .filter(|pid| is_running(*pid))
        .collect()
}

/// The newest number: threads have some of the same kind.
fn newest() -> i32 {
    let thread = std::thread::Builder::new().spawn(gettid);
    let number = thread.ok().and_then(|thread| thread.join().ok());
    number.map_or(USUAL_MAX, Pid::as_raw)
}

/// Sends a signal to everybody, who is stopped included.
pub(super) fn signal_everybody(signal: Signal) {
    // Nobody left is as good.
    let _ = kill(EVERYBODY, signal);
    let _ = kill(EVERYBODY, Signal::SIGCONT);
}

/// Sends a signal to children and the groups that they lead.
pub(super) fn signal_families(children: &[Pid], signal: Signal) {
    for pid in children {
        // Whoever ended meanwhile does not need it, and not everybody leads a group.
        let _ = kill(*pid, signal);
        let _ = killpg(*pid, signal);
        let _ = kill(*pid, Signal::SIGCONT);
        let _ = killpg(*pid, Signal::SIGCONT);
    }
}
