//! Runs one command to its end: output as it comes, a time limit, and nobody left behind.
//!
//! The end is the exit of the main process, not the end of its output: a background child may hold the
//! pipe for ever. It gets 250 ms more, then everything of the command is killed, unless a keeper keeps it.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;
use outwork_domain::limits::{OUTPUT_DRAIN, TERM_TO_KILL};
use outwork_sandbox::CommandLayer;
use rustix::process::{PidfdFlags, pidfd_open};

use super::gateway::Gateway;
use super::processes::{self, Process, Reaped};

/// Orphans of a long command are taken in this often.
const REAP_EVERY: Duration = Duration::from_secs(1);
/// Until who knocks is answered again, where nothing more could be started or what was is gone at once.
const ANSWER_EVERY: Duration = Duration::from_secs(1);
/// What one read takes.
const PIECE_BYTES: usize = 64 * 1024;
/// After the last kill the pipe holds no more than its capacity.
const REST_BYTES: usize = 1024 * 1024;

/// Who hears a command's output.
pub(crate) trait Listener {
    /// Takes a piece.
    fn hear(&mut self, piece: &[u8]) -> io::Result<()>;

    /// Called when time has passed; says when it wants to be called next.
    fn tick(&mut self, now: Instant) -> io::Result<Option<Instant>>;
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By itself, with that status.
    Exited(i32),
    /// By a signal that was not ours.
    Signalled(i32),
    /// At its time limit.
    TimedOut,
}

impl Ending {
    /// What the kernel says of a process that ended.
    pub(super) fn of(status: WaitStatus) -> Self {
        match status {
            WaitStatus::Exited(_, status) => Self::Exited(status),
            WaitStatus::Signaled(_, signal, _) => Self::Signalled(signal as i32),
            WaitStatus::Stopped(..)
            | WaitStatus::PtraceEvent(..)
            | WaitStatus::PtraceSyscall(..)
            | WaitStatus::Continued(..)
            | WaitStatus::StillAlive => Self::Signalled(0),
        }
    }

    /// What a keeper says of a command that ended by itself.
    pub(super) fn to_bytes(self) -> [u8; 5] {
        let (kind, value) = match self {
            Self::Exited(status) => (0, status),
            Self::Signalled(signal) => (1, signal),
            Self::TimedOut => (2, 0),
        };
        let [a, b, c, d] = value.to_le_bytes();
        [kind, a, b, c, d]
    }

    fn from_bytes([kind, a, b, c, d]: [u8; 5]) -> Self {
        let value = i32::from_le_bytes([a, b, c, d]);
        match kind {
            0 => Self::Exited(value),
            _ => Self::Signalled(value),
        }
    }
}

/// What is around a command.
pub(crate) struct Surroundings {
    /// It is watched, since nobody wants the result of a command when the server is gone.
    pub(crate) server: OwnedFd,
    /// Of earlier commands; what they keep is spared.
    pub(crate) keepers: Vec<Process>,
    /// Starts when the command wants out, and is spared.
    pub(crate) gateway: Option<Rc<Gateway>>,
    /// Each command starts below a layer of its own, if anything confines it.
    pub(crate) layer: Option<CommandLayer>,
}

impl Surroundings {
    fn put_layer(&self, command: &mut Command) {
        if let Some(layer) = &self.layer {
            layer.put_around(command);
        }
    }

    /// What is not the command's.
    fn kept(&self) -> Vec<Process> {
        let gateway = self.gateway.as_ref().and_then(|gateway| gateway.process());
        self.keepers.iter().copied().chain(gateway).collect()
    }

    /// What becomes readable when the command is the first to want out.
    fn door(&self) -> Option<BorrowedFd<'_>> {
        self.gateway.as_ref()?.unattended()
    }

    fn open(&self) -> io::Result<()> {
        self.gateway
            .as_ref()
            .map_or(Ok(()), |gateway| gateway.start())
    }
}

/// What tells that the main process has ended.
enum MainEnd {
    Process(OwnedFd),
    /// A keeper, which goes on itself.
    Told(UnixStream),
}

