//! One more Landlock layer for each command, so that it cannot touch what started it.
//!
//! Commands have the uid of the process that starts them. Below a layer of its own a command can neither
//! open that process's memory or environment, nor, from Landlock's sixth version on, send it a signal or
//! reach its abstract sockets. Commands are as far from each other.

use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};

use super::{down, files, raw};
use crate::Error;

/// The version with scopes for signals and abstract sockets.
const WITH_SCOPES: u32 = 6;

/// What commands are started below; cheap to clone.
#[derive(Clone, Debug)]
pub struct CommandLayer(Arc<OwnedFd>);

impl CommandLayer {
    /// Prepares it once for many commands.
    ///
    /// # Errors
    ///
    /// [`Error::Walls`] without Landlock.
    pub fn new() -> Result<Self, Error> {
        // Links and renames between folders are refused by every layer that does not allow them, also by
        // one that is not about files at all.
        let everywhere = PathFd::new("/").map_err(|error| down(error.to_string()))?;
        let created = ruleset(everywhere).map_err(|error| down(format!("Landlock: {error}")))?;
        Option::<OwnedFd>::from(created)
            .map(|ruleset| Self(Arc::new(ruleset)))
            .ok_or_else(|| down("this kernel has no Landlock"))
    }

    /// Makes a command start below a layer of its own. The process must have raised its walls, or else have
    /// given up new privileges: the start fails otherwise.
    #[expect(unsafe_code, reason = "the only way to act between fork and exec")]
    pub fn put_around(&self, command: &mut Command) {
        let ruleset = Arc::clone(&self.0);
        // SAFETY: one system call on a descriptor that the closure keeps open; nothing is allocated.
        unsafe {
            command.pre_exec(move || raw::landlock_restrict(ruleset.as_raw_fd()));
        }
    }
}

fn ruleset(everywhere: PathFd) -> Result<RulesetCreated, RulesetError> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::Refer)?;
    if files::landlock_abi().is_some_and(|version| version >= WITH_SCOPES) {
        ruleset = ruleset.scope(Scope::from_all(ABI::V6))?;
    }
    ruleset
        .create()?
        .add_rule(PathBeneath::new(everywhere, AccessFs::Refer))
}
