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

fn socket(family: c_int, protocol: c_int) -> nix::Result<()> {
    open(family, libc::SOCK_STREAM, protocol)
}

#[expect(unsafe_code, reason = "no library opens sockets of these kinds")]
fn open(family: c_int, kind: c_int, protocol: c_int) -> nix::Result<()> {
    // SAFETY: three numbers; the descriptor that comes back is nobody else's.
    let opened = Errno::result(unsafe { libc::socket(family, kind, protocol) })?;
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

/// Sockets that lead out of a process without a network of its own.
pub(super) fn only_unix_sockets() -> Seen {
    let kinds = [
        ("an IPv4 stream", libc::AF_INET, libc::SOCK_STREAM),
        ("an IPv4 datagram", libc::AF_INET, libc::SOCK_DGRAM),
        ("an IPv6 stream", libc::AF_INET6, libc::SOCK_STREAM),
        ("an IPv6 datagram", libc::AF_INET6, libc::SOCK_DGRAM),
        ("a netlink", libc::AF_NETLINK, libc::SOCK_RAW),
        ("a packet", libc::AF_PACKET, libc::SOCK_RAW),
        ("a vsock", libc::AF_VSOCK, libc::SOCK_STREAM),
    ];
    for (what, family, kind) in kinds {
        if open(family, kind, 0).is_ok() {
            return Err(format!("got {what} socket"));
        }
    }
    let opened = open(libc::AF_UNIX, libc::SOCK_STREAM, 0);
    opened.map_err(|errno| format!("a UNIX socket: {errno}"))?;
    Ok("neither IP nor netlink, packet, vsock".to_owned())
}

/// The interfaces by their list, which no `/proc` is needed for.
#[expect(unsafe_code, reason = "a list that C made")]
pub(super) fn only_loopback() -> Seen {
    let mut names = Vec::new();
    // SAFETY: the list is read up to its end, which the zero marks, and given back; names end with a NUL.
    unsafe {
        let list = libc::if_nameindex();
        if list.is_null() {
            return Err(Errno::last().to_string());
        }
        let mut entry = list;
        while (*entry).if_index != 0 {
            let name = std::ffi::CStr::from_ptr((*entry).if_name);
            names.push(name.to_string_lossy().into_owned());
            entry = entry.add(1);
        }
        libc::if_freenameindex(list);
    }
    if names == ["lo"] {
        return Ok("lo".to_owned());
    }
    Err(names.join(", "))
}

/// The effective set, and whether no program can give any more.
#[expect(unsafe_code, reason = "no library here wraps it")]
pub(super) fn no_capabilities() -> Seen {
    // From the kernel's headers: two words of 32 bits for each of three sets.
    const VERSION_3: u32 = 0x2008_0522;
    let header = [VERSION_3, 0];
    let mut sets = [0_u32; 6];
    // SAFETY: the kernel writes six words for this version, into memory that outlives the call.
    let asked = unsafe { libc::syscall(libc::SYS_capget, header.as_ptr(), sets.as_mut_ptr()) };
    Errno::result(asked).map_err(|errno| format!("capget: {errno}"))?;
    let effective = u64::from(sets[0]) | (u64::from(sets[3]) << 32);
    let no_new = nix::sys::prctl::get_no_new_privs().map_err(|errno| errno.to_string())?;
    let seen = format!(
        "uid {}, effective {effective:x}, no new privileges: {no_new}",
        nix::unistd::getuid()
    );
    if effective == 0 && no_new {
        Ok(seen)
    } else {
        Err(seen)
    }
}

#[expect(unsafe_code, reason = "numbers that nobody owns")]
pub(super) fn no_stray_descriptors() -> Seen {
    const LOOKED_AT: RawFd = 16 * 1024;
    // SAFETY: asks for a flag, which changes nothing; a number that is not open gives EBADF.
    let is_open = |number: &RawFd| unsafe { libc::fcntl(*number, libc::F_GETFD) } != -1;
    let stray: Vec<String> = (3..LOOKED_AT)
        .filter(is_open)
        .map(|number| number.to_string())
        .collect();
    if stray.is_empty() {
        Ok("0, 1, 2".to_owned())
    } else {
        Err(stray.join(", "))
    }
}

fn set_user_id() -> nix::Result<()> {
    use std::fs::{Permissions, remove_file, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    let path = std::env::temp_dir().join("outwork-probe-set-id");
    let set = write(&path, b"probe")
        .and_then(|()| set_permissions(&path, Permissions::from_mode(0o4755)));
    let removed = remove_file(&path);
    let failed = |error: std::io::Error| error.raw_os_error().map_or(Errno::EIO, Errno::from_raw);
    set.and(removed).map_err(failed)
}

#[expect(unsafe_code, reason = "a descriptor that came as a number")]
fn close(descriptor: RawFd) {
    // SAFETY: it was just opened, and nobody else knows its number.
    drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
}
