//! Starts one confined process with pipes, kills all of it, and finds out whether that works here.
//!
//! The outer walls are bubblewrap's: own mounts, pids, network, hostname, IPC and user namespace, started
//! under an unprivileged uid. The inner ones, Landlock and seccomp, are raised inside by the program itself.
//! Which of them there are is the level of isolation, which whoever starts the launcher chooses.
//! What else runs inside and what it says over its pipes belongs to others.
//! Nothing here trusts the confined process; the only unsafe code of the program is here.

mod arguments;
mod binds;
mod bwrap;
mod confined;
mod confinement;
mod disk_usage;
mod disk_watch;
mod error;
mod first_process;
mod groups;
mod inspect;
mod launcher;
mod layout;
mod limit_reached;
mod limits;
mod memory_watch;
mod orders;
mod probe;
mod processes;
mod reach;
mod spawn;
mod spec;
mod symptom;
mod tree;
mod walls;
mod watch;
mod way;

pub use bwrap::BwrapVersion;
pub use confined::Confined;
pub use confinement::{CONFINED_VARIABLE, Confinement};
pub use error::Error;
pub use groups::{Groups, LimitsMode};
pub use inspect::inspect_main;
pub use launcher::{Launched, Launcher, LauncherOptions};
pub use limit_reached::LimitReached;
pub use probe::{Check, ProbeReport, Probed, probe};
pub use reach::blocking_folder;
pub use spec::{Access, Bind, ResourceLimits, Spec, User};
pub use walls::{CommandLayer, Network, Walls, landlock_abi, raise};
