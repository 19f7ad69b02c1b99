//! Tries one forbidden call of each kind, each of which would do no harm.

use std::fs::File;

use nix::errno::Errno;
use nix::libc::{self, c_long};

use super::calls::{SET_UID, X32};
use super::{Walls, down, raw};
use crate::Error;

struct Forbidden {
    what: &'static str,
    number: c_long,
    arguments: [c_long; 3],
    answer: Errno,
}

/// Every call fails on its arguments with another error where no wall stands.
fn forbidden() -> Vec<Forbidden> {
    let call = |what, number, arguments, answer| Forbidden {
        what,
        number,
        arguments,
        answer,
    };
    // The kernel refuses this pair before it makes anything.
    let flags = c_long::from(libc::CLONE_NEWUSER | libc::CLONE_FS);
    let packet = [libc::AF_PACKET, libc::SOCK_RAW, 0].map(c_long::from);
    let mut calls = vec![
        call("unshare", libc::SYS_unshare, [0; 3], Errno::EPERM),
        call("clone", libc::SYS_clone, [flags, 0, 0], Errno::EPERM),
        call("clone3", libc::SYS_clone3, [0; 3], Errno::ENOSYS),
        call(
            "a packet socket",
            libc::SYS_socket,
            packet,
            Errno::EAFNOSUPPORT,
        ),
        call(
            "a set-user-id bit",
            libc::SYS_fchmod,
            [-1, c_long::from(SET_UID), 0],
            Errno::EPERM,
        ),
        call(
            "TIOCSTI",
            libc::SYS_ioctl,
            [-1, libc::TIOCSTI.cast_signed(), 0],
            Errno::EPERM,
        ),
    ];
    if let Some(bit) = X32 {
        let number = c_long::from(bit) + libc::SYS_getpid;
        calls.push(call("an x32 call", number, [0; 3], Errno::ENOSYS));
    }
    calls
}

/// Makes sure that nothing of it works.
pub(super) fn verify(walls: &Walls) -> Result<(), Error> {
    let path = walls.forbidden();
    let opened = File::open(path)
        .err()
        .and_then(|error| error.raw_os_error());
    if opened != Some(libc::EACCES) {
        return Err(down(format!("Landlock lets {} be opened", path.display())));
    }
    for call in forbidden() {
        let answer = raw::attempt(call.number, call.arguments);
        if answer != Some(call.answer) {
            let answer = answer.map_or("success", Errno::desc);
            return Err(down(format!("seccomp: {}: {answer}", call.what)));
        }
    }
    Ok(())
}
