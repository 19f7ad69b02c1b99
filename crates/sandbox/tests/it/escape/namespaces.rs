//! A namespace of its own gives a process new capabilities and with them most of the kernel.

use std::fs::File;
use std::os::fd::AsRawFd;

use nix::libc::{self, c_int};

use super::attempts::{Attempt, Reached, attempt};
use super::kernel::{apart, at, call, child, given, number};
use super::world::World;

const CLASS: &str = "namespaces";
const CLONE_NEWTIME: c_int = 0x80;

const KINDS: [(&str, c_int); 8] = [
    ("user", 0),
    ("user and mount", libc::CLONE_NEWNS),
    ("user and control group", libc::CLONE_NEWCGROUP),
    ("user and host name", libc::CLONE_NEWUTS),
    ("user and IPC", libc::CLONE_NEWIPC),
    ("user and process", libc::CLONE_NEWPID),
    ("user and network", libc::CLONE_NEWNET),
    ("user and time", CLONE_NEWTIME),
];

pub fn attempts() -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for (name, kind) in KINDS {
        let flags = libc::CLONE_NEWUSER | kind;
        let by = |call: &str| format!("{name}, by {call}");
        attempts.push(attempt(CLASS, by("unshare"), move |_| {
            given(libc::SYS_unshare, &[number(flags)])
        }));
        // The time flag means something else there.
        if kind != CLONE_NEWTIME {
            attempts.push(attempt(CLASS, by("clone"), move |_| {
                child(libc::SYS_clone, &[number(flags | libc::SIGCHLD)])
            }));
        }
        attempts.push(attempt(CLASS, by("clone3"), move |_| {
            let mut arguments = [0_u64; 11];
            arguments[0] = u64::from(flags.cast_unsigned());
            arguments[4] = u64::from(libc::SIGCHLD.cast_unsigned());
            child(libc::SYS_clone3, &[at(&arguments), number(88)])
        }));
    }
    let of = |name: &str, act: fn(&World) -> Reached| attempt(CLASS, name, act);
    attempts.extend([
        of("a process's user namespace", |world| {
            let space = File::open(format!("/proc/{}/ns/user", world.pid("apart")?))?;
            given(libc::SYS_setns, &[number(space.as_raw_fd()), 0])
        }),
        of("a process's namespaces at once", |world| {
            let process = call(libc::SYS_pidfd_open, &[number(world.pid("apart")?), 0])?;
            let kinds = libc::CLONE_NEWUSER | libc::CLONE_NEWNET;
            given(libc::SYS_setns, &[process, number(kinds)])
        }),
        of("user, by half a register", |_| {
            let flags = number(libc::CLONE_NEWUSER) | (1 << 40);
            apart(|| {
                call(libc::SYS_unshare, &[flags]).is_ok()
                    || call(libc::SYS_unshare, &[number(libc::CLONE_NEWUSER)]).is_ok()
            })
        }),
        of("user, by vfork's flags", |_| {
            let flags = libc::CLONE_NEWUSER | libc::SIGCHLD;
            child(libc::SYS_clone, &[number(flags) | (1 << 40)])
        }),
        of("user, by a program", |_| {
            super::attempts::shell("unshare --user --map-root-user true")
        }),
    ]);
    attempts
}
