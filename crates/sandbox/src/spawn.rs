//! Starts the outer process of a sandbox: descriptors, limits, identity, then exec.
//!
//! Runs on the launcher's thread. Between fork and exec only system calls happen, no allocation;
//! that part is the program's only unsafe code. Every descriptor but the ones handed over on purpose
//! is closed at exec, whoever opened it.

use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid, setsid};
use tokio::process::{Child, Command};

use crate::arguments::ENVIRONMENT;
use crate::binds::{BINDS_FILE, write_binds};
use crate::confinement::{CONFINED_VARIABLE, told};
use crate::groups::{Group, Groups};
use crate::layout::FILES;
use crate::processes::Processes;
use crate::tree::Sign;
use crate::way::{Plain, Walled, Way};
use crate::{Access, Bind, Error, LimitsMode, Spec, User, arguments};

/// How sandboxes are started, the variable that processes on the host are known by, and their groups.
pub(crate) struct Starter {
    pub(crate) way: Way,
    pub(crate) mark: Option<(OsString, OsString)>,
    pub(crate) groups: Groups,
    /// Tells sandboxes of this process from each other.
    pub(crate) count: u64,
}

/// A sandbox that was started.
pub(crate) struct Started {
    pub(crate) outer: Child,
    pub(crate) first: First,
    pub(crate) group: Option<Group>,
}

/// Which process is the first inside.
pub(crate) enum First {
    /// One that the outer process tells on a pipe.
    Told(io::PipeReader),
    /// The outer process itself; by that sign whatever it starts is known.
    Itself(Sign),
}

/// The variable by which the processes of a sandbox without a pid namespace are known.
const SANDBOX_VARIABLE: &str = "OUTWORK_SANDBOX";

impl Starter {
    /// Starts a sandbox; the tokio runtime must be entered.
    pub(crate) fn spawn(&mut self, spec: &Spec) -> Result<Started, Error> {
        match &self.way {
            Way::Walled(walled) => self.walled(walled, spec),
            Way::Plain(plain) => {
                let plain = *plain;
                self.count += 1;
                self.plain(plain, spec)
            }
        }
    }

    fn walled(&self, walled: &Walled, spec: &Spec) -> Result<Started, Error> {
        let (told, tells) = io::pipe().map_err(Error::Busy)?;
        let tells = OwnedFd::from(tells);
        let mut contents = FILES
            .iter()
            .map(|(path, text)| Ok((*path, in_memory(text.as_bytes())?)))
            .collect::<Result<Vec<(&str, OwnedFd)>, Error>>()?;
        contents.push((BINDS_FILE, in_memory(&write_binds(&spec.binds))?));
        let files: Vec<_> = contents
            .iter()
            .map(|(path, fd)| (*path, fd.as_raw_fd()))
            .collect();
        let list = arguments::list(spec, (&walled.layout, walled.proc), &files);
        let list = in_memory(&list)?;
        let words = arguments::command_line(spec, list.as_raw_fd(), tells.as_raw_fd());
        let mut inherited: Vec<OwnedFd> = contents.into_iter().map(|(_, fd)| fd).collect();
        inherited.extend([list, tells]);
        let mut command = std::process::Command::new(&walled.path);
        command
            .args(words)
            .env_clear()
            .envs(self.mark.clone())
            .current_dir("/")
            // A terminal's Ctrl-C reaches the server only, which ends its runs in order.
            .process_group(0);
        let (outer, group) = self.start(command, spec, (inherited, Session::Kept))?;
        Ok(Started {
            outer: outer.map_err(refused)?,
            first: First::Told(told),
            group,
        })
    }

    /// Paths are the host's: a bind only says that something may be opened.
    fn plain(&self, plain: Plain, spec: &Spec) -> Result<Started, Error> {
        let mut binds = spec.binds.clone();
        binds.push(Bind {
            source: spec.program.clone(),
            target: spec.program.clone(),
            access: Access::ReadOnly,
        });
        let binds = in_memory(&write_binds(&binds))?;
        let value = format!("{}-{}", std::process::id(), self.count);
        let sign: (OsString, OsString) = (SANDBOX_VARIABLE.into(), value.into());
        let mut command = std::process::Command::new(&spec.program);
        command
            .args(&spec.arguments)
            .env_clear()
            .envs(ENVIRONMENT)
            .envs(spec.environment.iter().map(|(name, value)| (name, value)))
            .envs(self.mark.clone())
            .env(CONFINED_VARIABLE, told(plain, binds.as_raw_fd()))
            .envs([sign.clone()])
            .current_dir(&spec.working_folder);
        let inherited = match plain {
            Plain::RaisesWalls => vec![binds],
            Plain::Unconfined => vec![],
        };
        let (outer, group) = self.start(command, spec, (inherited, Session::Own))?;
        Ok(Started {
            outer: outer.map_err(|error| unusable(&spec.program, error))?,
            first: First::Itself(Sign::of(&spec.user, sign)),
            group,
        })
    }

    fn start(
        &self,
        mut command: std::process::Command,
        spec: &Spec,
        (inherited, session): (Vec<OwnedFd>, Session),
    ) -> Result<(io::Result<Child>, Option<Group>), Error> {
        let group = self.groups.make(spec)?;
        let entries = group.as_ref().map_or(Ok(Vec::new()), Group::entries);
        let preparation = Preparation {
            inherited,
            groups: entries.map_err(Error::io("opening a control group"))?,
            limits: limits(spec, self.groups.mode(), session),
            identity: identity(&spec.user)?,
            session,
        };
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        prepare(&mut command, preparation);
        Ok((Command::from(command).spawn(), group))
    }
}

