//! The end of a sandbox that has no pid namespace: whatever it started, wherever that fled to.
//!
//! Where there are control groups, nobody leaves them, and that is all. Elsewhere the tree below the first
//! process is stopped and killed, as long as that process holds it together; who got away from it before is
//! found by the user id, if that is the sandbox's own, or else by a variable in its environment. Under a shared
//! user two things are not found, both of somebody who killed the first process before: a program that was
//! started without the variable, and one that wrote over its environment or keeps it from being read.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::User;
use crate::processes::{Process, Processes, kill_below};

/// How long killed processes may take to be gone.
const END_WAIT: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(2);

/// By what the processes of a sandbox are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// A user id that nobody else has.
    Uid(u32),
    /// A variable in their environment: its name and value.
    Variable(OsString, OsString),
}

impl Sign {
    /// The sign of a sandbox for that user, whose processes have that variable.
    pub(crate) fn of(user: &User, (name, value): (OsString, OsString)) -> Self {
        match user {
            User::Dropped { uid, .. } => Self::Uid(*uid),
            User::Current => Self::Variable(name, value),
        }
    }

    fn is_of(&self, process: &Process) -> bool {
        let folder = format!("/proc/{}", process.pid);
        match self {
            Self::Uid(uid) => std::fs::metadata(folder).is_ok_and(|about| about.uid() == *uid),
            Self::Variable(name, value) => {
                let wanted = [name.as_bytes(), b"=", value.as_bytes()].concat();
                let environment = std::fs::read(folder + "/environ").unwrap_or_default();
                environment
                    .split(|byte| *byte == 0)
                    .any(|pair| pair == wanted)
            }
        }
    }
}

/// Kills the tree below the first process if that is still there, then that process, then whoever has the
/// sign, until nobody is left; false if somebody is. Blocks.
pub(crate) fn end(first: Option<Process>, sign: &Sign) -> bool {
    if let Some(first) = first {
        kill_below(first, None);
        first.signal(Signal::KILL);
    }
    let deadline = Instant::now() + END_WAIT;
    loop {
        let left: Vec<Process> = Processes::now()
            .all()
            .filter(|process| sign.is_of(process))
            .collect();
        if left.is_empty() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        // Stopped first: a fork bomb that is only killed grows as fast as it dies.
        for signal in [Signal::STOP, Signal::KILL] {
            left.iter().for_each(|process| process.signal(signal));
        }
        std::thread::sleep(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn who_fled_is_found_by_the_sign_and_others_are_spared() {
        let sign = |value: &str| Sign::Variable("OUTWORK_TREE_TEST".into(), value.into());
        let start = |value: &str| {
            let script = "setsid sleep 600 & setsid setsid sleep 600 & wait";
            let mut command = Command::new("/bin/sh");
            command
                .args(["-c", script])
                .env("OUTWORK_TREE_TEST", value)
                .spawn()
                .unwrap()
        };
        let own = std::process::id();
        let (ours, others) = (format!("ours-{own}"), format!("others-{own}"));
        let (mut first, mut beside) = (start(&ours), start(&others));
        let count = |value: &str| {
            let sign = sign(value);
            Processes::now().all().filter(|one| sign.is_of(one)).count()
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        while count(&ours) < 3 || count(&others) < 3 {
            assert!(Instant::now() < deadline, "they do not run");
        }
        // Nobody holds the tree together any more.
        first.kill().unwrap();
        first.wait().unwrap();
        assert!(end(None, &sign(&ours)));
        assert_eq!((count(&ours), count(&others)), (0, 3));
        let held = Process::find(beside.id().cast_signed());
        assert!(held.is_some() && end(held, &sign(&others)));
        assert_eq!(count(&others), 0);
        beside.wait().unwrap();
    }
}
