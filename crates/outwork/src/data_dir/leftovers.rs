//! What outlived the last holder of the data folder: git processes, and sandboxes in the making.
//!
//! Every process that a server starts on the host has the folder's mark in its environment, and so has
//! what those start. What runs inside a sandbox has it not: it ends with the outer bubblewrap, or at
//! the end of its standard input. But a bubblewrap whose outer half was killed before its word to go on
//! waits for it for ever. Only for the holder of the lock, before it starts anything: then whatever
//! has the mark is nobody's.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tracing::warn;

const NAME: &str = "OUTWORK_PROCESS_OF";
/// How long killed processes may take to be gone.
const END_WAIT: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(2);

/// A variable of the environment: its name and its value.
pub type Mark = (OsString, OsString);

/// The mark of a folder's processes.
pub fn mark_of(folder: &Path) -> Mark {
    (NAME.into(), folder.into())
}

/// Kills what has the mark, and looks again until nothing has: the killed may just have started others.
pub fn end(mark: &Mark) {
    let deadline = Instant::now() + END_WAIT;
    let mut killed = BTreeSet::new();
    loop {
        let left = marked(mark);
        if left.is_empty() {
            break;
        }
        if Instant::now() >= deadline {
            // They cannot run any more; waiting longer would only keep the server from starting.
            warn!(?left, "killed processes of a dead server are not gone");
            break;
        }
        for pid in left {
            match kill(Pid::from_raw(pid), Signal::SIGKILL) {
                Ok(()) => drop(killed.insert(pid)),
                Err(Errno::ESRCH) => {}
                Err(error) => warn!(pid, %error, "a process of a dead server cannot be killed"),
            }
        }
        std::thread::sleep(LOOK);
    }
    if !killed.is_empty() {
        warn!(pids = ?killed, "ended what a dead server left running");
    }
}

/// The processes that have a mark. The environment of other users' processes cannot be read, but none
/// of ours is among them: runs are this user's own, or this is root.
fn marked((name, value): &Mark) -> Vec<i32> {
    let mark = [name.as_bytes(), b"=", value.as_bytes()].concat();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == mark)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Command};

    /// A process with the mark of a folder; it shows a moment after the process runs.
    fn start(folder: &Path) -> Child {
        let mark = mark_of(folder);
        let child = Command::new("/bin/sleep")
            .arg("600")
            .envs([mark.clone()])
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while marked(&mark).is_empty() {
            assert!(Instant::now() < deadline, "no mark is seen");
            std::thread::yield_now();
        }
        child
    }

    #[test]
    fn processes_of_a_dead_server_are_killed_and_others_are_not() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("data");
        let mut ours = start(&path);
        let mut others = start(&base.path().join("data-of-another"));
        end(&mark_of(&path));
        assert_eq!(marked(&mark_of(&path)), Vec::<i32>::new());
        assert_eq!(others.try_wait().unwrap(), None);
        others.kill().unwrap();
        others.wait().unwrap();
        assert_eq!(ours.wait().unwrap().signal(), Some(9));
    }
}
