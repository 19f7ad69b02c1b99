//! What an attempt is, and all of them.

use std::io;
use std::process::{Command, Stdio};

use nix::errno::Errno;

use super::world::World;
use super::{
    calls, families, links, mounts, namespaces, network, processes, secrets, services, set_id,
    system, terminals, tool_host, workspaces,
};

/// Why an attempt did not reach its goal.
#[derive(Debug)]
pub enum Missed {
    /// Something stood in the way.
    Blocked(String),
    /// This kernel has no such thing; outside, that makes it no control.
    Absent(String),
}

/// Whether an attempt reached its goal, and what it saw.
pub type Reached = Result<String, Missed>;

impl From<Errno> for Missed {
    fn from(errno: Errno) -> Self {
        let absent = [
            Errno::ENOSYS,
            Errno::EAFNOSUPPORT,
            Errno::ESOCKTNOSUPPORT,
            Errno::EPROTONOSUPPORT,
            Errno::ENODEV,
        ];
        match absent.contains(&errno) {
            true => Self::Absent(errno.to_string()),
            false => Self::Blocked(errno.to_string()),
        }
    }
}

impl From<io::Error> for Missed {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error().map(Errno::from_raw) {
            Some(errno) => errno.into(),
            None => Self::Blocked(error.to_string()),
        }
    }
}

/// Who reaches the goal outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// The user that sandboxes run as.
    SameUser,
    /// Only root.
    Root,
}

pub enum Act {
    /// Says itself whether it reached its goal.
    Do(Box<dyn Fn(&World) -> Reached>),
    /// A script that leaves a `sleep $MARKER` behind, which must be gone with the sandbox.
    Leave(&'static str),
}

/// One way out.
pub struct Attempt {
    pub class: &'static str,
    pub name: String,
    pub control: Control,
    pub act: Act,
}

/// An attempt of the sandboxes' user.
pub fn attempt(
    class: &'static str,
    name: impl Into<String>,
    act: impl Fn(&World) -> Reached + 'static,
) -> Attempt {
    Attempt {
        class,
        name: name.into(),
        control: Control::SameUser,
        act: Act::Do(Box::new(act)),
    }
}

/// An attempt that only root could carry out outside.
pub fn of_root(
    class: &'static str,
    name: impl Into<String>,
    act: impl Fn(&World) -> Reached + 'static,
) -> Attempt {
    Attempt {
        control: Control::Root,
        ..attempt(class, name, act)
    }
}

/// Makes an attempt one that this machine denies to everybody if a setting of its kernel is above `most`.
pub fn unless_denied(setting: &'static str, most: i32, attempt: Attempt) -> Attempt {
    let Act::Do(act) = attempt.act else {
        return attempt;
    };
    let act = move |world: &World| {
        let value = std::fs::read_to_string(format!("/proc/sys/kernel/{setting}"));
        match value
            .ok()
            .and_then(|value| value.trim().parse::<i32>().ok())
        {
            Some(value) if value > most => Err(Missed::Absent(format!("{setting} is {value}"))),
            Some(_) | None => act(world),
        }
    };
    Attempt {
        act: Act::Do(Box::new(act)),
        ..attempt
    }
}

/// Runs a script, whose success is its goal.
pub fn shell(script: &str) -> Reached {
    let output = Command::new("/bin/bash")
        .args(["-c", script])
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        return Ok("done".to_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Missed::Blocked(words))
}

/// Whether a text that was read has in it what was looked for.
pub fn contains(text: &[u8], wanted: &str) -> Reached {
    let found = text
        .windows(wanted.len())
        .any(|part| part == wanted.as_bytes());
    if found {
        return Ok(format!("found {wanted}"));
    }
    Err(Missed::Blocked(format!("{} bytes without it", text.len())))
}

/// All attempts, in the order of their classes; names are unique.
pub fn all() -> Vec<Attempt> {
    [
        secrets::attempts(),
        workspaces::attempts(),
        links::attempts(),
        processes::attempts(),
        tool_host::attempts(),
        network::tcp(),
        network::others(),
        families::attempts(),
        namespaces::attempts(),
        mounts::attempts(),
        calls::attempts(),
        calls::of_root_only(),
        system::attempts(),
        set_id::attempts(),
        services::attempts(),
        terminals::attempts(),
        leftovers(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn leftovers() -> Vec<Attempt> {
    let ways = [
        ("in the background", "sleep $MARKER &"),
        ("in a session of its own", "setsid sleep $MARKER &"),
        ("twice forked", "( ( setsid sleep $MARKER & ) & )"),
        ("with nohup", "nohup sleep $MARKER &"),
        (
            "deaf to signals",
            "(trap '' TERM HUP INT QUIT; exec setsid sleep $MARKER) &",
        ),
        (
            "stopped",
            "setsid sleep $MARKER & test -e /proc/self && until grep -qx sleep /proc/$!/comm; do :; done
kill -STOP $!",
        ),
        (
            "without a parent",
            "setsid bash -c 'sleep $MARKER & disown; exit' & wait",
        ),
        (
            "by a program that forks and leaves",
            "python3 -c 'import os, sys
for n in range(3):
  if os.fork(): os._exit(0)
  os.setsid()
os.execvp(\"sleep\", [\"sleep\", os.environ[\"MARKER\"]])' & wait",
        ),
        (
            "at the lowest priority",
            "nice -n 19 setsid sleep $MARKER &",
        ),
    ];
    ways.map(|(name, script)| Attempt {
        class: "leftovers",
        name: format!("a process left {name}"),
        control: Control::SameUser,
        act: Act::Leave(script),
    })
    .into()
}
