//! Looks around from inside a sandbox and tells what it found; started by the probe.
//!
//! The tests of escapes have it stand in for the tool host: it raises the same walls, has an abstract socket
//! as one more target, and starts one command as the tool host does, or as one without any walls would.

use std::ffi::OsString;
use std::io::Write;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::{Command, ExitCode};

use outwork_sandbox::{CommandLayer, Confinement, Error, inspect_main};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let stood_in = match arguments.as_slice() {
        [role, socket, program, words @ ..] if role == "stand-in" => with_walls()
            .map_err(std::io::Error::other)
            .and_then(|layer| stand_in(layer.as_ref(), socket, command(program, words))),
        [role, socket, program, words @ ..] if role == "bare-stand-in" => {
            stand_in(None, socket, command(program, words))
        }
        _ => return inspect_main(arguments.into_iter()),
    };
    match stood_in {
        Ok(status) => status,
        Err(error) => {
            // Nobody is left to tell if that fails.
            let _ = writeln!(std::io::stderr(), "stand-in: {error}");
            ExitCode::FAILURE
        }
    }
}

fn with_walls() -> Result<Option<CommandLayer>, Error> {
    Confinement::of_this_process()?.enter()
}

fn command(program: &OsString, words: &[OsString]) -> Command {
    let mut command = Command::new(program);
    command.args(words);
    command
}

fn stand_in(
    layer: Option<&CommandLayer>,
    socket: &OsString,
    mut command: Command,
) -> std::io::Result<ExitCode> {
    let name = SocketAddr::from_abstract_name(socket.as_encoded_bytes())?;
    let _listener = UnixListener::bind_addr(&name)?;
    command.env("OUTWORK_ESCAPE_HOST", std::process::id().to_string());
    if let Some(layer) = layer {
        nix::sys::prctl::set_dumpable(false)?;
        layer.put_around(&mut command);
    }
    let status = command.status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
