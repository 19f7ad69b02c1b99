//! Holds workspaces to their limits on the disk where no quota does.
//!
//! It looks every few seconds, at once when the file system's free space falls fast, and never spends more
//! than a part of its time on it. Beyond its limit a workspace's commands are ended; cleaning up is
//! possible then, growing is not: whoever grows by another quarter loses the sandbox.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::statvfs::statvfs;
use rustix::process::Signal;

use crate::disk_usage::{Usage, usage_of};
use crate::limit_reached::LimitReached;
use crate::processes::kill_below;
use crate::watch::{Over, Watched, lock};

/// Between two looks where nothing is conspicuous.
const CALM: Duration = Duration::from_secs(5);
/// A fall of the free space that is worth a look at once, in bytes and in files.
const FALL: Usage = Usage {
    bytes: 64 << 20,
    files: 10_000,
};
/// The pause after a look is so many times as long as the look.
const PAUSE_FACTOR: u32 = 4;
/// Beyond the limit a workspace may grow by this part of it.
const GROWTH_PART: u64 = 4;
/// Files are counted up to so many times their limit.
const HORIZON_FACTOR: u64 = 4;

/// The state of one watch.
pub(crate) struct DiskWatch {
    free: Option<Usage>,
    pause_until: Instant,
    calm_until: Instant,
}

impl DiskWatch {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self {
            free: None,
            pause_until: now,
            calm_until: now,
        }
    }

    /// Looks, if it is time.
    pub(crate) fn look(&mut self, sandboxes: &[Arc<Watched>]) {
        let began = Instant::now();
        let folder = sandboxes.iter().find_map(|one| one.folders.first());
        let free = folder.and_then(|folder| free(folder));
        if began < self.pause_until || (began < self.calm_until && !self.has_fallen(free)) {
            return;
        }
        self.free = free;
        for watched in sandboxes {
            judge(watched);
        }
        let ended = Instant::now();
        self.pause_until = ended + (ended - began) * PAUSE_FACTOR;
        self.calm_until = ended + CALM;
    }

    fn has_fallen(&self, now: Option<Usage>) -> bool {
        let (Some(last), Some(now)) = (self.free, now) else {
            return false;
        };
        let fallen = Usage {
            bytes: last.bytes.saturating_sub(now.bytes),
            files: last.files.saturating_sub(now.files),
        };
        fallen.exceeds(FALL)
    }
}

/// What a file system has left.
fn free(folder: &Path) -> Option<Usage> {
    let system = statvfs(folder).ok()?;
    Some(Usage {
        bytes: system.blocks_free().saturating_mul(system.fragment_size()),
        files: system.files_free(),
    })
}

/// What is to be done about a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fine,
    /// Over its limit, but it does not grow.
    Tolerated,
    EndCommands,
    EndSandbox,
}

fn judge(watched: &Watched) {
    let limit = Usage {
        bytes: watched.limits.disk_bytes,
        files: watched.limits.disk_files,
    };
    let usage = usage_of(&watched.folders, horizon(limit));
    let mut over = lock(&watched.over);
    let verdict = verdict(usage, limit, *over);
    *over = match (verdict, *over) {
        (Verdict::Fine, _) => None,
        (_, Some(Over { first, .. })) => Some(Over { first, last: usage }),
        (_, None) => Some(Over {
            first: usage,
            last: usage,
        }),
    };
    let Usage { bytes, files } = limit;
    match verdict {
        Verdict::Fine | Verdict::Tolerated => {}
        Verdict::EndCommands => {
            watched.note(LimitReached::Disk { bytes, files });
            if let Some(outer) = watched.outer {
                kill_below(outer, watched.first);
            }
        }
        Verdict::EndSandbox => {
            watched.note(LimitReached::DiskForGood { bytes, files });
            if let Some(first) = watched.first {
                if watched.outer == Some(first) {
                    // No namespace ends the others with it.
                    kill_below(first, None);
                }
                // With the first process of a namespace, the kernel ends all others.
                first.signal(Signal::KILL);
            }
        }
    }
}

fn verdict(usage: Usage, limit: Usage, over: Option<Over>) -> Verdict {
    if !usage.exceeds(limit) {
        return Verdict::Fine;
    }
    let Some(Over { first, last }) = over else {
        return Verdict::EndCommands;
    };
    let most = Usage {
        bytes: first.bytes.saturating_add(limit.bytes / GROWTH_PART),
        files: first.files.saturating_add(limit.files / GROWTH_PART),
    };
    // Beyond what is looked at, growth can no longer be seen.
    if usage.exceeds(most) || usage.exceeds(horizon(limit)) {
        Verdict::EndSandbox
    } else if usage.exceeds(last) {
        Verdict::EndCommands
    } else {
        Verdict::Tolerated
    }
}

