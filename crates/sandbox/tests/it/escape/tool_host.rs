//! What started the command and has its user: the tool host, or who stands in for it here.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};

use super::attempts::{Attempt, Missed, attempt};
use super::processes;

const CLASS: &str = "the tool host";
/// Before this version of Landlock, signals and abstract sockets are not kept from commands.
const WITH_SCOPES: u32 = 6;

pub fn attempts() -> Vec<Attempt> {
    let has_scopes = outwork_sandbox::landlock_abi().is_some_and(|version| version >= WITH_SCOPES);
    let mut attempts: Vec<Attempt> = processes::on(CLASS, "host")
        .into_iter()
        .filter(|attempt| has_scopes || !attempt.name.starts_with("a signal"))
        .collect();
    attempts.push(attempt(CLASS, "its abstract socket", move |world| {
        if !has_scopes {
            return Err(Missed::Absent("no scopes".to_owned()));
        }
        let name = SocketAddr::from_abstract_name(world.get("host_socket")?)?;
        UnixStream::connect_addr(&name)?;
        Ok("connected".to_owned())
    }));
    attempts
}
