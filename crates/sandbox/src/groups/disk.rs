//! The disk that a folder lies on, as control groups name it.
//!
//! They limit whole disks: what is asked of a partition is refused by the kernel (blk-cgroup, `ENODEV`). File
//! systems over several devices or none (btrfs, zfs, overlay, tmpfs) have a number that no device bears.

use std::fs::{metadata, read_to_string};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::sys::stat::{major, minor};

/// Where the kernel shows its devices (`sysfs(5)`).
const DEVICES: &str = "/sys/dev/block";

/// A disk by its numbers, such as `8:0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Disk(String);

impl Disk {
    /// The disk below a folder, or below what there is of its path; or why it cannot be told.
    pub(super) fn of(folder: &Path) -> Result<Self, String> {
        let there = folder.ancestors().find_map(|folder| metadata(folder).ok());
        let device = there.ok_or("its folder cannot be looked at")?.dev();
        Self::whole(Path::new(DEVICES), major(device), minor(device))
    }

    fn whole(devices: &Path, major: u64, minor: u64) -> Result<Self, String> {
        let device = devices.join(format!("{major}:{minor}")).canonicalize();
        let none =
            || format!("the file system of its folder is on no disk of its own ({major}:{minor})");
        let device = device.map_err(|_| none())?;
        // The folder of a partition lies within that of its disk.
        let disk = match device.parent() {
            Some(disk) if device.join("partition").exists() => disk,
            Some(_) | None => &device,
        };
        let numbers = read_to_string(disk.join("dev")).map_err(|_| none())?;
        Ok(Self(numbers.trim().to_owned()))
    }

    /// Its numbers, as a line about it begins.
    pub(super) fn numbers(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir_all, write};
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_partition_stands_for_its_disk() {
        let base = tempfile::tempdir().unwrap();
        let (devices, disk) = (base.path().join("block"), base.path().join("sda"));
        create_dir_all(disk.join("sda1")).unwrap();
        create_dir_all(&devices).unwrap();
        for (folder, numbers) in [(&disk, "8:0"), (&disk.join("sda1"), "8:1")] {
            write(folder.join("dev"), format!("{numbers}\n")).unwrap();
            symlink(folder, devices.join(numbers)).unwrap();
        }
        write(disk.join("sda1/partition"), "1\n").unwrap();
        for minor in [0, 1] {
            let found = Disk::whole(&devices, 8, minor).unwrap();
            assert_eq!(found.numbers(), "8:0");
        }
        let why = Disk::whole(&devices, 0, 31).unwrap_err();
        assert!(why.contains("0:31"), "{why}");
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_on_the_disk_of_its_parent() {
        let base = tempfile::tempdir().unwrap();
        let missing = base.path().join("data/agents");
        assert_eq!(Disk::of(&missing), Disk::of(base.path()));
        assert!(Disk::of(Path::new("/proc")).is_err());
    }
}
