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

/// What is asked for at most; an older kernel gives less.
const NEWEST: ABI = ABI::V6;
/// Before the second version no file can be renamed into another folder (Linux 5.19).
const OLDEST: u32 = 2;

/// What every program reads.
const SYSTEM: [&str; 9] = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/proc",
];
/// Folders that every program may write, beside those bound for it.
const SCRATCH: [&str; 4] = ["/home/agent", "/tmp", "/dev/shm", "/dev/pts"];
/// Devices that lead nowhere.
const DEVICES: [&str; 7] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/ptmx",
];

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
        .and_then(|created| created.add_rules(path_beneath_rules([PROGRAM], read)))
        .and_then(|created| created.add_rules(path_beneath_rules(SCRATCH, all)))
        .and_then(|created| created.add_rules(path_beneath_rules(DEVICES, all)))
        .map_err(failed)?;
    if walls.network == Network::Own {
        // Its own mounts hold nothing but what was bound; people and programs look around in them.
        created = allow(created, Path::new("/"), AccessFs::ReadDir.into())?;
    }
    for path in &walls.readable {
        created = allow(created, path, read)?;
    }
    for path in &walls.writable {
        created = allow(created, path, all)?;
    }
    Ok(created)
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
