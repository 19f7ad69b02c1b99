//! Control groups: which kind this machine lets us use, and one group a sandbox.
//!
//! Looked for once, by really making a group with limits. The files and their meaning are the kernel's
//! (`cgroups(7)`, admin-guide/cgroup-v2, admin-guide/cgroup-v1). Groups are made below the server's own, so
//! that limits on the server as a whole stay in force. Without them a sandbox has rlimits and is watched.

mod disk;
mod group;
mod hierarchies;
mod leaf;
mod place;
mod sweep;

use std::fmt;
use std::fs::read_to_string;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use group::{Counts, Group};

use crate::{Error, ResourceLimits, Spec};
use disk::Disk;
use hierarchies::Hierarchies;
use place::Place;

/// What holds a sandbox to its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitsMode {
    /// Groups of the unified hierarchy.
    Cgroup2,
    /// Groups of the older hierarchies of memory, pids and cpu.
    Cgroup1,
    /// No groups: limits of single processes, and a server that looks at memory.
    Rlimit,
}

impl LimitsMode {
    /// The stable word for it, such as `cgroup2`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cgroup2 => "cgroup2",
            Self::Cgroup1 => "cgroup1",
            Self::Rlimit => "rlimit",
        }
    }
}

impl fmt::Display for LimitsMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Where groups of sandboxes are made; a cheap handle.
#[derive(Clone, Debug)]
pub struct Groups(Arc<Found>);

#[derive(Debug)]
enum Found {
    Here {
        place: Box<Place>,
        /// What all names of this server's groups begin with.
        prefix: String,
        next: AtomicU64,
    },
    Nowhere {
        why: String,
    },
}

impl Default for Groups {
    fn default() -> Self {
        Self::none("nobody looked for control groups")
    }
}

impl Groups {
    /// No groups, for that reason.
    #[must_use]
    pub fn none(why: impl Into<String>) -> Self {
        Self(Arc::new(Found::Nowhere { why: why.into() }))
    }

    /// Looks for groups that this process may use; `name` is the same after each restart of the server and
    /// tells its groups from those of others.
    ///
    /// In the unified hierarchy this may move the process into a group of its own (a group with members
    /// cannot have limited ones below it).
    #[must_use]
    pub fn find(name: &str) -> Self {
        let read = |path| read_to_string(path).unwrap_or_default();
        let mounts = read("/proc/self/mountinfo");
        let hierarchies = Hierarchies::parse(&mounts, &read("/proc/self/cgroup"));
        Self::among(&hierarchies, name)
    }

    fn among(hierarchies: &Hierarchies, name: &str) -> Self {
        let prefix = format!("outwork-{name}-");
        let trial = format!("{prefix}{}-0", std::process::id());
        let tried = |place: Result<Place, String>| {
            let place = place?;
            let made = Group::make(&place, &trial, &ResourceLimits::default(), &[]);
            let group = made.map_err(|error| format!("{}: {error}", place.shown()))?;
            drop(group);
            Ok::<Place, String>(place)
        };
        let place = tried(Place::unified(hierarchies)).or_else(|two| {
            let older = || Place::older(hierarchies);
            tried(older())
                .or_else(|_| tried(older().map(Place::without_disk)))
                .or_else(|_| tried(older().map(Place::without_kill)))
                .or_else(|_| tried(older().map(|place| place.without_kill().without_disk())))
                .map_err(|one| format!("cgroup v2: {two}; cgroup v1: {one}"))
        });
        Self(Arc::new(match place {
            Ok(place) => Found::Here {
                place: Box::new(place),
                prefix,
                next: AtomicU64::new(1),
            },
            Err(why) => Found::Nowhere { why },
        }))
    }

    /// What holds sandboxes to their limits.
    #[must_use]
    pub fn mode(&self) -> LimitsMode {
        match self.0.as_ref() {
            Found::Here { place, .. } => place.mode(),
            Found::Nowhere { .. } => LimitsMode::Rlimit,
        }
    }

    /// Why there are no groups, if there are none.
    #[must_use]
    pub fn why_not(&self) -> Option<&str> {
        match self.0.as_ref() {
            Found::Here { .. } => None,
            Found::Nowhere { why } => Some(why),
        }
    }

    /// Insists on groups.
    ///
    /// # Errors
    ///
    /// [`Error::NoGroups`] if there are none.
    pub fn require(&self) -> Result<(), Error> {
        match self.why_not() {
            None => Ok(()),
            Some(why) => Err(Error::NoGroups {
                why: why.to_owned(),
            }),
        }
    }

    /// Tries to limit what a sandbox writes to the disk of that folder each second.
    ///
    /// # Errors
    ///
    /// Why it is not limited, in words.
    pub fn limits_writes(&self, folder: &Path) -> Result<(), String> {
        let (place, name) = match self.0.as_ref() {
            Found::Here {
                place,
                prefix,
                next,
            } => (place, name_of_next(prefix, next)),
            Found::Nowhere { why } => return Err(why.clone()),
        };
        let disk = Disk::of(folder)?;
        let limits = ResourceLimits::default();
        let group = Group::make(place, &name, &limits, &[]).map_err(|error| error.to_string())?;
        group.limit_writes(&limits, &disk)
    }

