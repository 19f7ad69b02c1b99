//! The shell tool: one bash command, its output, its status.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use outwork_domain::limits::{COMMAND_DEFAULT, COMMAND_MAX};
use outwork_sandbox::CONFINED_VARIABLE;
use serde::Deserialize;

use super::capture::Capture;
use super::command::{Ended, Ending, Listener, StandardError, run, run_and_keep, silent};
use super::keeper::{Layers, keeping};
use super::live::Live;
use super::wire::Wire;
use super::{Host, files, toolbox};
use crate::environment::MALLOC;
use crate::protocol::{Facts, Reply, Status};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    command: String,
    timeout_seconds: Option<u64>,
    working_folder: Option<String>,
}

/// Runs a command; an I/O error means that the server is gone.
pub(super) fn shell(host: &mut Host, arguments: &Arguments) -> io::Result<Reply> {
    let order = match Order::of(host, arguments) {
        Ok(order) => order,
        Err(words) => return Ok(toolbox::called(Status::Error, words, None, None)),
    };
    let around = match host.surroundings() {
        Ok(around) => around,
        Err(error) => return answer(Err(error)),
    };
    let command = order.command(host, silent(interpreter()));
    let mut output = Output::of(host);
    let ran = run(
        command,
        StandardError::WithOutput,
        order.limit,
        &around,
        &mut output,
    );
    let text = output.capture.text();
    answer(ran.map(|ended| result(text, ended, order.limit)))
}

/// Runs a command of which what it leaves running is kept.
pub(super) fn start(host: &mut Host, arguments: &Arguments) -> io::Result<Reply> {
    let order = match Order::of(host, arguments) {
        Ok(order) => order,
        Err(words) => return Ok(toolbox::called(Status::Error, words, None, None)),
    };
    let around = match host.lasting_surroundings() {
        Ok(around) => around,
        Err(error) => return answer(Err(error)),
    };
    let layers = match &around.layer {
        Some(_) => Layers::Around,
        None => Layers::Nowhere,
    };
    let command = match keeping(interpreter(), layers) {
        Ok(keeper) => order.command(host, keeper),
        Err(error) => return answer(Err(error)),
    };
    let mut output = Output::of(host);
    let ran = run_and_keep(command, order.limit, &around, &mut output);
    let text = output.capture.text();
    answer(ran.map(|(ended, keeper)| {
        host.kept.extend(keeper);
        result(text, ended, order.limit)
    }))
}

fn answer(ran: io::Result<Reply>) -> io::Result<Reply> {
    match ran {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let words = format!("the command could not be started: {error}");
            Ok(toolbox::called(Status::Error, words, None, None))
        }
        ran => ran,
    }
}

/// A command as it is to be run.
struct Order<'a> {
    text: &'a str,
    folder: PathBuf,
    limit: Duration,
}

impl<'a> Order<'a> {
    /// Checks arguments, or says in words what is wrong with them.
    fn of(host: &Host, arguments: &'a Arguments) -> Result<Self, String> {
        let limit = limit_of(arguments.timeout_seconds)?;
        let folder = arguments.working_folder.as_deref().unwrap_or(".");
        let folder = files::resolve(&host.root, folder);
        if !folder.is_dir() {
            return Err(format!("{}: there is no such folder", folder.display()));
        }
        if arguments.command.contains('\0') {
            return Err("the command contains a NUL character".to_owned());
        }
        Ok(Self {
            text: &arguments.command,
            folder,
            limit,
        })
    }

    /// What is started for it, by an interpreter.
    fn command(&self, host: &Host, mut command: Command) -> Command {
        command.arg("-c").arg(self.text).current_dir(&self.folder);
        for (name, _) in MALLOC {
            command.env_remove(name);
        }
        command.env_remove(CONFINED_VARIABLE);
        if let Some(gateway) = &host.gateway {
            command.envs(gateway.variables());
        }
        command.envs(host.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

fn limit_of(asked: Option<u64>) -> Result<Duration, String> {
    match asked.map(Duration::from_secs) {
        None => Ok(COMMAND_DEFAULT),
        Some(limit) if limit.is_zero() || limit > COMMAND_MAX => Err(format!(
            "bad arguments: timeout_seconds must be from 1 to {}",
            COMMAND_MAX.as_secs()
        )),
        Some(limit) => Ok(limit),
    }
}

fn interpreter() -> &'static str {
    if Path::new("/bin/bash").exists() {
        "/bin/bash"
    } else {
        "/bin/sh"
    }
}

struct Output<'a> {
    capture: Capture<'a>,
    live: Live,
    wire: &'a mut Wire,
}

impl<'a> Output<'a> {
    fn of(host: &'a mut Host) -> Self {
        Self {
            capture: Capture::new(&mut host.outputs),
            live: Live::new(),
            wire: &mut host.wire,
        }
    }
}

impl Listener for Output<'_> {
    fn hear(&mut self, piece: &[u8]) -> io::Result<()> {
        self.capture.hear(piece);
        self.live.hear(piece);
        Ok(())
    }

    fn tick(&mut self, now: Instant) -> io::Result<Option<Instant>> {
        self.live.tick(now, self.wire)
    }
}

fn result(mut text: String, ended: Ended, limit: Duration) -> Reply {
    let signal = match ended.ending {
        Ending::Signalled(signal) => Some(signal),
        Ending::Exited(_) | Ending::TimedOut => None,
    };
    let (status, exit_status, words) = match ended.ending {
        Ending::Exited(0) => (Status::Ok, Some(0), None),
        Ending::Exited(status) => {
            let words = format!("[exit status {status}]");
            (Status::Error, Some(status), Some(words))
        }
        Ending::Signalled(signal) => {
            let words = match signal {
                9 => "[killed by signal 9, status 137]".to_owned(),
                signal => format!("[ended by signal {signal}, status {}]", 128 + signal),
            };
            (Status::Error, Some(128 + signal), Some(words))
        }
        Ending::TimedOut => {
            let words = format!("[stopped at its time limit of {} s]", limit.as_secs());
            (Status::Error, None, Some(words))
        }
    };
    let survivors = (ended.survivor_count > 0)
        .then(|| format!("[{} processes could not be killed]", ended.survivor_count));
    for words in words.into_iter().chain(survivors) {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&words);
    }
    toolbox::called(status, text, exit_status, Some(Facts::Command { signal }))
}