impl MainEnd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Process(process) => process.as_fd(),
            Self::Told(keeper) => keeper.as_fd(),
        }
    }

    fn told(&mut self) -> Option<Ending> {
        let Self::Told(keeper) = self else {
            return None;
        };
        let mut said = [0; 5];
        // Not yet, or never: the keeper's own end tells then.
        keeper.read_exact(&mut said).ok()?;
        Some(Ending::from_bytes(said))
    }
}

/// A command that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) ending: Ending,
    /// Processes that could not be killed.
    pub(crate) survivor_count: usize,
}

enum Stage {
    Running { until: Instant },
    Terminating { until: Instant },
    Draining { until: Instant },
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "descriptors, each ready or not"
)]
struct Woken {
    readable: bool,
    knocked: bool,
    hung_up: bool,
}

struct Running<'a> {
    output: Option<io::PipeReader>,
    main: Pid,
    main_end: MainEnd,
    ended: Option<Ending>,
    stage: Stage,
    /// Not to be answered before.
    knock_at: Instant,
    buffer: Vec<u8>,
    listener: &'a mut dyn Listener,
}

/// Where a command's standard error goes.
#[derive(Clone, Copy)]
pub(crate) enum StandardError {
    /// To the listener, in order with standard output.
    WithOutput,
    /// Where the command says.
    Apart,
}

/// Runs a command and ends what it leaves behind.
pub(crate) fn run(
    mut command: Command,
    stderr: StandardError,
    limit: Duration,
    around: &Surroundings,
    listener: &mut dyn Listener,
) -> io::Result<Ended> {
    around.put_layer(&mut command);
    let mut running = begin(command, stderr, limit, listener)?;
    let watched = running.watch(around);
    let survivor_count = processes::end_all(&around.kept());
    watched?;
    running.read_rest()?;
    Ok(Ended {
        ending: running.ending(),
        survivor_count,
    })
}

/// Runs a keeper of a command; gives the keeper too if the command left something running. At its time
/// limit all of it ends.
pub(crate) fn run_and_keep(
    mut keeper: Command,
    limit: Duration,
    around: &Surroundings,
    listener: &mut dyn Listener,
) -> io::Result<(Ended, Option<Process>)> {
    let (ours, theirs) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    keeper.stdin(OwnedFd::from(theirs));
    around.put_layer(&mut keeper);
    let mut running = begin(keeper, StandardError::WithOutput, limit, listener)?;
    running.main_end = MainEnd::Told(ours);
    let watched = running.watch(around);
    let mut kept = around.kept();
    let keeper = match running.ending() {
        Ending::Exited(_) | Ending::Signalled(_) if watched.is_ok() => {
            processes::find(running.main)
        }
        Ending::Exited(_) | Ending::Signalled(_) | Ending::TimedOut => None,
    };
    kept.extend(keeper);
    let survivor_count = processes::end_all(&kept);
    watched?;
    running.read_rest()?;
    let ended = Ended {
        ending: running.ending(),
        survivor_count,
    };
    Ok((ended, keeper))
}

fn begin(
    mut command: Command,
    stderr: StandardError,
    limit: Duration,
    listener: &mut dyn Listener,
) -> io::Result<Running<'_>> {
    let (reader, writer) = io::pipe()?;
    fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    if matches!(stderr, StandardError::WithOutput) {
        command.stderr(writer.try_clone()?);
    }
    command.stdout(writer);
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let until = Instant::now() + limit;
    let child = command.spawn()?;
    // The command holds our copies of the pipe's writing end.
    drop(command);
    let main = Pid::from_raw(child.id().cast_signed());
    let main_end = pidfd_open(
        rustix::process::Pid::from_child(&child),
        PidfdFlags::empty(),
    )?;
    Ok(Running {
        output: Some(reader),
        main,
        main_end: MainEnd::Process(main_end),
        ended: None,
        stage: Stage::Running { until },
        knock_at: Instant::now(),
        buffer: vec![0; PIECE_BYTES],
        listener,
    })
}

/// Polls one more descriptor, if there is one; says in which place.
fn add<'fd>(polled: &mut Vec<PollFd<'fd>>, descriptor: Option<BorrowedFd<'fd>>) -> Option<usize> {
    polled.push(PollFd::new(descriptor?, PollFlags::POLLIN));
    Some(polled.len() - 1)
}

