//! The one place that starts git: bounded output, limits on silence and time, and no survivors.
//!
//! A command runs in a process group of its own. Whatever ends it early, a limit or a dropped
//! future, kills the whole group, transports and remote ends on this machine included.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use rustix::process::{Resource, getrlimit};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdout};
use tokio::time::Instant;

use crate::command::{Command, Growth, Input, Patience};
use crate::error::{Error, Result};

/// Bytes of standard error that are kept, from its end.
const STDERR_MAX: usize = 64 * 1024;
/// How often a growing pack is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// Wait for the ends of the pipes after the main process has ended.
const DRAIN: Duration = Duration::from_secs(5);
const CHUNK: usize = 32 * 1024;
/// What becomes git once it is held to its memory.
const SHELL: &str = "/bin/sh";
/// A few small trees can have paths without end, which git would all hold. The limit is there before git is,
/// so that nothing git starts is without it, and where there can be none there is no git either. The shell's own
/// variable does not go on to it.
const LIMITED: &str = "ulimit -d \"$0\" || exit 126; unset PWD; exec \"$@\"";
/// What the shell ends with if it did not become git (POSIX, 2.8.2).
const NOT_STARTED: [i32; 2] = [126, 127];

/// The git program and what every command of it shares.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) git: Arc<Path>,
    pub(crate) data_dir: Arc<Path>,
    pub(crate) mark: Option<(OsString, OsString)>,
    /// Bytes of its own that each process has in memory.
    pub(crate) memory_bytes_max: u64,
    pub(crate) patience: Patience,
}

/// Who reads a command's output as it comes.
pub(crate) type Reader<'r> = &'r mut (dyn FnMut(&[u8]) + Send);

/// What a command left.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    /// Whether the output went over its limit; it is cut there and the command was killed.
    pub(crate) cut: bool,
}

impl Output {
    /// Whether git ended with that status.
    pub(crate) fn ended_with(&self, code: i32) -> bool {
        self.status.code() == Some(code)
    }
}

/// Kills the group unless told that it ended.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // The group may be gone already; there is nothing else to do about an error here.
            let _gone = killpg(group, Signal::SIGKILL);
        }
    }
}

impl Program {
    /// Runs a command to its end; a status other than zero is not an error here.
    pub(crate) async fn run(&self, command: Command) -> Result<Output> {
        self.run_into(command, None).await
    }

    /// The same, with a reader of its output, of which nothing is kept then.
    pub(crate) async fn run_into(
        &self,
        command: Command,
        reader: Option<Reader<'_>>,
    ) -> Result<Output> {
        let Command {
            name,
            input,
            output_max,
            growth,
            patience,
            ..
        } = &command;
        let watch = Watch {
            name,
            output_max: *output_max,
            growth: growth.clone(),
            patience: patience.unwrap_or(self.patience),
        };
        let stdin = match input {
            Input::Empty => Stdio::null(),
            Input::Bytes(_) => Stdio::piped(),
            Input::File(file) => Stdio::from(file.try_clone().map_err(Error::io("opening input"))?),
        };
        let mut child = tokio::process::Command::new(SHELL)
            .args(["-c", LIMITED])
            .arg(self.memory_kib_max().to_string())
            .arg(&*self.git)
            .arg(command.name)
            .args(&command.arguments)
            .env_clear()
            .envs(command.whole_environment(&self.data_dir))
            .envs(self.mark.clone())
            .current_dir(self.data_dir.join("git-home"))
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Error::UnusableGit(format!("{SHELL}: {error}")))?;
        let pid = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .map(Pid::from_raw);
        let mut group = Group(pid);
        if let (Some(mut pipe), Input::Bytes(bytes)) = (child.stdin.take(), command.input) {
            tokio::spawn(async move {
                // A command that ends before it has read all says why by its status.
                let _closed = pipe.write_all(&bytes).await;
            });
        }
        let output = watch.until_end(&mut child, reader).await?;
        if !output.cut {
            group.0 = None;
        }
        if NOT_STARTED.iter().any(|code| output.ended_with(*code)) {
            let words = output.stderr.trim();
            return Err(Error::UnusableGit(format!(
                "{}: {words}",
                self.git.display()
            )));
        }
        Ok(output)
    }

    /// KiB of its own that a process may have; no more than this server was given itself, which holds as well.
    fn memory_kib_max(&self) -> u64 {
        let given = getrlimit(Resource::Data).maximum.unwrap_or(u64::MAX);
        self.memory_bytes_max.min(given) / 1024
    }
}

/// The limits of one running command.
struct Watch {
    name: &'static str,
    output_max: usize,
    growth: Option<Growth>,
    patience: Patience,
}

