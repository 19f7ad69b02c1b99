//! Exact system calls, as an attacker makes them.

use nix::errno::Errno;
use nix::libc::{self, c_long};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use super::attempts::{Missed, Reached};

/// Makes a call; missing arguments are zero.
#[expect(unsafe_code, reason = "no library makes all of these calls")]
pub fn call(number: c_long, arguments: &[c_long]) -> Result<c_long, Errno> {
    let mut six = [0; 6];
    six[..arguments.len()].copy_from_slice(arguments);
    let [a, b, c, d, e, f] = six;
    // SAFETY: the attempts pass null or pointers that outlive the call, to as much memory as it takes.
    Errno::result(unsafe { libc::syscall(number, a, b, c, d, e, f) })
}

/// The address of something as an argument.
pub fn at<T: ?Sized>(value: &T) -> c_long {
    let address = std::ptr::from_ref(value).cast::<u8>().expose_provenance();
    c_long::try_from(address).unwrap()
}

/// The address of something that the kernel writes to.
pub fn into<T>(value: &mut T) -> c_long {
    let address = std::ptr::from_mut(value).expose_provenance();
    c_long::try_from(address).unwrap()
}

/// A descriptor or another number as an argument.
pub fn number(value: impl Into<i64>) -> c_long {
    value.into()
}

/// The goal is that the call succeeds.
pub fn given(number: c_long, arguments: &[c_long]) -> Reached {
    Ok(format!("the kernel gave {}", call(number, arguments)?))
}

/// The goal is that the kernel looks at the arguments, which are wrong on purpose.
pub fn looked_at(number: c_long, arguments: &[c_long]) -> Reached {
    match call(number, arguments) {
        Ok(value) => Ok(format!("the kernel gave {value}")),
        Err(errno @ (Errno::EPERM | Errno::EACCES | Errno::ESRCH | Errno::ENOSYS)) => {
            Err(errno.into())
        }
        Err(errno) => Ok(format!("the kernel judged the arguments: {errno}")),
    }
}

/// Makes a process that ends at once; the goal is that it was made.
#[expect(unsafe_code, reason = "no library makes these calls in this form")]
pub fn child(number: c_long, arguments: &[c_long]) -> Reached {
    let made = call(number, arguments)?;
    if made == 0 {
        // SAFETY: ends the child, which has a copy of everything as after a fork, and runs nothing.
        unsafe { libc::_exit(0) };
    }
    let _ = waitpid(Pid::from_raw(i32::try_from(made).unwrap()), None);
    Ok(format!("process {made}"))
}

/// Carries out something in a process of its own, which may be killed for it.
#[expect(unsafe_code, reason = "the attempt may end its process")]
pub fn apart(act: impl FnOnce() -> bool) -> Reached {
    // SAFETY: the child only runs `act`, a few system calls, and ends.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let status = i32::from(!act());
        // SAFETY: as above.
        unsafe { libc::_exit(status) };
    }
    let ended = waitpid(Pid::from_raw(pid), None)?;
    if matches!(ended, WaitStatus::Exited(_, 0)) {
        return Ok("done".to_owned());
    }
    Err(Missed::Blocked(format!("{ended:?}")))
}

/// A call by the gate of 32-bit programs.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "there is no other way to make such a call")]
pub fn call_i386(number: i32, first: i32) -> i32 {
    let result: i32;
    // SAFETY: rbx, which the compiler wants for itself, is put back; the rest of what the gate changes is named.
    unsafe {
        std::arch::asm!(
            "xchg {first:r}, rbx",
            "int 0x80",
            "xchg {first:r}, rbx",
            first = inout(reg) i64::from(first) => _,
            inlateout("eax") number => result,
            in("ecx") 0,
            in("edx") 0,
            out("r8") _,
            out("r9") _,
            out("r10") _,
            out("r11") _,
        );
    }
    result
}