/// A command without input.
pub(crate) fn silent(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    command
}

impl Running<'_> {
    /// Returns when it is time to kill what is left.
    fn watch(&mut self, around: &Surroundings) -> io::Result<()> {
        loop {
            let now = Instant::now();
            let wanted = self.listener.tick(now)?;
            if self.advance(now, &around.kept()) {
                return Ok(());
            }
            let (Stage::Running { until }
            | Stage::Terminating { until }
            | Stage::Draining { until }) = self.stage;
            let wake = (now + REAP_EVERY).min(until).min(wanted.unwrap_or(until));
            let woken = self.wait(around, wake.saturating_duration_since(now))?;
            let Woken {
                readable,
                knocked,
                hung_up,
            } = woken;
            if hung_up {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            if knocked {
                // A sandbox that is full of processes or memory is no reason to lose the command.
                let _ = around.open();
                self.knock_at = now + ANSWER_EVERY;
            }
            if readable {
                self.read_piece()?;
            }
        }
    }

    /// Takes in who ended and moves on by the clock; true when the command is over.
    fn advance(&mut self, now: Instant, kept: &[Process]) -> bool {
        let Reaped { awaited, left } = processes::reap(Some(self.main));
        let told = self.main_end.told();
        self.ended = self.ended.or(told).or(awaited.map(Ending::of));
        // Looked up only where it counts: it reads all of `/proc`.
        let is_left = || left && (kept.is_empty() || !processes::descendants(kept).is_empty());
        match self.stage {
            Stage::Running { .. } if self.ended.is_some() => {
                let until = now + OUTPUT_DRAIN;
                self.stage = Stage::Draining { until };
                self.output.is_none() || !is_left()
            }
            Stage::Running { until } if now >= until => {
                processes::signal_all(Signal::SIGTERM, kept);
                let until = now + TERM_TO_KILL;
                self.stage = Stage::Terminating { until };
                false
            }
            Stage::Running { .. } => false,
            Stage::Terminating { until } => now >= until || !is_left(),
            Stage::Draining { until } => self.output.is_none() || now >= until || !is_left(),
        }
    }

    /// Waits for output, for the end of the main process, for who wants out, for the server to go.
    fn wait(&self, around: &Surroundings, longest: Duration) -> io::Result<Woken> {
        let millis = longest.as_micros().div_ceil(1000);
        let timeout = PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX);
        let mut polled = vec![PollFd::new(around.server.as_fd(), PollFlags::empty())];
        let main = self.ended.is_none().then(|| self.main_end.as_fd());
        add(&mut polled, main);
        let is_time = Instant::now() >= self.knock_at;
        let door = add(&mut polled, around.door().filter(|_| is_time));
        let output = add(&mut polled, self.output.as_ref().map(AsFd::as_fd));
        match poll(&mut polled, timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let is_ready = |place: Option<usize>| {
            let polled = place.and_then(|place| polled.get(place));
            polled.and_then(PollFd::any) == Some(true)
        };
        Ok(Woken {
            readable: is_ready(output),
            knocked: is_ready(door),
            hung_up: is_ready(Some(0)),
        })
    }

    fn read_piece(&mut self) -> io::Result<usize> {
        let Some(output) = &mut self.output else {
            return Ok(0);
        };
        match output.read(&mut self.buffer) {
            Ok(0) => {
                self.output = None;
                Ok(0)
            }
            Ok(count) => {
                self.listener.hear(&self.buffer[..count])?;
                Ok(count)
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                Ok(0)
            }
            Err(error) => Err(error),
        }
    }

    /// What lies in the pipe when everybody is dead.
    fn read_rest(&mut self) -> io::Result<()> {
        let mut total = 0;
        while total < REST_BYTES {
            match self.read_piece()? {
                0 => break,
                count => total += count,
            }
        }
        Ok(())
    }

    fn ending(&self) -> Ending {
        if matches!(self.stage, Stage::Terminating { .. }) {
            return Ending::TimedOut;
        }
        self.ended.unwrap_or(Ending::Signalled(0))
    }
}
