//! Starts one bubblewrap: descriptors, limits, identity, then exec.
//!
//! Runs on the launcher's thread. Between fork and exec only system calls happen, no allocation;
//! that part is the program's only unsafe code. Every descriptor but the ones handed over on purpose
//! is closed at exec, whoever opened it.

use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Stdio;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};
use tokio::process::{Child, Command};

use crate::binds::{BINDS_FILE, write_binds};
use crate::groups::{Group, Groups};
use crate::layout::{FILES, Layout};
use crate::{Error, LimitsMode, Spec, User, arguments};

/// The bubblewrap to start, the variable that its own processes are known by, and the groups they get.
pub(crate) struct Bwrap {
    pub(crate) path: PathBuf,
    pub(crate) mark: Option<(OsString, OsString)>,
    pub(crate) groups: Groups,
}

/// A bubblewrap that was started, and the pipe on which it tells the pid of what it confines.
pub(crate) struct Started {
    pub(crate) outer: Child,
    pub(crate) told: io::PipeReader,
    pub(crate) group: Option<Group>,
}

/// Starts bubblewrap; the tokio runtime must be entered.
pub(crate) fn spawn(bwrap: &Bwrap, layout: &Layout, spec: &Spec) -> Result<Started, Error> {
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
    let list = in_memory(&arguments::list(spec, layout, &files))?;
    let words = arguments::command_line(spec, list.as_raw_fd(), tells.as_raw_fd());
    let mut inherited: Vec<OwnedFd> = contents.into_iter().map(|(_, fd)| fd).collect();
    inherited.extend([list, tells]);
    let group = bwrap.groups.make(&spec.limits)?;
    let entries = group.as_ref().map_or(Ok(Vec::new()), Group::entries);
    let preparation = Preparation {
        inherited,
        groups: entries.map_err(Error::io("opening a control group"))?,
        limits: limits(spec, bwrap.groups.mode()),
        identity: identity(&spec.user)?,
    };

    let mut command = std::process::Command::new(&bwrap.path);
    command
        .args(words)
        .env_clear()
        .envs(bwrap.mark.clone())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A terminal's Ctrl-C reaches the server only, which ends its runs in order.
        .process_group(0);
    prepare(&mut command, preparation);
    let outer = Command::from(command).spawn().map_err(refused)?;
    Ok(Started { outer, told, group })
}

fn refused(error: io::Error) -> Error {
    let shortages = [Errno::EAGAIN, Errno::ENOMEM, Errno::EMFILE, Errno::ENFILE];
    if error.kind() == io::ErrorKind::NotFound {
        Error::BwrapMissing
    } else if shortages
        .iter()
        .any(|errno| error.raw_os_error() == Some(*errno as i32))
    {
        Error::Busy(error)
    } else {
        Error::io("starting bubblewrap")(error)
    }
}

/// What the new process does before it becomes bubblewrap.
struct Preparation {
    inherited: Vec<OwnedFd>,
    groups: Vec<File>,
    limits: Vec<(Resource, u64)>,
    identity: Option<Identity>,
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

fn limits(spec: &Spec, mode: LimitsMode) -> Vec<(Resource, u64)> {
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
        (LimitsMode::Rlimit | LimitsMode::Cgroup1 | LimitsMode::Cgroup2, _) => {}
    }
    for (resource, value) in &mut list {
        if let Ok((_, most)) = getrlimit(*resource) {
            *value = (*value).min(most);
        }
    }
    list
}
