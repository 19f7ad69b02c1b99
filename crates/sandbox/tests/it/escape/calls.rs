//! Parts of the kernel that no build needs, and calls past the list of their numbers.

use nix::libc;

use super::attempts::{Attempt, Reached, attempt, of_root, shell, unless_denied};
use super::kernel::{apart, at, call, given, into, looked_at, number};
use super::world::World;

const CLASS: &str = "kernel calls";
const ROOT_CLASS: &str = "the machine as a whole";
const SESSION: i64 = -3;
/// A pointer to nothing.
const NOWHERE: i64 = 8;

pub fn attempts() -> Vec<Attempt> {
    let of = |name: &str, act: fn(&World) -> Reached| attempt(CLASS, name, act);
    let mut attempts = vec![
        of("a ring of io_uring", |_| {
            let mut parameters = [0_u64; 15];
            given(libc::SYS_io_uring_setup, &[1, into(&mut parameters)])
        }),
        of("entering a ring", |_| {
            looked_at(libc::SYS_io_uring_enter, &[-1])
        }),
        of("registering with a ring", |_| {
            looked_at(libc::SYS_io_uring_register, &[-1])
        }),
        of("the keyring of the session", |_| {
            given(libc::SYS_keyctl, &[0, SESSION, 1])
        }),
        of("a keyring of its own", |_| given(libc::SYS_keyctl, &[1, 0])),
        of("a key", |_| {
            let (kind, name) = (c"user".to_bytes_with_nul(), c"escape".to_bytes_with_nul());
            given(libc::SYS_add_key, &[at(kind), at(name), at(b"x"), 1, -2])
        }),
        of("asking for a key", |_| {
            let (kind, name) = (c"user".to_bytes_with_nul(), c"escape".to_bytes_with_nul());
            looked_at(libc::SYS_request_key, &[at(kind), at(name), 0, 0])
        }),
        of("faults of memory", |_| given(libc::SYS_userfaultfd, &[1])),
        of("counters of events", |_| {
            let mut wanted = [0_u64; 16];
            // The software clock, without the kernel and the hypervisor.
            wanted[0] = 1 | (128 << 32);
            wanted[5] = (1 << 5) | (1 << 6);
            given(libc::SYS_perf_event_open, &[at(&wanted), 0, -1, -1, 0])
        }),
        of("a handle of a file", |_| {
            let name = c".".to_bytes_with_nul();
            let (handle, mount) = ([128_u32; 40], 0_u64);
            let here = number(libc::AT_FDCWD);
            looked_at(
                libc::SYS_name_to_handle_at,
                &[here, at(name), at(&handle), at(&mount), 0],
            )
        }),
        of("being traced", |_| {
            apart(|| call(libc::SYS_ptrace, &[0]).is_ok())
        }),
        of("comparing itself", |_| {
            let own = number(i64::from(std::process::id()));
            given(libc::SYS_kcmp, &[own, own, 1, 0, 0])
        }),
    ];
    attempts.extend(settings());
    attempts.extend(other_gates());
    attempts.into_iter().map(denied_by_settings).collect()
}

/// The clock, quotas, the tree of mounts and the log.
fn settings() -> Vec<Attempt> {
    let of = |name: &str, act: fn(&World) -> Reached| attempt(CLASS, name, act);
    vec![
        of("the clock's adjustments", |_| {
            let mut times = [0_u64; 64];
            given(libc::SYS_adjtimex, &[into(&mut times)])
        }),
        of("a clock's adjustments", |_| {
            let mut times = [0_u64; 64];
            given(libc::SYS_clock_adjtime, &[0, into(&mut times)])
        }),
        of("setting the clock", |_| {
            looked_at(libc::SYS_clock_settime, &[0, NOWHERE])
        }),
        of("setting the time of day", |_| {
            looked_at(libc::SYS_settimeofday, &[NOWHERE, 0])
        }),
        of("writing all quotas", |_| {
            looked_at(libc::SYS_quotactl, &[0x8000_0100, 0, 0, 0])
        }),
        of("quotas of a file system", |_| {
            looked_at(libc::SYS_quotactl_fd, &[-1, 0, 0, 0])
        }),
        of("the newer form of a copy of the tree", |_| {
            let here = number(libc::AT_FDCWD);
            looked_at(467, &[here, at(c"/".to_bytes_with_nul()), 0, 0, 0])
        }),
        of("the kernel's log, by a program", |_| {
            shell("dmesg | head -1 | grep -q .")
        }),
    ]
}

