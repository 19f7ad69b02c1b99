//! The group of one sandbox: made with its limits before anything runs in it, removed when nothing does.

use std::fs::{File, OpenOptions, create_dir, read_to_string, remove_dir, write};
use std::io;
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::place::{DISK_CONTROLLER_1, DISK_CONTROLLER_2, Place, Version, below};
use crate::ResourceLimits;

/// The period in which CPU time is counted, in microseconds; the kernel's standard.
const PERIOD_MICROS: u64 = 100_000;

/// How writing to disks is limited: a line for each, its numbers first.
struct Writes {
    file: &'static str,
    key: &'static str,
    unlimited: &'static str,
}

const WRITES_1: Writes = Writes {
    file: "blkio.throttle.write_bps_device",
    key: "",
    unlimited: "0",
};
const WRITES_2: Writes = Writes {
    file: "io.max",
    key: "wbps=",
    unlimited: "max",
};

/// One sandbox's group, in each hierarchy that it needs. Dropping it removes it.
#[derive(Debug)]
pub(crate) struct Group {
    folders: Vec<PathBuf>,
    version: Version,
    memory: PathBuf,
    pids: PathBuf,
    disk: Option<PathBuf>,
    kill: Option<PathBuf>,
}

/// How often the kernel held a group to a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Processes killed because memory was used up.
    pub(crate) memory_kills: u64,
    /// Processes refused because there were too many.
    pub(crate) refused_processes: u64,
}

impl Group {
    /// Makes it and sets its limits, on writes to those disks where that is possible; nothing is left of it if
    /// that fails.
    pub(super) fn make(
        place: &Place,
        name: &str,
        limits: &ResourceLimits,
        disks: &[Disk],
    ) -> io::Result<Self> {
        let mut group = Self {
            folders: Vec::new(),
            version: place.version,
            memory: below(&place.memory, name),
            pids: below(&place.pids, name),
            disk: place.disk.as_ref().map(|own| below(own, name)),
            kill: place.kill.as_ref().map(|own| below(own, name)),
        };
        for own in place.all() {
            let folder = below(own, name);
            create_dir(&folder)?;
            group.folders.push(folder);
        }
        group.limit(&below(&place.cpu, name), limits)?;
        for disk in disks {
            // Not all disks can be limited, and a sandbox is none the worse confined without.
            let _ = group.limit_writes(limits, disk);
        }
        Ok(group)
    }

