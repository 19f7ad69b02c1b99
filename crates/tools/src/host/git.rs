//! Runs git inside the sandbox, for checkout and commit.
//!
//! Every call names its git folder and work tree, reads no configuration but that folder's, runs no
//! hook and no monitor, asks nobody, and honours no replaced objects.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::memfd::{MFdFlags, memfd_create};

use super::Failure;
use super::command::{Ending, Listener, StandardError, Surroundings, run, silent};

/// Shorter than the server's patience, so that the answer says which command hung.
pub(super) const COMMAND_LIMIT: Duration = Duration::from_secs(8 * 60);
/// For a look into the agent's `.git`, where anything may lie in the way.
pub(super) const LOOK_LIMIT: Duration = Duration::from_secs(10);
/// Output of one command that is kept in memory.
const OUTPUT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Words of git that are passed on.
const WORDS_BYTES: u64 = 4 * 1024;

const SETTINGS: [&str; 10] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.quotePath=false",
    // The server takes in no difference that makes a file as large as that.
    "core.bigFileThreshold=64m",
    "gc.auto=0",
    "maintenance.auto=false",
    "commit.gpgSign=false",
    "advice.addEmbeddedRepo=false",
    "safe.directory=*",
];

/// One git folder, its work tree and its index.
pub(super) struct Git<'a> {
    /// `GIT_DIR`.
    pub(super) folder: &'a Path,
    /// `GIT_WORK_TREE` and working folder.
    pub(super) root: &'a Path,
    /// More variables.
    pub(super) variables: Vec<(&'static str, String)>,
    /// When a command is stopped.
    pub(super) limit: Duration,
    /// Watched while git runs.
    pub(super) around: &'a Surroundings,
}

/// What git said.
pub(super) struct Said {
    pub(super) status: i32,
    pub(super) output: Vec<u8>,
    pub(super) words: String,
}

impl Git<'_> {
    /// Runs a command that must succeed; returns its output as trimmed text.
    pub(super) fn text(&self, arguments: &[&str]) -> Result<String, Failure> {
        let said = self.say(arguments, None)?;
        if said.status != 0 {
            return Err(Failure::git(failed(arguments, &said)));
        }
        Ok(String::from_utf8_lossy(&said.output).trim().to_owned())
    }

    /// Runs a command and returns status, output and words.
    pub(super) fn say(&self, arguments: &[&str], input: Option<File>) -> Result<Said, Failure> {
        let mut output = Kept(Vec::new());
        let (status, words) = self.stream(arguments, input, &mut output)?;
        if output.0.len() > OUTPUT_BYTES_MAX {
            return Err(Failure::git(format!(
                "git {}: too much output",
                arguments[0]
            )));
        }
        Ok(Said {
            status,
            output: output.0,
            words,
        })
    }

    /// Runs a command whose output goes to the listener.
    pub(super) fn stream(
        &self,
        arguments: &[&str],
        input: Option<File>,
        listener: &mut dyn Listener,
    ) -> Result<(i32, String), Failure> {
        let mut errors =
            File::from(memfd_create(c"git", MFdFlags::MFD_CLOEXEC).map_err(io::Error::from)?);
        let mut command = silent("git");
        if let Some(input) = input {
            command.stdin(Stdio::from(input));
        }
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command
            .args(arguments)
            .current_dir(self.root)
            .stderr(Stdio::from(errors.try_clone()?))
            .env_clear()
            .envs(environment())
            .env("GIT_DIR", self.folder)
            .env("GIT_WORK_TREE", self.root);
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        let ended = run(
            command,
            StandardError::Apart,
            self.limit,
            self.around,
            listener,
        )?;
        errors.rewind()?;
        let mut words = Vec::new();
        errors.take(WORDS_BYTES).read_to_end(&mut words)?;
        let words = super::render::text(&words).trim().to_owned();
        match ended.ending {
            Ending::Exited(status) => Ok((status, words)),
            Ending::Signalled(signal) => Err(Failure::git(format!(
                "git {} was ended by signal {signal}: {words}",
                arguments[0]
            ))),
            Ending::TimedOut => Err(Failure::git(format!(
                "git {} took longer than {} s",
                arguments[0],
                self.limit.as_secs()
            ))),
        }
    }
}

/// The words for a command that failed.
pub(super) fn failed(arguments: &[&str], said: &Said) -> String {
    format!(
        "git {} ended with status {}: {}",
        arguments[0], said.status, said.words
    )
}

const fn environment() -> [(&'static str, &'static str); 9] {
    [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("HOME", "/nonexistent"),
        ("LC_ALL", "C"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_ATTR_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_OPTIONAL_LOCKS", "0"),
    ]
}

/// Keeps an output, and one byte too many of one that is too long.
struct Kept(Vec<u8>);

impl Listener for Kept {
    fn hear(&mut self, piece: &[u8]) -> io::Result<()> {
        let room = (OUTPUT_BYTES_MAX + 1).saturating_sub(self.0.len());
        self.0.extend_from_slice(&piece[..piece.len().min(room)]);
        Ok(())
    }

    fn tick(&mut self, _now: Instant) -> io::Result<Option<Instant>> {
        Ok(None)
    }
}
