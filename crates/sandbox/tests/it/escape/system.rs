//! Files and devices of the system; only opened, never written.

use std::fs::{OpenOptions, read_dir};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};

use nix::libc;

use super::attempts::{Attempt, Missed, Reached, attempt, of_root};
use super::world::World;

const CLASS: &str = "system files and devices";

/// Files that root may open for writing.
const WRITABLE: [&str; 8] = [
    "/etc/passwd",
    "/etc/group",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/proc/sysrq-trigger",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/vm/drop_caches",
    "/proc/sys/kernel/hostname",
];
/// Folders in which root may make a file.
const FOLDERS: [&str; 5] = ["/", "/usr", "/usr/bin", "/etc", "/var"];

pub fn attempts() -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = WRITABLE
        .map(|path| {
            of_root(CLASS, format!("writing {path}"), move |_: &World| {
                OpenOptions::new().append(true).open(path)?;
                Ok("opened".to_owned())
            })
        })
        .into();
    attempts.extend(FOLDERS.map(|folder| {
        of_root(
            CLASS,
            format!("a file without a name in {folder}"),
            move |_: &World| {
                OpenOptions::new()
                    .write(true)
                    .custom_flags(libc::O_TMPFILE)
                    .open(folder)?;
                Ok("made".to_owned())
            },
        )
    }));
    let of = |name: &str, act: fn(&World) -> Reached| of_root(CLASS, name, act);
    attempts.extend([
        of("a disk", |_| {
            let disk = read_dir("/dev")?
                .flatten()
                .find(|entry| entry.file_type().is_ok_and(|kind| kind.is_block_device()));
            let disk = disk.ok_or_else(|| Missed::Absent("no disk".to_owned()))?;
            OpenOptions::new().read(true).open(disk.path())?;
            Ok(format!("opened {}", disk.path().display()))
        }),
        of("the kernel's messages", |_| open("/dev/kmsg")),
        of("a device of the network", |_| open("/dev/net/tun")),
        of("a file system of its own", |_| open("/dev/fuse")),
        of("a machine of its own", |_| open("/dev/kvm")),
        of("the console", |_| open("/dev/console")),
        attempt(CLASS, "the server's program", |world| {
            let program = world.get("program")?;
            let mode = std::fs::metadata(program)?.permissions().mode();
            std::fs::set_permissions(program, std::fs::Permissions::from_mode(mode))?;
            Ok("changed its mode".to_owned())
        }),
        attempt(CLASS, "taking the server's program away", |world| {
            let program = world.get("program")?;
            let aside = format!("{program}.aside");
            std::fs::rename(program, &aside)?;
            std::fs::rename(&aside, program)?;
            Ok("renamed it".to_owned())
        }),
        attempt(CLASS, "a score that spares it", |_| {
            OpenOptions::new()
                .write(true)
                .open("/proc/self/oom_score_adj")?;
            Ok("opened".to_owned())
        }),
        attempt(CLASS, "what the sandbox was told", |world| {
            Ok(format!(
                "{} bytes",
                std::fs::read(world.get("binds")?)?.len()
            ))
        }),
    ]);
    attempts
}

fn open(path: &str) -> Reached {
    match OpenOptions::new().read(true).open(path) {
        Ok(_) => Ok("opened".to_owned()),
        Err(error) => match error.raw_os_error() {
            Some(libc::ENOENT | libc::ENODEV | libc::ENXIO) => {
                Err(Missed::Absent(error.to_string()))
            }
            _ => Err(error.into()),
        },
    }
}
