//! Reads where control groups are mounted and which of them this process is in.
//!
//! From `/proc/self/mountinfo` and `/proc/self/cgroup` (`proc_pid_mountinfo(5)`, `cgroups(7)`). A container
//! may show a part of a hierarchy only: then the mount's root is taken off the process's path.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// This process's groups.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Hierarchies {
    /// In the unified hierarchy.
    pub(crate) unified: Option<Own>,
    /// In the older ones, by controller.
    pub(crate) older: HashMap<String, Own>,
}

/// A group that this process is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Own {
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// Where its hierarchy is mounted.
    pub(crate) mount: PathBuf,
}

struct Mount {
    root: PathBuf,
    point: PathBuf,
    kind: String,
    options: String,
}

impl Hierarchies {
    pub(crate) fn parse(mountinfo: &str, own: &str) -> Self {
        let mounts: Vec<Mount> = mountinfo.lines().filter_map(mount).collect();
        let mut found = Self::default();
        for line in own.lines() {
            let mut fields = line.splitn(3, ':');
            let (Some(number), Some(controllers), Some(path)) =
                (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let path = Path::new(path);
            if number == "0" && controllers.is_empty() {
                let mut unified = mounts.iter().filter(|mount| mount.kind == "cgroup2");
                found.unified = unified.find_map(|mount| mount.own(path));
                continue;
            }
            for controller in controllers.split(',') {
                let mut older = mounts.iter().filter(|mount| {
                    mount.kind == "cgroup" && mount.options.split(',').any(|one| one == controller)
                });
                if let Some(own) = older.find_map(|mount| mount.own(path)) {
                    found.older.insert(controller.to_owned(), own);
                }
            }
        }
        found
    }
}

impl Mount {
    /// The folder of a group, if this mount shows it.
    fn own(&self, path: &Path) -> Option<Own> {
        let below = path.strip_prefix(&self.root).ok()?;
        // A process outside of its cgroup namespace's root sees `..`.
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        below.components().all(plain).then(|| Own {
            // Joined with nothing, it would end in a slash.
            folder: below
                .components()
                .fold(self.point.clone(), |folder, part| folder.join(part)),
            mount: self.point.clone(),
        })
    }
}

/// `36 25 0:31 /root /point options optional… - kind source super-options`.
fn mount(line: &str) -> Option<Mount> {
    let (front, back) = line.split_once(" - ")?;
    let mut front = front.split(' ').skip(3);
    let mut back = back.split(' ');
    Some(Mount {
        root: unescaped(front.next()?),
        point: unescaped(front.next()?),
        kind: back.next()?.to_owned(),
        options: back.nth(1)?.to_owned(),
    })
}

/// Space, tab, newline and backslash stand there as octal numbers.
fn unescaped(text: &str) -> PathBuf {
    let text = text
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
    PathBuf::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &str = "\
22 1 0:20 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
23 1 0:21 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
24 1 0:22 / /sys/fs/cgroup/my\\040pids rw - cgroup cgroup rw,pids
25 1 0:23 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
26 1 0:24 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
27 1 8:1 / / rw - ext4 /dev/sda1 rw
nonsense";

    #[test]
    fn a_hybrid_host_has_both() {
        let own = "6:pids:/\n5:memory:/a/b\n4:cpu,cpuacct:/c\n1:name=systemd:/s\n0::/d\n";
        let found = Hierarchies::parse(HYBRID, own);
        let folder = |controller: &str| found.older[controller].folder.to_str().unwrap();
        assert_eq!(folder("memory"), "/sys/fs/cgroup/memory/a/b");
        assert_eq!(folder("pids"), "/sys/fs/cgroup/my pids");
        assert_eq!(folder("cpu"), "/sys/fs/cgroup/cpu,cpuacct/c");
        assert_eq!(folder("cpuacct"), "/sys/fs/cgroup/cpu,cpuacct/c");
        let unified = found.unified.unwrap();
        assert_eq!(unified.folder, Path::new("/sys/fs/cgroup/unified/d"));
        assert_eq!(unified.mount, Path::new("/sys/fs/cgroup/unified"));
    }

    #[test]
    fn a_container_that_shows_a_part_is_understood() {
        let mounts = "9 1 0:20 /docker/0af /sys/fs/cgroup ro - cgroup2 cgroup2 rw";
        let of = |own: &str| {
            Hierarchies::parse(mounts, own)
                .unified
                .map(|own| own.folder)
        };
        assert_eq!(of("0::/docker/0af"), Some("/sys/fs/cgroup".into()));
        assert_eq!(of("0::/docker/0af/x"), Some("/sys/fs/cgroup/x".into()));
        assert_eq!(of("0::/docker/other"), None);
        assert_eq!(of("0::/docker/0af/../other"), None);
        assert_eq!(of(""), None);
        assert_eq!(Hierarchies::parse("", "0::/"), Hierarchies::default());
    }
}
