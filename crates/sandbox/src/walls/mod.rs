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

pub use files::landlock_abi;
pub use layer::CommandLayer;

use crate::binds::{BINDS_FILE, read_binds};
use crate::{Access, Bind, Error};

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
    /// The walls that belong into the sandbox in which this is called: files of its binds only.
    ///
    /// # Errors
    ///
    /// [`Error::Walls`] outside of a sandbox.
    pub fn of_this_sandbox() -> Result<Self, Error> {
        let text =
            std::fs::read(BINDS_FILE).map_err(|error| down(format!("no sandbox: {error}")))?;
        let (writable, readable): (Vec<Bind>, Vec<Bind>) = read_binds(&text)
            .ok_or_else(|| down(format!("{BINDS_FILE} is malformed")))?
            .into_iter()
            .partition(|bind| bind.access == Access::ReadWrite);
        let targets = |binds: Vec<Bind>| binds.into_iter().map(|bind| bind.target).collect();
        Ok(Self {
            readable: targets(readable),
            writable: targets(writable),
            network: Network::Own,
        })
    }

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
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads > 1 {
        return Err(down(format!("{threads} threads run already")));
    }
    nix::sys::prctl::set_no_new_privs().map_err(|errno| down(errno.to_string()))?;
    files::restrict(walls)?;
    calls::refuse(walls.network)?;
    verify::verify(walls)
}

/// A wall that does not stand.
fn down(words: impl Into<String>) -> Error {
    Error::Walls {
        words: words.into(),
    }
}
