//! Why a sandbox could not be started or ended, each with what an operator can do about it.

use std::io;
use std::path::PathBuf;

use outwork_domain::Class;

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No bubblewrap on this machine.
    #[error("bubblewrap (bwrap) was not found")]
    BwrapMissing,
    /// The bubblewrap here cannot forbid user namespaces inside.
    #[error("bubblewrap {found} is too old: 0.8 or newer is needed")]
    BwrapTooOld {
        /// Its version.
        found: String,
    },
    /// What was found is not a working bubblewrap.
    #[error("bubblewrap did not tell its version: {words}")]
    BwrapUnusable {
        /// What it said.
        words: String,
    },
    /// The server runs as root and gave no uid to drop to.
    #[error("a sandbox started by root does not confine: it needs a uid to drop to")]
    RootWithoutUid,
    /// The server does not run as root, or asked to become root.
    #[error("cannot start a process as uid {uid}: the server runs as uid {own}")]
    CannotDrop {
        /// The uid asked for.
        uid: u32,
        /// The server's own.
        own: u32,
    },
    /// A part of the specification cannot be handed over: a relative path, a NUL character.
    #[error("{what} is malformed")]
    Malformed {
        /// Which part.
        what: &'static str,
    },
    /// The kernel or an outer container forbids new namespaces.
    #[error("new namespaces are forbidden here: {words}")]
    NamespacesDenied {
        /// What bubblewrap said.
        words: String,
    },
    /// A security module takes the rights away that a user namespace gives.
    #[error("user namespaces are restricted here: {words}")]
    NamespacesRestricted {
        /// What bubblewrap said.
        words: String,
    },
    /// The limit on user namespaces is reached or zero.
    #[error("no more user namespaces may be made: {words}")]
    NamespacesExhausted {
        /// What bubblewrap said.
        words: String,
    },
    /// Mounts inside a new mount namespace are forbidden.
    #[error("mounts are forbidden here: {words}")]
    MountsDenied {
        /// What bubblewrap said.
        words: String,
    },
    /// The outer `/proc` is masked, so that no fresh one can be mounted.
    #[error("a fresh /proc cannot be mounted: {words}")]
    ProcMasked {
        /// What bubblewrap said.
        words: String,
    },
    /// The uid of the run cannot reach something that is to be bound into its sandbox.
    #[error("{path} cannot be reached by the uid of the run: {folder} does not let it pass")]
    Unreachable {
        /// What was to be bound.
        path: PathBuf,
        /// The folder that the uid cannot enter, or `path` itself.
        folder: PathBuf,
    },
    /// Something that is to be bound into the sandbox does not exist.
    #[error("{path} does not exist")]
    SourceMissing {
        /// What was to be bound.
        path: PathBuf,
    },
    /// The program could not be executed inside.
    #[error("the program could not be executed inside the sandbox: {words}")]
    ProgramUnusable {
        /// What bubblewrap said.
        words: String,
    },
    /// A wall that the confined process raises itself does not stand, so it did not become ready.
    #[error("the inner walls of the sandbox do not stand: {words}")]
    Walls {
        /// Which, and what was seen.
        words: String,
    },
    /// The confined process ended, and no known symptom says why.
    #[error("the sandbox ended ({status}): {words}")]
    Ended {
        /// How.
        status: String,
        /// The end of what it wrote to its standard error.
        words: String,
    },
    /// It was killed and is still there.
    #[error("the sandbox of process {pid} was killed and has not ended")]
    Survived {
        /// The outer process.
        pid: u32,
    },
    /// Control groups are insisted on, and there are none.
    #[error("there are no control groups that sandboxes could be limited with ({why})")]
    NoGroups {
        /// What was found.
        why: String,
    },
    /// The thread that starts sandboxes is gone; the program is ending.
    #[error("the launcher has stopped")]
    LauncherStopped,
    /// The machine is short of processes, memory or descriptors.
    #[error("no process could be started")]
    Busy(#[source] io::Error),
    /// An operating system call failed.
    #[error("{what} failed")]
    Io {
        /// Which.
        what: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The probe reached something that a sandbox must not reach, or could not work inside.
    #[error("the sandbox failed its probe: {check}: {found}")]
    Leak {
        /// The check that failed.
        check: String,
        /// What it found.
        found: String,
    },
    /// The probe itself did not work, so it proves nothing.
    #[error("the probe of the sandbox is broken: {words}")]
    ProbeBroken {
        /// What went wrong.
        words: String,
    },
}

impl Error {
    /// Makes a mapper for failed system calls.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }

    /// What may be done about it.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Busy(_)
            | Self::Ended { .. }
            | Self::Survived { .. }
            | Self::LauncherStopped
            | Self::NamespacesExhausted { .. }
            | Self::Io { .. } => Class::Retry,
            Self::BwrapMissing
            | Self::BwrapTooOld { .. }
            | Self::BwrapUnusable { .. }
            | Self::RootWithoutUid
            | Self::CannotDrop { .. }
            | Self::Malformed { .. }
            | Self::NamespacesDenied { .. }
            | Self::NamespacesRestricted { .. }
            | Self::MountsDenied { .. }
            | Self::ProcMasked { .. }
            | Self::Unreachable { .. }
            | Self::SourceMissing { .. }
            | Self::ProgramUnusable { .. }
            | Self::Walls { .. }
            | Self::NoGroups { .. }
            | Self::Leak { .. }
            | Self::ProbeBroken { .. } => Class::Permanent,
        }
    }

    /// What an operator can do, in a sentence; nothing where the error says it itself.
    #[must_use]
    pub const fn remedy(&self) -> Option<&'static str> {
        Some(match self {
            Self::BwrapMissing => {
                "Install bubblewrap 0.8 or newer (Debian, Ubuntu: apt-get install bubblewrap)."
            }
            Self::BwrapTooOld { .. } | Self::BwrapUnusable { .. } => {
                "Install bubblewrap 0.8 or newer, or name a newer one in the configuration."
            }
            Self::RootWithoutUid => {
                "Run the server as its own unprivileged user, or give it a range of uids for its runs."
            }
            Self::CannotDrop { .. } => {
                "Only a server that runs as root can give each run a uid of its own, and never uid 0."
            }
            Self::NamespacesDenied { .. } => {
                "In a container: allow unshare, clone and mount in its seccomp profile. On a host: set kernel.unprivileged_userns_clone=1."
            }
            Self::NamespacesRestricted { .. } => {
                "Add an AppArmor profile for bwrap that grants `userns` (Ubuntu 24.04 restricts user namespaces)."
            }
            Self::NamespacesExhausted { .. } => {
                "Raise user.max_user_namespaces (sysctl); on older Debian also set kernel.unprivileged_userns_clone=1."
            }
            Self::MountsDenied { .. } => {
                "In a container: allow mount and umount in its seccomp and AppArmor profiles."
            }
            Self::ProcMasked { .. } => {
                "Unmask /proc of the outer container (docker: --security-opt systempaths=unconfined), or choose level = \"full-noproc\" in [isolation]."
            }
            Self::Unreachable { .. } => {
                "Move it below folders that every uid may enter (mode 0711 is enough), or run the server as its own unprivileged user."
            }
            Self::NoGroups { .. } => {
                "Give the server a group of its own: a systemd unit with Delegate=yes, or `systemd-run --user --scope -p Delegate=yes outwork serve`; in a container, a writable /sys/fs/cgroup. With limits = \"any\" in [isolation], the default, the server does with weaker ones."
            }
            Self::ProgramUnusable { .. } => {
                "The program needs the shared libraries of this machine's /usr; use the binary that was built for it."
            }
            Self::Walls { .. } => {
                "Use Linux 5.19 or newer with Landlock (CONFIG_SECURITY_LANDLOCK, and `landlock` in the kernel's lsm= list) and seccomp filters; in a container, allow landlock_create_ruleset, landlock_add_rule and landlock_restrict_self in its seccomp profile."
            }
            Self::Busy(_) => {
                "Raise the limits on processes, memory and open files, or run fewer runs at once."
            }
            Self::SourceMissing { .. }
            | Self::Malformed { .. }
            | Self::Ended { .. }
            | Self::Survived { .. }
            | Self::LauncherStopped
            | Self::Io { .. }
            | Self::Leak { .. }
            | Self::ProbeBroken { .. } => return None,
        })
    }
}