    /// Ends and removes what an earlier server of this name left; returns how many groups.
    ///
    /// Only for whoever is sure that no other server of this name runs.
    #[must_use]
    pub fn sweep(&self) -> usize {
        match self.0.as_ref() {
            Found::Here { place, prefix, .. } => sweep::sweep(place, prefix),
            Found::Nowhere { .. } => 0,
        }
    }

    /// Makes the group of one sandbox, with its limits; none where there are no groups.
    pub(crate) fn make(&self, spec: &Spec) -> Result<Option<Group>, Error> {
        let Found::Here {
            place,
            prefix,
            next,
        } = self.0.as_ref()
        else {
            return Ok(None);
        };
        let name = name_of_next(prefix, next);
        let mut disks = Vec::new();
        for disk in spec.writable_folders().map(Disk::of) {
            // Whoever runs the server was told by the trial where there is none.
            disks.extend(disk.ok().filter(|disk| !disks.contains(disk)));
        }
        Group::make(place, &name, &spec.limits, &disks)
            .map(Some)
            .map_err(Error::io("making a control group"))
    }
}

/// The name of one more group.
fn name_of_next(prefix: &str, next: &AtomicU64) -> String {
    let number = next.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}{}-{number}", std::process::id())
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir, write};
    use std::path::Path;

    use super::hierarchies::Own;
    use super::*;
    use crate::{Access, Bind, User};

    /// Whose workspace is that folder.
    fn spec(workspace: &Path) -> Spec {
        Spec {
            program: "/bin/true".into(),
            arguments: vec![],
            user: User::Current,
            binds: vec![Bind {
                source: workspace.to_owned(),
                target: "/repo".into(),
                access: Access::ReadWrite,
            }],
            working_folder: "/repo".into(),
            environment: vec![],
            limits: ResourceLimits::default(),
        }
    }

    #[test]
    fn where_there_are_none_the_reason_is_told_and_can_be_insisted_on() {
        let groups = Groups::among(&Hierarchies::default(), "x");
        assert_eq!(groups.mode(), LimitsMode::Rlimit);
        let why = groups.why_not().unwrap().to_owned();
        assert!(
            why.contains("cgroup v2: ") && why.contains("cgroup v1: "),
            "{why}"
        );
        let error = groups.require().unwrap_err();
        assert!(error.to_string().contains(&why), "{error}");
        assert!(error.remedy().unwrap().contains("Delegate=yes"));
        assert!(groups.make(&spec(Path::new("/"))).unwrap().is_none());
        assert_eq!(groups.limits_writes(Path::new("/")), Err(why));
        assert_eq!(groups.sweep(), 0);
    }

    /// The older hierarchies in a folder, and the unified one beside them without controllers.
    fn hybrid(base: &Path) -> Hierarchies {
        let own = |name: &str| {
            let folder = base.join(name);
            create_dir(&folder).unwrap();
            Own {
                mount: folder.clone(),
                folder,
            }
        };
        let older = ["memory", "pids", "cpu"].map(|name| (name.to_owned(), own(name)));
        let unified = own("unified");
        write(unified.folder.join("cgroup.procs"), "").unwrap();
        write(unified.folder.join("cgroup.controllers"), "").unwrap();
        Hierarchies {
            unified: Some(unified),
            older: older.into(),
        }
    }

    #[test]
    fn a_unified_hierarchy_that_cannot_be_written_does_not_stand_in_the_way() {
        let base = tempfile::tempdir().unwrap();
        let tree = hybrid(base.path());
        let trial = format!("outwork-x-{}-0", std::process::id());
        create_dir(base.path().join("unified").join(trial)).unwrap();
        let groups = Groups::among(&tree, "x");
        assert_eq!(groups.mode(), LimitsMode::Cgroup1, "{:?}", groups.why_not());
        let group = groups.make(&spec(base.path())).unwrap();
        assert!(group.is_some());
        let why = groups.limits_writes(base.path()).unwrap_err();
        assert!(why.contains("blkio"), "{why}");
        let made = |name: &str| base.path().join(name).read_dir().unwrap().count();
        assert_eq!(made("unified"), 3, "only what was there");
    }

    #[test]
    fn a_hierarchy_of_disks_that_cannot_be_written_costs_nothing_else() {
        let base = tempfile::tempdir().unwrap();
        let mut tree = hybrid(base.path());
        let missing = base.path().join("blkio");
        let disks = Own {
            mount: missing.clone(),
            folder: missing,
        };
        tree.older.insert("blkio".to_owned(), disks);
        let groups = Groups::among(&tree, "x");
        let group = groups.make(&spec(base.path())).unwrap();
        assert!(group.is_some(), "{:?}", groups.why_not());
        let name = format!("unified/outwork-x-{}-1", std::process::id());
        assert!(base.path().join(name).exists());
    }
}
