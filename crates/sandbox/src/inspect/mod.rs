//! Looks around from inside a sandbox: the inner half of the probe.
//!
//! Each check tries something real and prints one line, `name<TAB>ok|bad<TAB>what it saw`. The outer
//! half knows which checks there must be and reaches the same targets itself, so that a check that
//! never ran or whose target was dead does not count as a wall. Like the tool host it first raises the
//! inner walls; unlike it, it goes on if that fails, and says so.

mod calls;
mod work;

use std::ffi::OsString;
use std::fs::{File, OpenOptions, read_dir, read_to_string};
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getpid, getuid};

use crate::{Error, Walls, landlock_abi, raise};

/// The checks, in the order of their lines.
pub(crate) const CHECKS: [&str; 15] = [
    WALLS,
    "own processes only",
    "no interface but lo",
    "the server's TCP listener is out of reach",
    "the server's abstract socket is out of reach",
    "files of the host are out of sight",
    "no user namespace inside",
    "no calls that commands do not need",
    "commands cannot touch what started them",
    "system folders cannot be written",
    "no capabilities",
    "no stray descriptors",
    "scratch folders can be written",
    "commands and loopback sockets work",
    "tools of every day work",
];

/// The check of the walls that a confined process raises itself.
pub(crate) const WALLS: &str = "Landlock and seccomp stand";

/// Runs the checks and prints what they saw; what follows the hidden subcommand are its arguments.
pub fn inspect_main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let walls = inner_walls();
    let arguments: Vec<String> = arguments
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let [address, socket, marker] = arguments.as_slice() else {
        return ExitCode::from(2);
    };
    let found = [
        walls,
        own_processes(),
        only_loopback(),
        tcp_refused(address),
        abstract_refused(socket),
        hidden(Path::new(marker)),
        no_user_namespace(),
        calls::refused(),
        work::commands_apart(),
        writes_refused(),
        no_capabilities(),
        no_stray_descriptors(),
        scratch_writable(),
        commands_work(),
        work::tools_work(),
    ];
    let mut text = String::new();
    for (name, result) in CHECKS.iter().zip(found) {
        let (verdict, seen) = match result {
            Ok(seen) => ("ok", seen),
            Err(seen) => ("bad", seen),
        };
        text.push_str(&format!(
            "{name}\t{verdict}\t{}\n",
            seen.replace(['\n', '\t'], " ")
        ));
    }
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// What a check saw: `Ok` is as it should be.
type Seen = Result<String, String>;

/// First of all, since it closes descriptors and wants to be alone.
fn inner_walls() -> Seen {
    Walls::of_this_sandbox()
        .and_then(|walls| raise(&walls))
        .map_err(|error| {
            if let Error::Walls { words } = error {
                words
            } else {
                error.to_string()
            }
        })?;
    // As the tool host does.
    nix::sys::prctl::set_dumpable(false).map_err(|errno| errno.to_string())?;
    Ok(landlock_abi().map_or_else(String::new, |abi| format!("Landlock {abi}")))
}

fn own_processes() -> Seen {
    let count = read_dir("/proc")
        .map_err(|error| format!("/proc: {error}"))?
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().parse::<u32>().is_ok())
        .count();
    let seen = format!("process {}, {count} processes", getpid());
    if getpid().as_raw() < 16 && count < 16 {
        Ok(seen)
    } else {
        Err(seen)
    }
}

fn only_loopback() -> Seen {
    let table = read_to_string("/proc/net/dev").map_err(|error| error.to_string())?;
    let names: Vec<&str> = table
        .lines()
        .filter_map(|line| Some(line.split_once(':')?.0.trim()))
        .collect();
    if names == ["lo"] {
        Ok("lo".to_owned())
    } else {
        Err(names.join(", "))
    }
}

fn tcp_refused(address: &str) -> Seen {
    let address: SocketAddr = address
        .parse()
        .map_err(|_| format!("{address}: no address"))?;
    match TcpStream::connect_timeout(&address, Duration::from_secs(2)) {
        Ok(_) => Err(format!("connected to {address}")),
        Err(error) => Ok(error.to_string()),
    }
}

fn abstract_refused(name: &str) -> Seen {
    let address = std::os::unix::net::SocketAddr::from_abstract_name(name)
        .map_err(|error| error.to_string())?;
    match UnixStream::connect_addr(&address) {
        Ok(_) => Err(format!("connected to {name}")),
        Err(error) => Ok(error.to_string()),
    }
}

fn hidden(marker: &Path) -> Seen {
    match File::open(marker) {
        Ok(_) => Err(format!("opened {}", marker.display())),
        Err(error) => Ok(error.to_string()),
    }
}

fn no_user_namespace() -> Seen {
    if unshare(CloneFlags::CLONE_NEWUSER).is_ok() {
        return Err("made one by unshare".to_owned());
    }
    calls::no_user_namespace_by_clone()
}

fn writes_refused() -> Seen {
    for folder in ["/", "/usr", "/usr/bin", "/etc", "/dev", "/proc/sys/kernel"] {
        let path = Path::new(folder).join("outwork-probe");
        if File::create(&path).is_ok() {
            return Err(format!("wrote {}", path.display()));
        }
    }
    for path in ["/outwork", "/etc/passwd", "/proc/sys/kernel/core_pattern"] {
        if OpenOptions::new().write(true).open(path).is_ok() {
            return Err(format!("opened {path} for writing"));
        }
    }
    Ok("refused".to_owned())
}

fn no_capabilities() -> Seen {
    let status = read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
    let field = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .map_or_else(String::new, |rest| rest.trim().to_owned())
    };
    let (effective, no_new) = (field("CapEff:"), field("NoNewPrivs:"));
    let seen = format!("uid {}, CapEff {effective}, NoNewPrivs {no_new}", getuid());
    if effective.trim_start_matches('0').is_empty() && no_new == "1" {
        Ok(seen)
    } else {
        Err(seen)
    }
}

fn no_stray_descriptors() -> Seen {
    let stray: Vec<String> = read_dir("/proc/self/fd")
        .map_err(|error| error.to_string())?
        .flatten()
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .parse::<u32>()
                .is_ok_and(|n| n > 2)
        })
        .filter_map(|entry| Some(std::fs::read_link(entry.path()).ok()?.display().to_string()))
        // The listing itself.
        .filter(|target| !(target.starts_with("/proc/") && target.ends_with("/fd")))
        .collect();
    if stray.is_empty() {
        Ok("0, 1, 2".to_owned())
    } else {
        Err(stray.join(", "))
    }
}

fn scratch_writable() -> Seen {
    for folder in ["/tmp", "/var/tmp", "/home/agent", "/dev/shm"] {
        let path = Path::new(folder).join("outwork-probe");
        std::fs::write(&path, b"probe").map_err(|error| format!("{}: {error}", path.display()))?;
        // Two of the folders are one.
        std::fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok("written".to_owned())
}

fn commands_work() -> Seen {
    let status = Command::new("/bin/sh")
        .args(["-c", "id -un >/dev/null"])
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("/bin/sh: {error}"))?;
    if !status.success() {
        return Err(format!("/bin/sh: {status}"));
    }
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| format!("bind: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    TcpStream::connect(address).map_err(|error| format!("connect: {error}"))?;
    Ok("/bin/sh and 127.0.0.1 work".to_owned())
}