    /// Limits what is written to a disk each second; or says why that cannot be.
    pub(super) fn limit_writes(&self, limits: &ResourceLimits, disk: &Disk) -> Result<(), String> {
        let (controller, writes) = match self.version {
            Version::One => (DISK_CONTROLLER_1, WRITES_1),
            Version::Two => (DISK_CONTROLLER_2, WRITES_2),
        };
        let folder = self.disk.as_ref();
        let folder = folder.ok_or_else(|| format!("the controller {controller} is not there"))?;
        let path = folder.join(writes.file);
        let (disk, bytes) = (disk.numbers(), limits.disk_write_bytes_per_sec);
        write(&path, format!("{disk} {}{bytes}", writes.key))
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Lets what was written get to the disk at once: whoever waits for that cannot be killed.
    pub(crate) fn lift_writes(&self) {
        self.disk.iter().for_each(|folder| lift_writes(folder));
    }

    fn limit(&self, cpu: &Path, limits: &ResourceLimits) -> io::Result<()> {
        let memory = limits.memory_bytes.to_string();
        let quota = u64::from(limits.cpu_percent) * PERIOD_MICROS / 100;
        match self.version {
            Version::Two => {
                write(self.memory.join("memory.max"), &memory)?;
                if_there(&self.memory.join("memory.swap.max"), "0")?;
                write(cpu.join("cpu.max"), format!("{quota} {PERIOD_MICROS}"))?;
            }
            Version::One => {
                write(self.memory.join("memory.limit_in_bytes"), &memory)?;
                // Memory and swap together: no swap. Only there if the kernel counts swap.
                if_there(&self.memory.join("memory.memsw.limit_in_bytes"), &memory)?;
                write(cpu.join("cpu.cfs_period_us"), PERIOD_MICROS.to_string())?;
                write(cpu.join("cpu.cfs_quota_us"), quota.to_string())?;
            }
        }
        write(self.pids.join("pids.max"), limits.processes.to_string())
    }

    /// The files through which a process that writes `0` becomes a member.
    pub(crate) fn entries(&self) -> io::Result<Vec<File>> {
        let open = |folder: &PathBuf| OpenOptions::new().write(true).open(members_of(folder));
        self.folders.iter().map(open).collect()
    }

    /// How often the kernel held it to a limit so far.
    pub(crate) fn counts(&self) -> Counts {
        let events = match self.version {
            Version::Two => "memory.events",
            Version::One => "memory.oom_control",
        };
        Counts {
            memory_kills: number(&self.memory.join(events), "oom_kill"),
            refused_processes: number(&self.pids.join("pids.events"), "max"),
        }
    }

    /// Kills every member.
    pub(crate) fn kill(&self) {
        if self.kill.as_deref().is_some_and(kill) {
            return;
        }
        kill_members(&self.memory);
    }

    /// Whether it has no members.
    pub(crate) fn is_empty(&self) -> bool {
        self.folders.iter().all(|folder| is_empty(folder))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.folders.iter().all(|folder| remove_dir(folder).is_ok()) {
            return;
        }
        self.lift_writes();
        // Whoever was killed may take a moment to be gone; the sweep of the next start finds what stays.
        let folders = std::mem::take(&mut self.folders);
        let kill = self.kill.take();
        let _ = std::thread::Builder::new()
            .name("control-group".to_owned())
            .spawn(move || {
                if let Some(folder) = &kill {
                    self::kill(folder);
                }
                remove(&folders);
            });
    }
}

/// How long members that were killed may take to be gone.
const REMOVE_WAIT: std::time::Duration = std::time::Duration::from_secs(5);
const REMOVE_LOOK: std::time::Duration = std::time::Duration::from_millis(5);

/// Removes the folders of a group whose members were killed; true if none is left.
pub(super) fn remove(folders: &[PathBuf]) -> bool {
    let deadline = std::time::Instant::now() + REMOVE_WAIT;
    loop {
        let gone = |folder: &PathBuf| match remove_dir(folder) {
            Ok(()) => true,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        // Each is tried, whatever became of the one before it.
        let left = folders.iter().filter(|folder| !gone(folder)).count();
        if left == 0 {
            return true;
        }
        if std::time::Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(REMOVE_LOOK);
    }
}

/// Lifts what limits writing to disks in a group of either version.
pub(super) fn lift_writes(folder: &Path) {
    for writes in [WRITES_1, WRITES_2] {
        let path = folder.join(writes.file);
        let set = read_to_string(&path).unwrap_or_default();
        for disk in set.lines().filter_map(|line| line.split(' ').next()) {
            // Whoever is gone meanwhile waits for no disk.
            let _ = write(&path, format!("{disk} {}{}", writes.key, writes.unlimited));
        }
    }
}

/// Kills all members in one step; false where the kernel cannot (before 5.14, and in older hierarchies).
pub(super) fn kill(folder: &Path) -> bool {
    if_there(&folder.join("cgroup.kill"), "1").is_ok_and(|was_there| was_there == Written::Yes)
}

/// Kills the members one by one.
pub(super) fn kill_members(folder: &Path) {
    for pid in members(folder) {
        // Gone already is as good.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

/// The members of a group.
fn members(folder: &Path) -> Vec<rustix::process::Pid> {
    let list = read_to_string(members_of(folder)).unwrap_or_default();
    let pid = |line: &str| rustix::process::Pid::from_raw(line.trim().parse().ok()?);
    list.lines().filter_map(pid).collect()
}

fn is_empty(folder: &Path) -> bool {
    read_to_string(members_of(folder)).map_or(true, |list| list.trim().is_empty())
}

fn members_of(folder: &Path) -> PathBuf {
    folder.join("cgroup.procs")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Yes,
    NotThere,
}

fn if_there(path: &Path, text: &str) -> io::Result<Written> {
    if !path.exists() {
        return Ok(Written::NotThere);
    }
    write(path, text).map(|()| Written::Yes)
}

/// The number in the line `name number` of a file.
fn number(path: &Path, name: &str) -> u64 {
    let text = read_to_string(path).unwrap_or_default();
    let value = |line: &str| {
        let (key, value) = line.split_once(' ')?;
        (key == name).then(|| value.trim().parse().ok()).flatten()
    };
    text.lines().find_map(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::hierarchies::{Hierarchies, Own};

    fn own(folder: &Path) -> Own {
        Own {
            folder: folder.to_owned(),
            mount: folder.to_owned(),
        }
    }

    fn limits() -> ResourceLimits {
        ResourceLimits {
            memory_bytes: 128 << 20,
            cpu_percent: 150,
            processes: 64,
            disk_write_bytes_per_sec: 5 << 20,
            ..ResourceLimits::default()
        }
    }

    /// The disk that the tests write to, if there is one.
    fn disks(folder: &Path) -> Vec<Disk> {
        Disk::of(folder).into_iter().collect()
    }

    /// Names of files and what is in them.
    fn files(folder: &Path) -> Vec<(String, String)> {
        let mut files: Vec<_> = folder
            .read_dir()
            .unwrap()
            .flatten()
            .filter(|entry| entry.path().is_file())
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                (name, read_to_string(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    fn expected(list: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        list.iter().map(own).collect()
    }

    #[test]
    fn the_unified_hierarchy_gets_its_files() {
        let base = tempfile::tempdir().unwrap();
        let tree = Hierarchies {
            unified: Some(own(base.path())),
            ..Hierarchies::default()
        };
        write(base.path().join("cgroup.controllers"), "cpu io memory pids").unwrap();
        write(base.path().join("cgroup.subtree_control"), "").unwrap();
        let place = Place::unified(&tree).unwrap();
        let disks = disks(base.path());
        let group = Group::make(&place, "g", &limits(), &disks).unwrap();
        let writes = disks
            .first()
            .map(|disk| format!("{} wbps=5242880", disk.numbers()));
        let mut list = vec![("cpu.max", "150000 100000")];
        list.extend(writes.as_deref().map(|line| ("io.max", line)));
        list.extend([("memory.max", "134217728"), ("pids.max", "64")]);
        assert_eq!(files(&base.path().join("g")), expected(&list));
        let folder = base.path().join("g");
        write(folder.join("memory.events"), "low 0\noom 3\noom_kill 2\n").unwrap();
        write(folder.join("pids.events"), "max 7\n").unwrap();
        let counts = Counts {
            memory_kills: 2,
            refused_processes: 7,
        };
        assert_eq!(group.counts(), counts);
        write(folder.join("cgroup.kill"), "").unwrap();
        group.kill();
        assert_eq!(read_to_string(folder.join("cgroup.kill")).unwrap(), "1");
    }

    #[test]
    fn the_older_hierarchies_get_theirs() {
        let base = tempfile::tempdir().unwrap();
        let names = ["memory", "pids", "cpu", "blkio"];
        let mut tree = Hierarchies::default();
        for name in names {
            create_dir(base.path().join(name)).unwrap();
            tree.older
                .insert(name.to_owned(), own(&base.path().join(name)));
        }
        let place = Place::older(&tree).unwrap();
        let disks = disks(base.path());
        let group = Group::make(&place, "g", &limits(), &disks).unwrap();
        let of = |name: &str| files(&base.path().join(name).join("g"));
        assert_eq!(
            of("memory"),
            expected(&[("memory.limit_in_bytes", "134217728")])
        );
        assert_eq!(of("pids"), expected(&[("pids.max", "64")]));
        assert_eq!(
            of("cpu"),
            expected(&[
                ("cpu.cfs_period_us", "100000"),
                ("cpu.cfs_quota_us", "150000"),
            ])
        );
        let line = disks
            .first()
            .map(|disk| format!("{} 5242880", disk.numbers()));
        let line = line
            .iter()
            .map(|line| ("blkio.throttle.write_bps_device", line.as_str()));
        assert_eq!(of("blkio"), expected(&line.collect::<Vec<_>>()));
        let control = base.path().join("memory/g/memory.oom_control");
        write(control, "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n").unwrap();
        assert_eq!(group.counts().memory_kills, 5);
        tree.older.remove("cpu");
        let why = Place::older(&tree).unwrap_err();
        assert!(why.contains("the controller cpu"), "{why}");
    }

    #[test]
    fn nothing_is_left_of_one_that_cannot_be_made() {
        let base = tempfile::tempdir().unwrap();
        let mut tree = Hierarchies::default();
        create_dir(base.path().join("memory")).unwrap();
        for name in ["memory", "pids", "cpu"] {
            let folder = base.path().join(name);
            tree.older.insert(name.to_owned(), own(&folder));
        }
        let place = Place::older(&tree).unwrap();
        assert!(Group::make(&place, "g", &limits(), &[]).is_err());
        assert!(!base.path().join("memory/g").exists());
    }
}