/// The two pipes of a child and what came out of them.
struct Pipes {
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Watch {
    async fn until_end(&self, child: &mut Child, mut reader: Option<Reader<'_>>) -> Result<Output> {
        let mut pipes = Pipes {
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            out: Vec::new(),
            err: Vec::new(),
        };
        let end = Instant::now() + self.patience.total;
        let mut last = Instant::now();
        let mut grown = 0;
        let mut ended: Option<(ExitStatus, Instant)> = None;
        while ended.is_none() || pipes.open() {
            tokio::select! {
                read = pipes.read() => {
                    read.map_err(Error::io("reading git's output"))?;
                    last = Instant::now();
                    if let Some(reader) = &mut reader {
                        reader(&pipes.out);
                        pipes.out.clear();
                    }
                    if pipes.out.len() > self.output_max {
                        return self.cut_short(child, pipes).await;
                    }
                }
                status = child.wait(), if ended.is_none() => {
                    let status = status.map_err(Error::io("waiting for git"))?;
                    ended = Some((status, Instant::now() + DRAIN));
                }
                () = tokio::time::sleep_until(self.next_look(end, last, ended.as_ref())) => {
                    if ended.as_ref().is_some_and(|(_, drained)| Instant::now() >= *drained) {
                        break;
                    }
                    if let Some(bytes) = self.look_at_growth()? && bytes != grown {
                        grown = bytes;
                        last = Instant::now();
                    }
                    self.check_time(end, last)?;
                }
            }
        }
        let Some((status, _)) = ended else {
            return Err(Error::UnusableGit("it has no exit status".to_owned()));
        };
        Ok(pipes.output(status))
    }

    async fn cut_short(&self, child: &mut Child, mut pipes: Pipes) -> Result<Output> {
        child.start_kill().map_err(Error::io("stopping git"))?;
        let status = child.wait().await.map_err(Error::io("waiting for git"))?;
        pipes.out.truncate(self.output_max);
        Ok(Output {
            cut: true,
            ..pipes.output(status)
        })
    }

    fn next_look(
        &self,
        end: Instant,
        last: Instant,
        ended: Option<&(ExitStatus, Instant)>,
    ) -> Instant {
        let mut next = end;
        if let Some(silence) = self.patience.silence {
            next = next.min(last + silence);
        }
        if self.growth.is_some() {
            next = next.min(Instant::now() + LOOK);
        }
        ended.map_or(next, |(_, drained)| next.min(*drained))
    }

    fn check_time(&self, end: Instant, last: Instant) -> Result<()> {
        let now = Instant::now();
        let slow = |after| {
            Err(Error::Slow {
                command: self.name,
                after,
            })
        };
        if now >= end {
            return slow(self.patience.total);
        }
        match self.patience.silence {
            Some(silence) if now >= last + silence => slow(silence),
            Some(_) | None => Ok(()),
        }
    }

    fn look_at_growth(&self) -> Result<Option<u64>> {
        let Some(growth) = &self.growth else {
            return Ok(None);
        };
        let bytes = bytes_being_received(&growth.folder);
        if bytes > growth.bytes_max {
            return Err(Error::RepositoryTooLarge {
                bytes_max: growth.bytes_max,
            });
        }
        Ok(Some(bytes))
    }
}

/// What the packs that are being received hold so far.
fn bytes_being_received(folder: &PathBuf) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .filter_map(std::result::Result::ok)
        .filter(|entry| {
            entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(b"tmp_pack_")
        })
        .filter_map(|entry| entry.metadata().ok())
        .map(|metadata| metadata.len())
        .sum()
}

impl Pipes {
    fn open(&self) -> bool {
        self.stdout.is_some() || self.stderr.is_some()
    }

    /// Reads what comes next from either pipe; never ends when both are closed.
    async fn read(&mut self) -> std::io::Result<()> {
        tokio::select! {
            more = append(&mut self.stdout, &mut self.out) => {
                if !more? {
                    self.stdout = None;
                }
            }
            more = append(&mut self.stderr, &mut self.err) => {
                if !more? {
                    self.stderr = None;
                }
                if self.err.len() > 2 * STDERR_MAX {
                    self.err.drain(..self.err.len() - STDERR_MAX);
                }
            }
        }
        Ok(())
    }

    fn output(mut self, status: ExitStatus) -> Output {
        let start = self.err.len().saturating_sub(STDERR_MAX);
        let stderr = String::from_utf8_lossy(&self.err[start..]).into_owned();
        Output {
            status,
            stdout: std::mem::take(&mut self.out),
            stderr,
            cut: false,
        }
    }
}

async fn append<R: AsyncRead + Unpin>(
    pipe: &mut Option<R>,
    into: &mut Vec<u8>,
) -> std::io::Result<bool> {
    match pipe {
        Some(pipe) => {
            into.reserve(CHUNK);
            Ok(pipe.read_buf(into).await? > 0)
        }
        None => std::future::pending().await,
    }
}
