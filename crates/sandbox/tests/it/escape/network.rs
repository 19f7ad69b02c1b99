//! The host's network: TCP in every spelling of an address, UDP, and what tells of others.

use std::net::{Ipv4Addr, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::Duration;

use nix::libc;

use super::attempts::{Attempt, Missed, Reached, attempt, contains, shell};
use super::kernel::{at, call, given};
use super::world::World;

const TCP: &str = "TCP";
const OTHERS: &str = "other networking";
const PATIENCE: Duration = Duration::from_secs(2);

/// An address as it may be spelled, and the listener that it leads to.
const SPELLINGS: [(&str, &str); 14] = [
    ("127.0.0.1", "tcp"),
    ("localhost", "tcp"),
    ("::1", "tcp6"),
    ("127.0.0.2", "any"),
    ("0.0.0.0", "any"),
    ("0", "any"),
    ("127.1", "any"),
    ("2130706433", "any"),
    ("0x7f000001", "any"),
    ("0177.0.0.1", "any"),
    ("::", "any6"),
    ("::ffff:127.0.0.1", "tcp"),
    ("::ffff:0.0.0.0", "any"),
    ("0:0:0:0:0:ffff:7f00:1", "tcp"),
];

pub fn tcp() -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = SPELLINGS
        .map(|(host, listener)| {
            attempt(TCP, format!("to {host}"), move |world: &World| {
                connect(host, world.get(listener)?)
            })
        })
        .into();
    let of = |name: &str, act: fn(&World) -> Reached| attempt(TCP, name, act);
    attempts.extend([
        of("to the host's own address", |world| {
            connect(world.get("own")?, world.get("any")?)
        }),
        of("with data in the first packet", |world| {
            let socket = socket(libc::AF_INET, libc::SOCK_STREAM, 0)?;
            let address = address(world.get("tcp")?);
            let flags = i64::from(libc::MSG_FASTOPEN);
            given(
                libc::SYS_sendto,
                &[socket, at(b"x"), 1, flags, at(&address), 16],
            )
        }),
        of("over several paths", |world| {
            let socket = socket(libc::AF_INET, libc::SOCK_STREAM, 262)?;
            let address = address(world.get("tcp")?);
            given(libc::SYS_connect, &[socket, at(&address), 16])
        }),
        of("by the shell", |world| {
            shell(&format!("exec 3<>/dev/tcp/127.0.0.1/{}", world.get("tcp")?))
        }),
        of("by a program", |world| {
            shell(&format!(
                "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {}), 2)'",
                world.get("tcp")?
            ))
        }),
    ]);
    attempts
}

pub fn others() -> Vec<Attempt> {
    let of = |name: &str, act: fn(&World) -> Reached| attempt(OTHERS, name, act);
    vec![
        of("UDP", |world| udp("127.0.0.1", world.get("udp")?)),
        of("UDP over IPv6", |world| udp("::1", world.get("udp6")?)),
        of("UDP to a mapped address", |world| {
            udp("::ffff:127.0.0.1", world.get("udp")?)
        }),
        of("a way to the host's own address", |world| {
            let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
            socket.connect(format!("{}:9", world.get("own")?))?;
            Ok("there is one".to_owned())
        }),
        of("other interfaces, by netlink", interfaces),
        of("other interfaces, by their list", |_| {
            let table = std::fs::read_to_string("/proc/net/dev")?;
            let names: Vec<&str> = table
                .lines()
                .filter_map(|line| Some(line.split_once(':')?.0.trim()))
                .filter(|name| *name != "lo")
                .collect();
            if names.is_empty() {
                return Err(Missed::Blocked("only lo".to_owned()));
            }
            Ok(names.join(", "))
        }),
        of("the list of listeners", |world| {
            let port: u16 = world.get("tcp")?.parse().unwrap();
            contains(
                &std::fs::read("/proc/net/tcp")?,
                &format!("0100007F:{port:04X} 00000000:0000 0A"),
            )
        }),
        of("the list of UDP sockets", |world| {
            let port: u16 = world.get("udp")?.parse().unwrap();
            contains(
                &std::fs::read("/proc/net/udp")?,
                &format!("0100007F:{port:04X}"),
            )
        }),
        of("the list of UNIX sockets", |world| {
            contains(&std::fs::read("/proc/net/unix")?, world.get("abstract")?)
        }),
    ]
}

fn connect(host: &str, port: &str) -> Reached {
    let addresses = (host, port.parse::<u16>().unwrap()).to_socket_addrs()?;
    let mut last = Err(Missed::Blocked("no address".to_owned()));
    for address in addresses {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => return Ok(format!("connected to {address}")),
            Err(error) => last = Err(error.into()),
        }
    }
    last
}

fn udp(host: &str, port: &str) -> Reached {
    let wildcard = if host.contains(':') {
        "[::]:0"
    } else {
        "0.0.0.0:0"
    };
    let socket = UdpSocket::bind(wildcard)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect((host, port.parse::<u16>().unwrap()))?;
    socket.send(b"anybody")?;
    let mut answer = [0; 16];
    let count = socket.recv(&mut answer)?;
    contains(&answer[..count], "anybody")
}

fn socket(family: i32, kind: i32, protocol: i32) -> Result<i64, nix::errno::Errno> {
    call(libc::SYS_socket, &[family, kind, protocol].map(i64::from))
}

/// `struct sockaddr_in` of the loopback.
fn address(port: &str) -> [u8; 16] {
    let mut address = [0; 16];
    address[..2].copy_from_slice(&u16::try_from(libc::AF_INET).unwrap().to_ne_bytes());
    address[2..4].copy_from_slice(&port.parse::<u16>().unwrap().to_be_bytes());
    address[4..8].copy_from_slice(&[127, 0, 0, 1]);
    address
}

#[expect(unsafe_code, reason = "a list that C made")]
fn interfaces(_: &World) -> Reached {
    // SAFETY: the list is read up to its end, which the zero marks, and given back.
    let count = unsafe {
        let list = libc::if_nameindex();
        if list.is_null() {
            return Err(nix::errno::Errno::last().into());
        }
        let count = (0..).take_while(|n| (*list.add(*n)).if_index != 0).count();
        libc::if_freenameindex(list);
        count
    };
    if count < 2 {
        return Err(Missed::Blocked(format!("{count} interface")));
    }
    Ok(format!("{count} interfaces"))
}
