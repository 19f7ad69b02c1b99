//! Keeps what a command leaves running: a process between the tool host and such a command.
//!
//! It is the reaper of the command's descendants, whatever session they flee to, so that they can be told
//! from those of other commands. It says on its standard input how the command itself ended, and goes on
//! reading what the others print, since nobody else does and a full or broken pipe would stop them.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use outwork_sandbox::CommandLayer;

use super::command::Ending;

/// The arguments after which the tool host's program keeps a command, and the same where nothing confines.
const KEEP: [&str; 2] = ["__tool-host", "keep"];
const KEEP_UNCONFINED: [&str; 2] = ["__tool-host", "keep-unconfined"];
/// What one read takes.
const PIECE_BYTES: usize = 16 * 1024;

/// The command of which a keeper keeps what it leaves running.
pub(super) fn keeping(program: &str, layers: Layers) -> io::Result<Command> {
    let mut command = Command::new(super::own_program()?);
    command
        .args(match layers {
            Layers::Around => KEEP,
            Layers::Nowhere => KEEP_UNCONFINED,
        })
        .arg(program);
    Ok(command)
}

/// Whether commands are kept from what started them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layers {
    /// Each is below a layer of its own.
    Around,
    /// Nothing confines.
    Nowhere,
}

/// The command line that is to be kept, if that is what the program was started for.
pub(super) fn wanted() -> Option<(Layers, Vec<OsString>)> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (words, line) = arguments.split_at_checked(KEEP.len())?;
    if words == KEEP {
        Some((Layers::Around, line.to_vec()))
    } else if words == KEEP_UNCONFINED {
        Some((Layers::Nowhere, line.to_vec()))
    } else {
        None
    }
}

/// Runs a command line and stays until nothing of it runs any more.
pub(super) fn keep(layers: Layers, line: &[OsString]) -> io::Result<()> {
    nix::sys::prctl::set_child_subreaper(true)?;
    let mut report = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let (program, arguments) = line.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let (reader, writer) = io::pipe()?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(writer.try_clone()?)
        .stdout(writer)
        .process_group(0);
    // Below the keeper's own layer: nothing that is kept can touch who keeps it.
    if layers == Layers::Around {
        let layer = CommandLayer::new().map_err(io::Error::other)?;
        layer.put_around(&mut command);
    }
    let child = command.spawn()?;
    // The command holds our copies of the pipe's writing end.
    drop(command);
    let main = Pid::from_raw(child.id().cast_signed());
    let output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let passing = std::thread::spawn(move || pass_on(reader, output));
    loop {
        match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::__WALL)) {
            Ok(status) if status.pid() == Some(main) => {
                // Whoever no longer listens does not need it.
                let _ = report.write_all(&Ending::of(status).to_bytes());
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => break,
        }
    }
    drop(passing.join());
    Ok(())
}

/// Passes output on as long as somebody takes it, and reads it in any case.
fn pass_on(mut from: io::PipeReader, to: File) {
    let mut to = Some(to);
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        if let Some(taker) = &mut to
            && taker.write_all(&buffer[..count]).is_err()
        {
            to = None;
        }
    }
}
