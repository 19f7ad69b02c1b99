//! Another run's workspace, the database and the server's own program.

use std::fs::{
    OpenOptions, Permissions, read, read_dir, remove_file, rename, set_permissions, write,
};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use nix::sys::stat::Mode;

use super::attempts::{Attempt, Missed, Reached, attempt, contains};
use super::kernel::{at, call, given, number};
use super::world::{CANARY, World};

const CLASS: &str = "other workspaces";

pub fn attempts() -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = ["secret", "outwork.db", "config.toml", "keys"]
        .map(|file| {
            attempt(CLASS, format!("reading {file}"), move |world: &World| {
                contains(&read(world.other(file)?)?, CANARY)
            })
        })
        .into();
    attempts.extend(looking());
    attempts.extend(changing());
    attempts.extend(making());
    attempts
}

fn of(name: &str, act: fn(&World) -> Reached) -> Attempt {
    attempt(CLASS, name, act)
}

fn looking() -> [Attempt; 4] {
    [
        of("starting the program", |world| {
            Command::new(world.other("program")?).status()?;
            Ok("started".to_owned())
        }),
        of("listing it", |world| {
            Ok(format!("{} entries", read_dir(world.other("")?)?.count()))
        }),
        of("going there", |world| {
            std::env::set_current_dir(world.other("")?)?;
            Ok("went".to_owned())
        }),
        of("watching it", |world| {
            let watch = call(nix::libc::SYS_inotify_init1, &[0])?;
            let path = path_bytes(&world.other("")?);
            given(
                nix::libc::SYS_inotify_add_watch,
                &[watch, at(path.as_slice()), 0x2],
            )
        }),
    ]
}

fn changing() -> [Attempt; 7] {
    [
        of("adding a file", |world| {
            let path = world.other("new")?;
            write(&path, "x")?;
            remove_file(path)?;
            Ok("added".to_owned())
        }),
        of("adding to the database", |world| {
            OpenOptions::new()
                .append(true)
                .open(world.other("outwork.db")?)?;
            Ok("opened for appending".to_owned())
        }),
        of("cutting the database", |world| {
            OpenOptions::new()
                .write(true)
                .open(world.other("outwork.db")?)?
                .set_len(CANARY.len() as u64)?;
            Ok("cut".to_owned())
        }),
        of("renaming a file", |world| {
            let (from, to) = (world.other("spare")?, world.other("moved")?);
            rename(&from, &to)?;
            rename(&to, &from)?;
            Ok("renamed".to_owned())
        }),
        of("replacing the program", |world| {
            let (program, spare) = (world.other("program")?, world.other("old")?);
            rename(&program, &spare)?;
            rename(&spare, &program)?;
            Ok("replaced".to_owned())
        }),
        of("changing a mode", |world| {
            set_permissions(world.other("spare")?, Permissions::from_mode(0o600))?;
            Ok("changed".to_owned())
        }),
        of("changing a time", |world| {
            let path = path_bytes(&world.other("spare")?);
            given(
                nix::libc::SYS_utimensat,
                &[number(nix::libc::AT_FDCWD), at(path.as_slice()), 0, 0],
            )
        }),
    ]
}

fn making() -> [Attempt; 3] {
    [
        of("a named pipe in it", |world| {
            let path = world.other("pipe")?;
            nix::unistd::mkfifo(&path, Mode::S_IRUSR)?;
            remove_file(path)?;
            Ok("made".to_owned())
        }),
        of("a socket in it", |world| {
            let path = world.other("socket")?;
            UnixListener::bind(&path)?;
            remove_file(path)?;
            Ok("made".to_owned())
        }),
        of("an extended attribute", |world| {
            let path = path_bytes(&world.other("spare")?);
            let name = c"user.escape".to_bytes_with_nul();
            match call(
                nix::libc::SYS_setxattr,
                &[at(path.as_slice()), at(name), at(name), 1, 0],
            ) {
                Err(nix::errno::Errno::EOPNOTSUPP) => {
                    Err(Missed::Absent("no attributes".to_owned()))
                }
                other => Ok(other?.to_string()),
            }
        }),
    ]
}

/// A path as the kernel takes it.
pub fn path_bytes(path: &Path) -> Vec<u8> {
    let mut bytes = path.as_os_str().as_encoded_bytes().to_vec();
    bytes.push(0);
    bytes
}
