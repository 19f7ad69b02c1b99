//! The walls that a confined process raises around itself: Landlock for files, seccomp for system calls.
//!
//! They stand behind bubblewrap's, so that a hole in one is not a hole in both. A process raises them
//! before its second thread and before it hears anybody; what it starts afterwards cannot lower them.
//! Without them nothing is ready: [`raise`] tries what is forbidden before it returns.

mod calls;
mod files;
mod layer;
mod raw;
mod verify;

use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};

pub use files::landlock_abi;
pub use layer::CommandLayer;

use crate::Error;
use crate::binds::BINDS_FILE;

/// Which walls a process wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walls {
    /// Folders and files that may be read and executed, beside those of the system; they must exist.
    pub readable: Vec<PathBuf>,
    /// Folders and files that may be written as well, beside the scratch folders; they must exist.
    pub writable: Vec<PathBuf>,
    /// Whose network it is in.
    pub network: Network,
}

/// Whose network a confined process is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// A network namespace of its own: UNIX, IPv4, IPv6 and netlink sockets do no harm.
    Own,
    /// The host's: UNIX sockets only, and no TCP.
    Shared,
}

impl Walls {
    /// What may not be opened behind these walls.
    fn forbidden(&self) -> &'static Path {
        Path::new(match self.network {
            // The root may be listed there, since nothing is in it but what was bound.
            Network::Own => BINDS_FILE,
            Network::Shared => "/",
        })
    }
}

/// Raises the walls around this process for good; call it before anything is opened and before any thread.
///
/// It also closes every descriptor from 3 up: whoever started this process may have left some open.
///
/// # Errors
///
/// [`Error::Walls`] if the kernel cannot raise one of them, if a thread is there already, or if something
/// forbidden worked afterwards. The process must end then.
pub fn raise(walls: &Walls) -> Result<(), Error> {
    raw::close_descriptors();
    check_alone()?;
    nix::sys::prctl::set_no_new_privs().map_err(|errno| down(errno.to_string()))?;
    files::restrict(walls)?;
    calls::refuse(walls.network)?;
    verify::verify(walls)
}

/// Makes sure that the calling thread is the only one: both walls bind threads, not processes.
fn check_alone() -> Result<(), Error> {
    if let Ok(tasks) = std::fs::read_dir("/proc/self/task") {
        return match tasks.count() {
            1 => Ok(()),
            count => Err(down(format!("{count} threads run already"))),
        };
    }
    // Without `/proc` the kernel tells by a call that does nothing for a single thread, and is an error
    // among several.
    match unshare(CloneFlags::CLONE_THREAD) {
        Ok(()) => Ok(()),
        Err(Errno::EINVAL) => Err(down("threads run already")),
        Err(errno) => Err(down(format!("nothing tells the count of threads: {errno}"))),
    }
}

/// A wall that does not stand.
pub(crate) fn down(words: impl Into<String>) -> Error {
    Error::Walls {
        words: words.into(),
    }
}
