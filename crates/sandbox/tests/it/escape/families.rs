//! Every family of sockets beside UNIX, IP and netlink: a network namespace does not confine all of them.

use nix::errno::Errno;
use nix::libc;

use super::attempts::{Attempt, Missed, Reached, attempt, of_root};
use super::kernel::{at, call, given, number};

const CLASS: &str = "socket families";
/// What the kernel knows numbers for, and some beyond.
const FAMILIES: i32 = 50;
const MULTIPATH: i32 = 262;

pub fn attempts() -> Vec<Attempt> {
    let kinds = [
        ("stream", libc::SOCK_STREAM),
        ("datagram", libc::SOCK_DGRAM),
        ("packet", libc::SOCK_SEQPACKET),
    ];
    let mut attempts: Vec<Attempt> = kinds
        .map(|(name, kind)| {
            attempt(CLASS, format!("to the hypervisor, {name}"), move |_| {
                opened(libc::AF_VSOCK, kind, 0)
            })
        })
        .into();
    for (name, family) in [("IPv4", libc::AF_INET), ("IPv6", libc::AF_INET6)] {
        attempts.push(attempt(
            CLASS,
            format!("several paths over {name}"),
            move |_| opened(family, libc::SOCK_STREAM, MULTIPATH),
        ));
    }
    attempts.push(attempt(CLASS, "several paths, by half a register", |_| {
        let protocol = number(MULTIPATH) | (1 << 32);
        let arguments = [number(libc::AF_INET), number(libc::SOCK_STREAM), protocol];
        given(libc::SYS_socket, &arguments)
    }));
    attempts.push(attempt(
        CLASS,
        "to the hypervisor, by half a register",
        |_| {
            let family = number(libc::AF_VSOCK) | (1 << 40);
            given(libc::SYS_socket, &[family, number(libc::SOCK_STREAM), 0])
        },
    ));
    attempts.push(attempt(CLASS, "a kernel's cipher", |_| {
        opened(libc::AF_ALG, libc::SOCK_SEQPACKET, 0)
    }));
    attempts.push(of_root(CLASS, "raw packets of the host", |_| {
        given(
            libc::SYS_socket,
            &[libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP].map(i64::from),
        )
    }));
    let allowed = [
        libc::AF_UNSPEC,
        libc::AF_UNIX,
        libc::AF_INET,
        libc::AF_INET6,
        libc::AF_NETLINK,
        libc::AF_VSOCK,
        libc::AF_ALG,
    ];
    for family in (0..FAMILIES).filter(|family| !allowed.contains(family)) {
        attempts.push(of_root(CLASS, format!("family {family}"), move |_| {
            any(family)
        }));
    }
    attempts
}

fn opened(family: i32, kind: i32, protocol: i32) -> Reached {
    given(libc::SYS_socket, &[family, kind, protocol].map(i64::from))
}

/// Whichever kind the family has.
fn any(family: i32) -> Reached {
    let mut last = Errno::EAFNOSUPPORT;
    for kind in 1..=5 {
        for protocol in [0, 1, 3] {
            match call(libc::SYS_socket, &[family, kind, protocol].map(i64::from)) {
                Ok(socket) => return Ok(format!("socket {socket}")),
                Err(Errno::EPERM) => last = Errno::EPERM,
                Err(_) => {}
            }
        }
    }
    let mut pair = [0_i32; 2];
    pair[0] = -1;
    match call(libc::SYS_socketpair, &[number(family), 1, 0, at(&pair)]) {
        Ok(_) => Ok("a pair".to_owned()),
        Err(_) => Err(Missed::from(last)),
    }
}