/// Distributions switch these off for everybody.
fn denied_by_settings(attempt: Attempt) -> Attempt {
    let (setting, most) = match attempt.name.as_str() {
        "counters of events" => ("perf_event_paranoid", 2),
        "a ring of io_uring" => ("io_uring_disabled", 0),
        "the kernel's log, by a program" => ("dmesg_restrict", 0),
        _ => return attempt,
    };
    unless_denied(setting, most, attempt)
}

/// The same kernel by another gate, where numbers mean something else.
#[cfg(target_arch = "x86_64")]
fn other_gates() -> Vec<Attempt> {
    use super::kernel::call_i386;

    const X32: i64 = 0x4000_0000;
    let i386 = |name: &str, number: i32, first: i32| {
        attempt(CLASS, format!("{name}, as a 32-bit program"), move |_| {
            apart(|| call_i386(number, first) >= 0)
        })
    };
    let x32 = |name: &str, number: i64| {
        attempt(CLASS, format!("{name}, by an x32 number"), move |_| {
            given(X32 + number, &[0; 6])
        })
    };
    vec![
        i386("the process's number", 20, 0),
        i386("being traced", 26, 0),
        i386("a user namespace", 310, libc::CLONE_NEWUSER),
        x32("the process's number", libc::SYS_getpid),
        x32("being traced", 521),
    ]
}

#[cfg(not(target_arch = "x86_64"))]
fn other_gates() -> Vec<Attempt> {
    vec![]
}

/// Each is wrong in its arguments, so that nothing happens where it is looked at.
pub fn of_root_only() -> Vec<Attempt> {
    let of = |name: &str, act: fn(&World) -> Reached| of_root(ROOT_CLASS, name, act);
    vec![
        of("a program in the kernel", |_| {
            // A map of one entry of eight bytes.
            let wanted = [2_u32, 4, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            given(libc::SYS_bpf, &[0, at(&wanted), 72])
        }),
        of("the kernel's log", |_| given(libc::SYS_syslog, &[10, 0, 0])),
        of("swapping on", |_| {
            looked_at(libc::SYS_swapon, &[nonexistent(), 0])
        }),
        of("swapping off", |_| {
            looked_at(libc::SYS_swapoff, &[nonexistent()])
        }),
        of("accounting", |_| {
            looked_at(libc::SYS_acct, &[nonexistent()])
        }),
        of("a module", |_| {
            looked_at(libc::SYS_init_module, &[0, 0, nonexistent()])
        }),
        of("a module from a file", |_| {
            looked_at(libc::SYS_finit_module, &[-1, nonexistent(), 0])
        }),
        of("removing a module", |_| {
            looked_at(libc::SYS_delete_module, &[nonexistent(), 0])
        }),
        of("another kernel", |_| {
            looked_at(libc::SYS_kexec_load, &[0, 1, 0, -1])
        }),
        of("another kernel from a file", |_| {
            looked_at(libc::SYS_kexec_file_load, &[-1, -1, 0, 0, -1])
        }),
        of("a restart", |_| looked_at(libc::SYS_reboot, &[0, 0, 0])),
        of("the host's name", |_| {
            // The one that it has.
            let name = std::fs::read_to_string("/proc/sys/kernel/hostname")?;
            let bytes = name.trim().as_bytes();
            let size = number(i64::try_from(bytes.len()).unwrap());
            given(libc::SYS_sethostname, &[at(bytes), size])
        }),
    ]
}

fn nonexistent() -> i64 {
    at(c"/nonexistent/escape".to_bytes_with_nul())
}