/// How far a look goes: files cost time, bytes do not.
const fn horizon(limit: Usage) -> Usage {
    Usage {
        bytes: u64::MAX,
        files: limit.files.saturating_mul(HORIZON_FACTOR),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Command, Stdio};

    use super::*;
    use crate::processes::Process;
    use crate::{Access, Bind, ResourceLimits, Spec, User};

    const fn usage(bytes: u64, files: u64) -> Usage {
        Usage { bytes, files }
    }

    #[test]
    fn growing_is_ended_and_cleaning_up_is_not() {
        let limit = usage(100, 40);
        let at = |now, over: Option<(Usage, Usage)>| {
            let over = over.map(|(first, last)| Over { first, last });
            verdict(now, limit, over)
        };
        assert_eq!(at(usage(100, 40), None), Verdict::Fine);
        assert_eq!(at(usage(101, 0), None), Verdict::EndCommands);
        assert_eq!(at(usage(0, 41), None), Verdict::EndCommands);
        let first = usage(150, 10);
        assert_eq!(at(first, Some((first, first))), Verdict::Tolerated);
        assert_eq!(at(usage(120, 9), Some((first, first))), Verdict::Tolerated);
        let grown = usage(170, 10);
        assert_eq!(at(grown, Some((first, first))), Verdict::EndCommands);
        assert_eq!(at(grown, Some((first, grown))), Verdict::Tolerated);
        let last = usage(175, 10);
        assert_eq!(at(usage(176, 10), Some((first, last))), Verdict::EndSandbox);
        assert_eq!(at(usage(150, 21), Some((first, last))), Verdict::EndSandbox);
        assert_eq!(at(usage(90, 10), Some((first, last))), Verdict::Fine);
        let beyond = usage(0, 161);
        assert_eq!(at(beyond, None), Verdict::EndCommands);
        assert_eq!(at(beyond, Some((beyond, beyond))), Verdict::EndSandbox);
    }

    /// Whoever has the numbers of a sandbox that is gone is somebody else.
    #[test]
    fn who_has_the_number_of_a_process_that_is_gone_is_spared() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "beyond").unwrap();
        let spec = Spec {
            program: "/bin/sh".into(),
            arguments: Vec::new(),
            user: User::Current,
            binds: vec![Bind {
                source: folder.path().to_owned(),
                target: "/repo".into(),
                access: Access::ReadWrite,
            }],
            working_folder: "/repo".into(),
            environment: Vec::new(),
            limits: ResourceLimits {
                disk_bytes: 1,
                ..ResourceLimits::default()
            },
        };
        let start = || {
            let mut command = Command::new("/bin/sh");
            let command = command.args(["-c", "read line; exit 7"]);
            command.stdin(Stdio::piped()).spawn().unwrap()
        };
        let judged = |child: &Child, change: fn(Process) -> Process| {
            let mut watched = Watched::new(child.id(), child.id().cast_signed(), &spec);
            watched.outer = watched.outer.map(change);
            watched.first = watched.outer;
            // The first look would end commands only.
            let first = usage(0, 0);
            *lock(&watched.over) = Some(Over { first, last: first });
            judge(&watched);
            let reached = watched.take_news();
            assert!(
                matches!(reached[..], [LimitReached::DiskForGood { .. }]),
                "{reached:?}"
            );
        };
        let mut stranger = start();
        judged(&stranger, Process::of_an_earlier_life);
        // It answers, so nobody has ended it.
        stranger.stdin.take().unwrap().write_all(b"on\n").unwrap();
        assert_eq!(stranger.wait().unwrap().code(), Some(7));
        // The control: the process itself.
        let mut own = start();
        judged(&own, |process| process);
        assert_eq!(own.wait().unwrap().signal(), Some(9));
    }

    #[test]
    fn a_fall_of_the_free_space_is_seen() {
        let mut watch = DiskWatch::new();
        assert!(!watch.has_fallen(Some(usage(1, 1))));
        watch.free = Some(usage(1 << 30, 1 << 20));
        assert!(!watch.has_fallen(None));
        assert!(!watch.has_fallen(Some(usage((1 << 30) - FALL.bytes, 1 << 20))));
        assert!(watch.has_fallen(Some(usage((1 << 30) - FALL.bytes - 1, 1 << 20))));
        assert!(watch.has_fallen(Some(usage(1 << 31, 1))));
    }
}
