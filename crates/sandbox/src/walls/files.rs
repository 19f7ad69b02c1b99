//! Which files may be opened: Landlock, with the scopes that the kernel has.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
    path_beneath_rules,
};

use super::{Network, Walls, down, raw};
use crate::Error;
use crate::arguments::PROGRAM;
use crate::layout::etc_of_host;

/// What is asked for at most; an older kernel gives less.
const NEWEST: ABI = ABI::V6;
/// Before the second version no file can be renamed into another folder (Linux 5.19).
const OLDEST: u32 = 2;

/// What every program reads and executes, beside `/etc`.
const SYSTEM: [&str; 8] = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/proc",
];
/// Folders that every program may write where mounts of its own are behind them, beside those bound for it.
const SCRATCH: [&str; 4] = ["/home/agent", "/tmp", "/dev/shm", "/dev/pts"];
/// Devices that lead nowhere.
const DEVICES: [&str; 5] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
];
/// Terminals; those of the host may be somebody's.
const TERMINALS: [&str; 2] = ["/dev/tty", "/dev/ptmx"];

/// The version of Landlock that the running kernel has; none if it is absent or switched off.
#[must_use]
pub fn landlock_abi() -> Option<u32> {
    raw::landlock_version()
}

/// Restricts the calling thread and all that it starts.
pub(super) fn restrict(walls: &Walls) -> Result<(), Error> {
    match landlock_abi() {
        None => return Err(down("this kernel has no Landlock, or it is switched off")),
        Some(found) if found < OLDEST => {
            return Err(down(format!(
                "Landlock is too old: version {found}, and {OLDEST} is needed"
            )));
        }
        Some(_) => {}
    }
    let status = ruleset(walls)?.restrict_self().map_err(failed)?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return Err(down("Landlock is not enforced"));
    }
    Ok(())
}

fn ruleset(walls: &Walls) -> Result<RulesetCreated, Error> {
    let all = AccessFs::from_all(NEWEST);
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)
        .and_then(|ruleset| ruleset.scope(Scope::from_all(NEWEST)))
        .map_err(failed)?;
    if walls.network == Network::Shared {
        let tcp = AccessNet::from_all(NEWEST);
        ruleset = ruleset.handle_access(tcp).map_err(failed)?;
    }
    let read = AccessFs::from_read(NEWEST);
    let mut created = ruleset
        .create()
        .and_then(|created| created.add_rules(path_beneath_rules(SYSTEM, read)))
        .and_then(|created| created.add_rules(path_beneath_rules(DEVICES, all)))
        .map_err(failed)?;
    created = match walls.network {
        Network::Own => of_own_mounts(created)?,
        // The host's own files: what a sandbox of its own mounts would have been shown of them.
        Network::Shared => created
            .add_rules(path_beneath_rules(etc_of_host(), read))
            .map_err(failed)?,
    };
    for path in &walls.readable {
        created = allow(created, path, read)?;
    }
    for path in &walls.writable {
        created = allow(created, path, all)?;
    }
    Ok(created)
}

/// What may be opened among mounts that hold nothing but what was bound or made for this sandbox.
fn of_own_mounts(created: RulesetCreated) -> Result<RulesetCreated, Error> {
    let (all, read) = (AccessFs::from_all(NEWEST), AccessFs::from_read(NEWEST));
    let created = created
        .add_rules(path_beneath_rules(["/etc", PROGRAM], read))
        .and_then(|created| created.add_rules(path_beneath_rules(SCRATCH, all)))
        .and_then(|created| created.add_rules(path_beneath_rules(TERMINALS, all)))
        .map_err(failed)?;
    // People and programs look around in it.
    allow(created, Path::new("/"), AccessFs::ReadDir.into())
}

fn allow(
    created: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, Error> {
    let what = |error: String| down(format!("{}: {error}", path.display()));
    let about = std::fs::metadata(path).map_err(|error| what(error.to_string()))?;
    // The kernel refuses rights of folders on anything else.
    let access = if about.is_dir() {
        access
    } else {
        access & AccessFs::from_file(NEWEST)
    };
    let descriptor = PathFd::new(path).map_err(|error| what(error.to_string()))?;
    created
        .add_rule(PathBeneath::new(descriptor, access))
        .map_err(|error| what(error.to_string()))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it maps errors, which come by value"
)]
fn failed(error: RulesetError) -> Error {
    down(format!("Landlock: {error}"))
}
