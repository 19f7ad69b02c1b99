//! Input pushed into a terminal is typed by whoever sits there.

use nix::errno::Errno;
use nix::libc;

use super::attempts::{Attempt, Missed, Reached, attempt};
use super::kernel::{at, call, looked_at, number};

const CLASS: &str = "terminals";
const HIGH_HALF: i64 = 0x5_0000_0000;

pub fn attempts() -> Vec<Attempt> {
    let push = i64::try_from(libc::TIOCSTI).unwrap();
    vec![
        attempt(CLASS, "typing", move |_| typed(push)),
        attempt(CLASS, "typing, by half a register", move |_| {
            typed(push | HIGH_HALF)
        }),
        attempt(CLASS, "what a console can be told", |_| {
            let order = i64::try_from(libc::TIOCLINUX).unwrap();
            looked_at(libc::SYS_ioctl, &[terminal()?, order, at(b"\x02")])
        }),
        attempt(
            CLASS,
            "what a console can be told, by half a register",
            |_| {
                let order = i64::try_from(libc::TIOCLINUX).unwrap() | HIGH_HALF;
                looked_at(libc::SYS_ioctl, &[terminal()?, order, at(b"\x02")])
            },
        ),
    ]
}

/// A terminal of its own, and the leading process of its session, as whoever may type there is.
fn terminal() -> Result<i64, Missed> {
    // Who leads a group already cannot, and need not.
    let _ = nix::unistd::setsid();
    let flags = number(libc::O_RDWR | libc::O_NOCTTY);
    let here = number(libc::AT_FDCWD);
    let master = call(
        libc::SYS_openat,
        &[here, at(c"/dev/ptmx".to_bytes_with_nul()), flags, 0],
    )?;
    let unlocked = 0_i32;
    call(
        libc::SYS_ioctl,
        &[
            master,
            i64::try_from(libc::TIOCSPTLCK).unwrap(),
            at(&unlocked),
        ],
    )?;
    let slave = call(
        libc::SYS_ioctl,
        &[master, i64::try_from(libc::TIOCGPTPEER).unwrap(), flags],
    )?;
    call(
        libc::SYS_ioctl,
        &[slave, i64::try_from(libc::TIOCSCTTY).unwrap(), 0],
    )?;
    Ok(slave)
}

fn typed(order: i64) -> Reached {
    match call(libc::SYS_ioctl, &[terminal()?, order, at(b"x")]) {
        Ok(_) => Ok("typed".to_owned()),
        // What a kernel says that lets nobody type.
        Err(Errno::EIO) => Err(Missed::Absent("switched off".to_owned())),
        Err(errno) => Err(errno.into()),
    }
}
