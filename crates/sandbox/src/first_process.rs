//! The first process of a sandbox's pid namespace, held by a descriptor instead of a number.
//!
//! When it is gone, the kernel has ended every other process of its namespace.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A process that can be waited for and killed without its number.
pub(crate) struct FirstProcess(AsyncFd<OwnedFd>);

impl FirstProcess {
    /// Takes hold of a child of `parent`; none if it has ended already. Within a tokio runtime.
    pub(crate) fn open(pid: i32, parent: u32) -> io::Result<Option<Self>> {
        let opened = Pid::from_raw(pid).ok_or(Errno::SRCH);
        let descriptor = match opened.and_then(|pid| pidfd_open(pid, PidfdFlags::empty())) {
            Ok(descriptor) => descriptor,
            Err(Errno::SRCH) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        // Its number may have been given away between its end and our opening it.
        if parent_of(pid) != Some(parent) {
            return Ok(None);
        }
        register(descriptor).map(Some)
    }

    /// Waits until it has ended.
    pub(crate) async fn gone(&self) -> io::Result<()> {
        self.0.readable().await.map(drop)
    }

    /// Kills it; it may be gone already, which is as good.
    pub(crate) fn kill(&self) {
        let _ = pidfd_send_signal(self.0.get_ref(), Signal::KILL);
    }
}

#[expect(
    unsafe_code,
    reason = "tokio wants the word that the descriptor stays open"
)]
fn register(descriptor: OwnedFd) -> io::Result<FirstProcess> {
    // SAFETY: an `OwnedFd` stays open and keeps its number until it is dropped, and `AsyncFd` owns it.
    let registered = unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) };
    Ok(FirstProcess(registered?))
}

fn parent_of(pid: i32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok()
}
