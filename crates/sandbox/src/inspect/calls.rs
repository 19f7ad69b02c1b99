//! Calls that succeed where only bubblewrap's walls stand.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::libc::{self, c_int, c_long};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use super::Seen;

/// Multipath TCP.
const PROTOCOL_MPTCP: c_int = 262;
/// The keyring of a session, made if there is none.
const KEYCTL_GET_KEYRING_ID: c_long = 0;
const SESSION_KEYRING: c_long = -3;
/// `struct io_uring_params`, in words.
const IO_URING_PARAMS: usize = 15;

/// The two ways beside `unshare` into a user namespace.
pub(super) fn no_user_namespace_by_clone() -> Seen {
    let flags = libc::CLONE_NEWUSER | libc::SIGCHLD;
    let mut arguments = [0_u64; 8];
    arguments[0] = u64::from(libc::CLONE_NEWUSER.cast_unsigned());
    arguments[4] = u64::from(libc::SIGCHLD.cast_unsigned());
    let calls = [
        ("clone", libc::SYS_clone, [c_long::from(flags), 0]),
        (
            "clone3",
            libc::SYS_clone3,
            [
                std::ptr::from_ref(&arguments).addr().cast_signed() as c_long,
                size_of_val(&arguments).cast_signed() as c_long,
            ],
        ),
    ];
    for (name, number, arguments) in calls {
        if child(number, arguments).is_ok() {
            return Err(format!("made one by {name}"));
        }
    }
    Ok("refused by unshare, clone and clone3".to_owned())
}

/// Makes a process that ends at once.
#[expect(unsafe_code, reason = "no library makes these calls in this form")]
fn child(number: c_long, [first, second]: [c_long; 2]) -> nix::Result<()> {
    // SAFETY: without a stack of its own the child goes on with a copy of this one, as after a fork, and
    // calls nothing but `_exit`.
    let made = unsafe { libc::syscall(number, first, second, 0, 0, 0) };
    if made == 0 {
        // SAFETY: ends the child without running anything of the parent's.
        unsafe { libc::_exit(0) };
    }
    let made = Errno::result(made)?;
    let pid = i32::try_from(made).map_err(|_| Errno::EOVERFLOW)?;
    waitpid(Pid::from_raw(pid), None).map(drop)
}

/// What no build needs and what reaches far into the kernel or out of the machine.
pub(super) fn refused() -> Seen {
    type Try = fn() -> nix::Result<()>;
    let tries: [(&str, Try); 5] = [
        ("a vsock socket", || socket(libc::AF_VSOCK, 0)),
        ("a multipath socket", || {
            socket(libc::AF_INET, PROTOCOL_MPTCP)
        }),
        ("a ring of io_uring", io_uring),
        ("a keyring", keyring),
        ("a set-user-id bit", set_user_id),
    ];
    for (what, call) in tries {
        if call().is_ok() {
            return Err(format!("got {what}"));
        }
    }
    let names = tries.map(|(name, _)| name);
    Ok(format!("refused: {}", names.join(", ")))
}

#[expect(unsafe_code, reason = "no library opens sockets of these kinds")]
fn socket(family: c_int, protocol: c_int) -> nix::Result<()> {
    // SAFETY: three numbers; the descriptor that comes back is nobody else's.
    let opened = Errno::result(unsafe { libc::socket(family, libc::SOCK_STREAM, protocol) })?;
    close(opened);
    Ok(())
}

#[expect(unsafe_code, reason = "no library here wraps it")]
fn io_uring() -> nix::Result<()> {
    let mut parameters = [0_u64; IO_URING_PARAMS];
    // SAFETY: the kernel writes its parameters, of exactly that size, into memory that outlives the call.
    let made = Errno::result(unsafe {
        libc::syscall(libc::SYS_io_uring_setup, 1, parameters.as_mut_ptr())
    })?;
    close(RawFd::try_from(made).map_err(|_| Errno::EOVERFLOW)?);
    Ok(())
}

#[expect(unsafe_code, reason = "no library here wraps it")]
fn keyring() -> nix::Result<()> {
    // SAFETY: numbers only.
    let found =
        unsafe { libc::syscall(libc::SYS_keyctl, KEYCTL_GET_KEYRING_ID, SESSION_KEYRING, 1) };
    Errno::result(found).map(drop)
}

fn set_user_id() -> nix::Result<()> {
    use std::fs::{Permissions, remove_file, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    let path = "/tmp/outwork-probe-set-id";
    let set =
        write(path, b"probe").and_then(|()| set_permissions(path, Permissions::from_mode(0o4755)));
    let removed = remove_file(path);
    let failed = |error: std::io::Error| error.raw_os_error().map_or(Errno::EIO, Errno::from_raw);
    set.and(removed).map_err(failed)
}

#[expect(unsafe_code, reason = "a descriptor that came as a number")]
fn close(descriptor: RawFd) {
    // SAFETY: it was just opened, and nobody else knows its number.
    drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
}
