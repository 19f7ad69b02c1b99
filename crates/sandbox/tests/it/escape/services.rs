//! Sockets of services on the host: an engine of containers, a bus, an agent of keys, a log.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixStream};
use std::path::Path;

use super::attempts::{Attempt, Reached, attempt, shell};
use super::world::World;

const CLASS: &str = "sockets of services";

pub fn attempts() -> Vec<Attempt> {
    let of = |name: &str, act: fn(&World) -> Reached| attempt(CLASS, name, act);
    let mut attempts: Vec<Attempt> = [
        ("an engine of containers", "docker.sock"),
        ("the system's bus", "system_bus_socket"),
        ("an agent of keys", "agent.sock"),
    ]
    .map(|(name, file)| {
        attempt(CLASS, name, move |world: &World| {
            connect(&world.other(file)?)
        })
    })
    .into();
    attempts.extend([
        of("a log", |world| {
            UnixDatagram::unbound()?.send_to(b"x", world.other("log.sock")?)?;
            Ok("sent".to_owned())
        }),
        of("an engine, through a link", |world| {
            let link = Path::new("escape-socket");
            symlink(world.other("docker.sock")?, link)?;
            let reached = connect(link);
            std::fs::remove_file(link)?;
            reached
        }),
        of("an engine, from the folder above", |_| {
            connect(Path::new("../other/docker.sock"))
        }),
        of("an engine, by a process's root", |world| {
            let path = world.other("docker.sock")?;
            connect(Path::new(&format!(
                "/proc/{}/root{}",
                world.pid("victim")?,
                path.display()
            )))
        }),
        of("an engine, by a process's folder", |world| {
            connect(Path::new(&format!(
                "/proc/{}/cwd/docker.sock",
                world.pid("victim")?
            )))
        }),
        of("an agent, by a program", |world| {
            shell(&format!(
                "python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"{}\")'",
                world.other("agent.sock")?.display()
            ))
        }),
        of("an abstract name", |world| {
            let name = SocketAddr::from_abstract_name(world.get("abstract")?)?;
            UnixStream::connect_addr(&name)?;
            Ok("connected".to_owned())
        }),
        of("an abstract name, datagrams", |world| {
            let name = format!("{}-datagram", world.get("abstract")?);
            let name = SocketAddr::from_abstract_name(name)?;
            UnixDatagram::unbound()?.send_to_addr(b"x", &name)?;
            Ok("sent".to_owned())
        }),
        of("an abstract name, by a program", |world| {
            shell(&format!(
                "python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"\\0{}\")'",
                world.get("abstract")?
            ))
        }),
    ]);
    attempts
}

fn connect(path: &Path) -> Reached {
    UnixStream::connect(path)?;
    Ok("connected".to_owned())
}
