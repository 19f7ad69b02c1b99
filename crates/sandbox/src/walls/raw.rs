//! System calls that no library wraps.

use nix::errno::Errno;
use nix::libc::{self, c_long};

/// The kernel's version of Landlock; none without it.
#[expect(unsafe_code, reason = "no safe wrapper asks without restricting")]
pub(super) fn landlock_version() -> Option<u32> {
    const VERSION: libc::c_uint = 1;
    // SAFETY: with this flag the kernel reads no memory and makes no descriptor: it returns a number.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<u8>(),
            0_usize,
            VERSION,
        )
    };
    u32::try_from(version).ok()
}

/// Puts the calling thread below one more Landlock layer; only a system call.
#[expect(
    unsafe_code,
    reason = "the library allocates, which is forbidden between fork and exec"
)]
pub(super) fn landlock_restrict(ruleset: std::os::fd::RawFd) -> std::io::Result<()> {
    // SAFETY: takes two numbers, touches no memory; one that is no ruleset gives an error.
    let done = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset, 0) };
    if done == 0 {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error())
    }
}

/// Closes every descriptor from 3 up.
#[expect(unsafe_code, reason = "nobody owns descriptors that were inherited")]
pub(super) fn close_descriptors() {
    // SAFETY: whoever calls `raise` has opened nothing yet, so no owner is left with a closed one.
    let done = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    if done == 0 {
        return;
    }
    for descriptor in 3..4096 {
        // SAFETY: as above; a number that is not open gives EBADF.
        unsafe { libc::close(descriptor) };
    }
}

/// Tries a call that is refused, or else fails on its arguments; tells how.
#[expect(unsafe_code, reason = "the calls are tried as an attacker makes them")]
pub(super) fn attempt(number: c_long, arguments: [c_long; 3]) -> Option<Errno> {
    let [first, second, third] = arguments;
    Errno::clear();
    // SAFETY: `verify` passes no pointer but null and no descriptor but -1, so that nothing is read,
    // written or closed if the call is carried out.
    let result = unsafe { libc::syscall(number, first, second, third, 0, 0) };
    (result == -1).then(Errno::last)
}
