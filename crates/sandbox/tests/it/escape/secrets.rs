//! Secrets of the server: what its processes have in their memory, environment and open files.

use std::fs::{File, read, read_dir};
use std::io::{Read, Seek, SeekFrom};

use nix::sys::resource::{Resource, getrlimit};

use super::attempts::{Attempt, Missed, Reached, attempt, contains};
use super::world::{CANARY, World};

const CLASS: &str = "secrets";

fn of_victim(file: &'static str, wanted: &'static str) -> impl Fn(&World) -> Reached {
    move |world| {
        let path = format!("/proc/{}/{file}", world.pid("victim")?);
        contains(&read(path)?, wanted)
    }
}

pub fn attempts() -> Vec<Attempt> {
    let of = |name: &str, act: fn(&World) -> Reached| attempt(CLASS, name, act);
    vec![
        attempt(
            CLASS,
            "a process's environment",
            of_victim("environ", CANARY),
        ),
        attempt(CLASS, "a process's arguments", |world| {
            let line = read(format!("/proc/{}/cmdline", world.pid("victim")?))?;
            contains(&line, world.get("victim_marker")?)
        }),
        attempt(
            CLASS,
            "a process's map of memory",
            of_victim("maps", "[stack]"),
        ),
        attempt(
            CLASS,
            "a process's limits",
            of_victim("limits", "Max open files"),
        ),
        attempt(CLASS, "a process's mounts", of_victim("mountinfo", " / ")),
        attempt(CLASS, "a process's state", of_victim("status", "sleep")),
        attempt(CLASS, "a process's folder", of_victim("cwd/secret", CANARY)),
        attempt(CLASS, "a process's open file", of_victim("fd/0", CANARY)),
        of("a process's root", |world| {
            let secret = world.other("secret")?;
            let path = format!("/proc/{}/root{}", world.pid("victim")?, secret.display());
            contains(&read(path)?, CANARY)
        }),
        of("a process's memory", memory),
        of("any environment", any_environment),
        of("any command line", any_command_line),
        of("an inherited descriptor", |world| {
            contains(
                &read(format!("/proc/self/fd/{}", world.get("stray")?))?,
                CANARY,
            )
        }),
        of("a core file", |_| match getrlimit(Resource::RLIMIT_CORE)? {
            (_, 0) => Err(Missed::Blocked("none may be written".to_owned())),
            (_, most) => Ok(format!("{most} bytes may be written")),
        }),
        of("folders of the system", |_| {
            let folders = ["/var/lib", "/run", "/boot", "/srv", "/opt", "/mnt"];
            let found = folders.iter().find(|folder| read_dir(folder).is_ok());
            found
                .map(|folder| format!("listed {folder}"))
                .ok_or_else(|| Missed::Blocked("none of them".to_owned()))
        }),
        of("the settings of the system", |_| {
            let files = [
                "/etc/fstab",
                "/etc/login.defs",
                "/etc/debconf.conf",
                "/etc/shells",
            ];
            let found = files.iter().find(|file| read(file).is_ok());
            found
                .map(|file| format!("read {file}"))
                .ok_or_else(|| Missed::Blocked("none of them".to_owned()))
        }),
        of("the users of the host", |_| {
            contains(&read("/etc/passwd")?, ":/usr/sbin:")
        }),
        of("devices of the host", |_| {
            Ok(format!("{} buses", read_dir("/sys/bus")?.count()))
        }),
    ]
}

/// Reads the stack of the victim, where its environment lies.
fn memory(world: &World) -> Reached {
    let pid = world.pid("victim")?;
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let stack = maps.lines().find(|line| line.ends_with("[stack]")).unwrap();
    let (from, rest) = stack.split_once('-').unwrap();
    let to = rest.split_once(' ').unwrap().0;
    let [from, to] = [from, to].map(|number| u64::from_str_radix(number, 16).unwrap());
    let mut memory = File::open(format!("/proc/{pid}/mem"))?;
    memory.seek(SeekFrom::Start(from))?;
    let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
    memory.read_exact(&mut bytes)?;
    contains(&bytes, CANARY)
}

fn any_environment(_: &World) -> Reached {
    any("environ", CANARY)
}

fn any_command_line(world: &World) -> Reached {
    any("cmdline", world.get("victim_marker")?)
}

/// Looks through all processes but this one's own family, to which the world was told.
fn any(file: &str, wanted: &str) -> Reached {
    let mut seen = 0;
    for entry in read_dir("/proc")?.flatten() {
        let Ok(text) = read(entry.path().join(file)) else {
            continue;
        };
        seen += 1;
        // The world's own text names the targets, so it must not count.
        let told = contains(&text, "OUTWORK_ESCAPE_WORLD").is_ok();
        if !told && contains(&text, wanted).is_ok() {
            return Ok(format!("{}", entry.path().display()));
        }
    }
    Err(Missed::Blocked(format!("{seen} processes")))
}