/// Why bubblewrap could not be started.
fn refused(error: io::Error) -> Error {
    if is_shortage(&error) {
        Error::Busy(error)
    } else if error.kind() == io::ErrorKind::NotFound {
        Error::BwrapMissing
    } else {
        Error::io("starting bubblewrap")(error)
    }
}

/// Why a program could not be started without bubblewrap.
fn unusable(program: &Path, error: io::Error) -> Error {
    if is_shortage(&error) {
        return Error::Busy(error);
    }
    Error::ProgramUnusable {
        words: format!("{}: {error}", program.display()),
    }
}

fn is_shortage(error: &io::Error) -> bool {
    let shortages = [Errno::EAGAIN, Errno::ENOMEM, Errno::EMFILE, Errno::ENFILE];
    shortages
        .iter()
        .any(|errno| error.raw_os_error() == Some(*errno as i32))
}

/// What the new process does before it becomes the program.
struct Preparation {
    inherited: Vec<OwnedFd>,
    groups: Vec<File>,
    limits: Vec<(Resource, u64)>,
    identity: Option<Identity>,
    session: Session,
}

/// Whose session and terminal a process has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Session {
    /// The server's; bubblewrap makes one for what it starts.
    Kept,
    /// One of its own, without a terminal.
    Own,
}

struct Identity {
    uid: Uid,
    gid: Gid,
    groups: Vec<Gid>,
}

#[expect(unsafe_code, reason = "the only way to act between fork and exec")]
fn prepare(command: &mut std::process::Command, preparation: Preparation) {
    // SAFETY: `enter` only makes system calls on values that were allocated before the fork; it
    // neither allocates nor takes a lock.
    unsafe {
        command.pre_exec(move || preparation.enter());
    }
}

impl Preparation {
    fn enter(&self) -> io::Result<()> {
        close_at_exec();
        // Before anything that costs: from here on all that is used counts for the sandbox.
        for mut group in &self.groups {
            group.write_all(b"0")?;
        }
        for descriptor in &self.inherited {
            fcntl(descriptor, FcntlArg::F_SETFD(FdFlag::empty()))?;
        }
        umask(Mode::S_IWGRP | Mode::S_IWOTH);
        for (resource, value) in &self.limits {
            setrlimit(*resource, *value, *value)?;
        }
        if let Some(Identity { uid, gid, groups }) = &self.identity {
            setgroups(groups)?;
            setresgid(*gid, *gid, *gid)?;
            setresuid(*uid, *uid, *uid)?;
        }
        if self.session == Session::Own {
            setsid()?;
        }
        nix::sys::prctl::set_no_new_privs()?;
        Ok(())
    }
}

/// Marks every descriptor from 3 up as closed at exec, also those that a library or the program that
/// started us left open: bubblewrap would hand them on.
#[expect(
    unsafe_code,
    reason = "no safe wrapper of close_range and of raw descriptors"
)]
fn close_at_exec() {
    // SAFETY: close_range with this flag only changes a flag of descriptors; no memory is involved.
    let done = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    if done == 0 {
        return;
    }
    for descriptor in 3..4096 {
        // SAFETY: as above; a number that is not open gives EBADF, which changes nothing.
        unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

fn in_memory(bytes: &[u8]) -> Result<OwnedFd, Error> {
    let name = CString::default();
    let descriptor = memfd_create(name.as_c_str(), MFdFlags::MFD_CLOEXEC)
        .map_err(|errno| Error::Busy(errno.into()))?;
    let mut file = File::from(descriptor);
    file.write_all(bytes)
        .and_then(|()| file.rewind())
        .map_err(Error::Busy)?;
    Ok(file.into())
}

fn identity(user: &User) -> Result<Option<Identity>, Error> {
    let own = Uid::effective();
    match user {
        User::Current if own.is_root() => Err(Error::RootWithoutUid),
        User::Current => Ok(None),
        User::Dropped { uid, .. } if *uid == 0 || !own.is_root() => Err(Error::CannotDrop {
            uid: *uid,
            own: own.as_raw(),
        }),
        User::Dropped { uid, gid, groups } => Ok(Some(Identity {
            uid: Uid::from_raw(*uid),
            gid: Gid::from_raw(*gid),
            groups: groups.iter().copied().map(Gid::from_raw).collect(),
        })),
    }
}

/// What sandboxes of a shared user may grow by before one of them is refused a process: there are others.
const SHARED_FACTOR: u64 = 4;

fn limits(spec: &Spec, mode: LimitsMode, session: Session) -> Vec<(Resource, u64)> {
    let limits = spec.limits;
    let mut list = vec![
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_NOFILE, limits.open_files),
        (Resource::RLIMIT_FSIZE, limits.file_bytes),
    ];
    match (mode, &spec.user) {
        // Counted by uid: under a shared one it would count the server and all other runs.
        (LimitsMode::Rlimit, User::Dropped { .. }) => {
            list.push((Resource::RLIMIT_NPROC, limits.processes));
        }
        // Without a user namespace nobody can count only those inside, so that a bomb is held up later.
        (LimitsMode::Rlimit, User::Current) if session == Session::Own => {
            let others = Processes::now().thread_count_of(Uid::effective().as_raw());
            let own = limits.processes.saturating_mul(SHARED_FACTOR);
            list.push((Resource::RLIMIT_NPROC, others.saturating_add(own)));
        }
        (LimitsMode::Rlimit | LimitsMode::Cgroup1 | LimitsMode::Cgroup2, _) => {}
    }
    for (resource, value) in &mut list {
        if let Ok((_, most)) = getrlimit(*resource) {
            *value = (*value).min(most);
        }
    }
    list
}
