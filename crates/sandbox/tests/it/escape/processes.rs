//! Other processes of the same user on the host: signals, memory, descriptors, settings.

use nix::libc::{self, c_long};
use nix::sys::signal::Signal;

use super::attempts::{Attempt, Reached, attempt, unless_denied};
use super::kernel::{at, call, given, looked_at, number};
use super::world::World;

/// The calls on a process, named in `what`.
pub fn on(class: &'static str, what: &'static str) -> Vec<Attempt> {
    let of =
        |(name, act): (&str, Act)| attempt(class, name, move |world: &World| act(world.pid(what)?));
    // Some machines let nobody trace what is not his own child.
    let traced = |row| unless_denied("yama/ptrace_scope", 0, of(row));
    let mut attempts: Vec<_> = signals().into_iter().map(of).collect();
    attempts.extend(memory().into_iter().map(traced));
    attempts.extend(told_by_proc().into_iter().map(of));
    attempts
}

type Act = fn(i32) -> Reached;

fn signals() -> Vec<(&'static str, Act)> {
    vec![
        ("a signal", |pid| given(libc::SYS_kill, &[number(pid), 0])),
        ("a signal that wakes", |pid| {
            given(
                libc::SYS_kill,
                &[number(pid), number(Signal::SIGCONT as i32)],
            )
        }),
        ("a signal to a thread", |pid| {
            given(libc::SYS_tkill, &[number(pid), 0])
        }),
        ("a signal to a thread of a process", |pid| {
            given(libc::SYS_tgkill, &[number(pid), number(pid), 0])
        }),
        ("a signal with a value", |pid| {
            let mut about = [0_i32; 32];
            about[0] = Signal::SIGCONT as i32;
            // As the queue marks those of users.
            about[2] = -1;
            let signal = number(Signal::SIGCONT as i32);
            given(
                libc::SYS_rt_sigqueueinfo,
                &[number(pid), signal, at(&about)],
            )
        }),
        ("a signal by descriptor", |pid| {
            let process = call(libc::SYS_pidfd_open, &[number(pid), 0])?;
            given(libc::SYS_pidfd_send_signal, &[process, 0, 0, 0])
        }),
    ]
}

fn memory() -> Vec<(&'static str, Act)> {
    vec![
        ("one of its descriptors", |pid| {
            let process = call(libc::SYS_pidfd_open, &[number(pid), 0])?;
            given(libc::SYS_pidfd_getfd, &[process, 0, 0])
        }),
        ("tracing it", |pid| {
            // What was seized runs on by itself when this process ends.
            given(
                libc::SYS_ptrace,
                &[number(libc::PTRACE_SEIZE), number(pid), 0, 0],
            )
        }),
        ("reading its memory", |pid| {
            vm(libc::SYS_process_vm_readv, pid)
        }),
        ("writing its memory", |pid| {
            vm(libc::SYS_process_vm_writev, pid)
        }),
        ("comparing it", |pid| {
            let own = number(i32::try_from(std::process::id()).unwrap());
            given(libc::SYS_kcmp, &[own, number(pid), 1, 0, 0])
        }),
        ("opening its memory", |pid| open(pid, "mem", libc::O_RDONLY)),
        ("opening its memory for writing", |pid| {
            open(pid, "mem", libc::O_RDWR)
        }),
    ]
}

fn told_by_proc() -> Vec<(&'static str, Act)> {
    vec![
        ("its environment", |pid| read(pid, "environ")),
        ("its map of memory", |pid| read(pid, "maps")),
        ("its auxiliary vector", |pid| read(pid, "auxv")),
        ("its counters", |pid| read(pid, "io")),
        ("its descriptors", |pid| {
            Ok(format!(
                "{} listed",
                std::fs::read_dir(format!("/proc/{pid}/fd"))?.count()
            ))
        }),
        ("its folder", |pid| {
            Ok(std::fs::read_link(format!("/proc/{pid}/cwd"))?
                .display()
                .to_string())
        }),
        ("its root", |pid| {
            Ok(format!(
                "{} listed",
                std::fs::read_dir(format!("/proc/{pid}/root/"))?.count()
            ))
        }),
    ]
}

pub fn attempts() -> Vec<Attempt> {
    const CLASS: &str = "processes of the host";
    let mut attempts = on(CLASS, "victim");
    attempts.push(attempt(CLASS, "its priority", |world| {
        let pid = number(world.pid("victim")?);
        given(libc::SYS_setpriority, &[number(0), pid, 1])
    }));
    attempts.push(attempt(CLASS, "its processors", |world| {
        let processors = [0_u64; 128];
        let size = number(i64::try_from(size_of_val(&processors)).unwrap());
        given(
            libc::SYS_sched_getaffinity,
            &[number(world.pid("victim")?), size, at(&processors)],
        )
    }));
    attempts.push(attempt(CLASS, "its limits", |world| {
        given(
            libc::SYS_prlimit64,
            &[number(world.pid("victim")?), 7, 0, 0],
        )
    }));
    attempts
}

/// One byte at an address that is no memory: whoever may look is told that it is none.
fn vm(call: c_long, pid: i32) -> Reached {
    let byte = 0_u64;
    let local = [at(&byte), 1];
    let remote = [8_i64, 1];
    looked_at(call, &[number(pid), at(&local), 1, at(&remote), 1, 0])
}

fn open(pid: i32, file: &str, flags: i32) -> Reached {
    let path = format!("/proc/{pid}/{file}\0");
    given(
        libc::SYS_openat,
        &[
            number(libc::AT_FDCWD),
            at(path.as_bytes()),
            number(flags),
            0,
        ],
    )
}

fn read(pid: i32, file: &str) -> Reached {
    Ok(format!(
        "{} bytes",
        std::fs::read(format!("/proc/{pid}/{file}"))?.len()
    ))
}
