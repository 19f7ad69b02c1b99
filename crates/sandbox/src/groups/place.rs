//! Where the groups of sandboxes are made: one folder in the unified hierarchy, or one of each older one.

use std::path::{Path, PathBuf};

use super::LimitsMode;
use super::hierarchies::{Hierarchies, Own};
use super::leaf;

/// The controllers that a sandbox's limits need.
pub(super) const CONTROLLERS: [&str; 3] = ["memory", "pids", "cpu"];
/// What limits disks, in the older hierarchies and in the unified one; a sandbox can do without.
pub(super) const DISK_CONTROLLER_1: &str = "blkio";
pub(super) const DISK_CONTROLLER_2: &str = "io";

/// The folders below which groups are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(super) version: Version,
    pub(super) memory: Own,
    pub(super) pids: Own,
    pub(super) cpu: Own,
    /// Whatever limits writing to disks, where it is ours to use.
    pub(super) disk: Option<Own>,
    /// The unified hierarchy of a hybrid host, which has no limits but kills a group at once.
    pub(super) kill: Option<Own>,
}

/// Which of the kernel's two interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

impl Place {
    /// The unified hierarchy, once its controllers are ours to use; or why they are not.
    pub(super) fn unified(hierarchies: &Hierarchies) -> Result<Self, String> {
        let own = hierarchies.unified.as_ref().ok_or("it is not mounted")?;
        let base = leaf::prepare(own)?;
        let disk = leaf::prepare_disk(&base.folder).then(|| base.clone());
        Ok(Self {
            version: Version::Two,
            memory: base.clone(),
            pids: base.clone(),
            cpu: base.clone(),
            disk,
            kill: Some(base),
        })
    }

    /// The older hierarchies, if all that are needed are there.
    pub(super) fn older(hierarchies: &Hierarchies) -> Result<Self, String> {
        let own = |controller: &str| {
            let found = hierarchies.older.get(controller).cloned();
            found.ok_or_else(|| format!("the controller {controller} is not mounted"))
        };
        let [memory, pids, cpu] = CONTROLLERS;
        let kills = |own: &&Own| own.folder.join("cgroup.procs").exists();
        Ok(Self {
            version: Version::One,
            memory: own(memory)?,
            pids: own(pids)?,
            cpu: own(cpu)?,
            disk: own(DISK_CONTROLLER_1).ok(),
            kill: hierarchies.unified.as_ref().filter(kills).cloned(),
        })
    }

    /// The same without the unified hierarchy of a hybrid host.
    pub(super) fn without_kill(self) -> Self {
        Self { kill: None, ..self }
    }

    /// The same without what limits writing to disks.
    pub(super) fn without_disk(self) -> Self {
        Self { disk: None, ..self }
    }

    pub(super) const fn mode(&self) -> LimitsMode {
        match self.version {
            Version::One => LimitsMode::Cgroup1,
            Version::Two => LimitsMode::Cgroup2,
        }
    }

    /// For people.
    pub(super) fn shown(&self) -> String {
        self.memory.folder.display().to_string()
    }

    /// Each place, without repetitions.
    pub(super) fn all(&self) -> Vec<&Own> {
        let mut all = vec![&self.memory];
        let further = [&self.pids, &self.cpu].into_iter();
        for own in further.chain(&self.disk).chain(&self.kill) {
            if !all.contains(&own) {
                all.push(own);
            }
        }
        all
    }
}

/// The folder of a group of that name.
pub(super) fn below(own: &Own, name: &str) -> PathBuf {
    let folder: &Path = &own.folder;
    folder.join(name)
}
