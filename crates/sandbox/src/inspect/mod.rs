//! Looks around from inside a sandbox: the inner half of the probe.
//!
//! Each check tries something real and prints one line, `name<TAB>ok|bad<TAB>what it saw`. The outer
//! half knows which checks there must be and reaches the same targets itself, so that a check that
//! never ran or whose target was dead does not count as a wall. Like the tool host it first raises the
//! inner walls; unlike it, it goes on if that fails, and says so.

mod calls;
mod work;

use std::ffi::OsString;
use std::fs::{File, OpenOptions, read_dir};
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::getpid;
use outwork_domain::IsolationLevel;

use crate::walls::down;
use crate::{Confinement, Error, landlock_abi, raise};

/// The check of the walls that a confined process raises itself.
pub(crate) const WALLS: &str = "Landlock and seccomp stand";

/// What is looked at.
#[derive(Clone, Copy)]
enum Look {
    Walls,
    OwnProcesses,
    OnlyLoopback,
    TcpRefused,
    AbstractRefused,
    OnlyUnixSockets,
    Hidden,
    NoUserNamespace,
    CallsRefused,
    CommandsApart,
    WritesRefused,
    NoCapabilities,
    NoStrayDescriptors,
    ScratchWritable,
    CommandsWork,
    ToolsWork,
}

/// What only bubblewrap's walls keep out, with the others around the network.
const OUTER: &[Look] = &[
    Look::Walls,
    Look::OwnProcesses,
    Look::OnlyLoopback,
    Look::TcpRefused,
    Look::AbstractRefused,
];
/// The same where there are the inner walls alone.
const WITHOUT_OUTER: &[Look] = &[
    Look::Walls,
    Look::OnlyUnixSockets,
    Look::TcpRefused,
    Look::AbstractRefused,
];
/// What holds behind any walls.
const INNER: &[Look] = &[
    Look::Hidden,
    Look::NoUserNamespace,
    Look::CallsRefused,
    Look::CommandsApart,
    Look::WritesRefused,
];
/// What holds everywhere: nobody has more than a user, and work is possible.
const ALWAYS: &[Look] = &[
    Look::NoCapabilities,
    Look::NoStrayDescriptors,
    Look::ScratchWritable,
    Look::CommandsWork,
    Look::ToolsWork,
];

/// The looks of a level, in the order of their lines.
fn looks(level: IsolationLevel) -> impl Iterator<Item = Look> {
    let parts: [&[Look]; 3] = match level {
        IsolationLevel::Full | IsolationLevel::FullNoproc => [OUTER, INNER, ALWAYS],
        IsolationLevel::Weak => [WITHOUT_OUTER, INNER, ALWAYS],
        IsolationLevel::None => [&[], &[], ALWAYS],
    };
    parts.into_iter().flatten().copied()
}

/// The checks of a level, in the order of their lines.
pub(crate) fn checks(level: IsolationLevel) -> impl Iterator<Item = &'static str> {
    looks(level).map(Look::name)
}

/// What there is to look for, and where the program was started.
struct Inspection {
    address: String,
    socket: String,
    marker: String,
    level: IsolationLevel,
}

/// Runs the checks and prints what they saw; what follows the hidden subcommand are its arguments.
pub fn inspect_main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<String> = arguments
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let [address, socket, marker, level] = arguments.as_slice() else {
        return ExitCode::from(2);
    };
    let Ok(level) = level.parse() else {
        return ExitCode::from(2);
    };
    let inspection = Inspection {
        address: address.clone(),
        socket: socket.clone(),
        marker: marker.clone(),
        level,
    };
    let mut text = String::new();
    for look in looks(level) {
        let (verdict, seen) = match inspection.carry_out(look) {
            Ok(seen) => ("ok", seen),
            Err(seen) => ("bad", seen),
        };
        text.push_str(&format!(
            "{}\t{verdict}\t{}\n",
            look.name(),
            seen.replace(['\n', '\t'], " ")
        ));
    }
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

impl Look {
    const fn name(self) -> &'static str {
        match self {
            Self::Walls => WALLS,
            Self::OwnProcesses => "own processes only",
            Self::OnlyLoopback => "no interface but lo",
            Self::TcpRefused => "the server's TCP listener is out of reach",
            Self::AbstractRefused => "the server's abstract socket is out of reach",
            Self::OnlyUnixSockets => "no sockets but UNIX ones",
            Self::Hidden => "files of the host are out of sight",
            Self::NoUserNamespace => "no user namespace inside",
            Self::CallsRefused => "no calls that commands do not need",
            Self::CommandsApart => "commands cannot touch what started them",
            Self::WritesRefused => "system folders cannot be written",
            Self::NoCapabilities => "no capabilities",
            Self::NoStrayDescriptors => "no stray descriptors",
            Self::ScratchWritable => "scratch folders can be written",
            Self::CommandsWork => "commands and sockets of their own work",
            Self::ToolsWork => "tools of every day work",
        }
    }
}

impl Inspection {
    fn carry_out(&self, look: Look) -> Seen {
        match look {
            // The first one at every level that has it, since it closes descriptors and wants to be alone.
            Look::Walls => inner_walls(),
            Look::OwnProcesses => own_processes(self.level),
            Look::OnlyLoopback => calls::only_loopback(),
            Look::TcpRefused => tcp_refused(&self.address),
            Look::AbstractRefused => self.abstract_refused(),
            Look::OnlyUnixSockets => calls::only_unix_sockets(),
            Look::Hidden => hidden(Path::new(&self.marker)),
            Look::NoUserNamespace => no_user_namespace(),
            Look::CallsRefused => calls::refused(),
            Look::CommandsApart => work::commands_apart(),
            Look::WritesRefused => writes_refused(),
            Look::NoCapabilities => calls::no_capabilities(),
            Look::NoStrayDescriptors => calls::no_stray_descriptors(),
            Look::ScratchWritable => self.scratch_writable(),
            Look::CommandsWork => self.commands_work(),
            Look::ToolsWork => work::tools_work(),
        }
    }

    /// Without a network namespace only newer versions of Landlock keep such sockets away.
    fn abstract_refused(&self) -> Seen {
        match self.level {
            IsolationLevel::Weak if !work::has_scopes() => {
                Ok("not looked at: this Landlock knows no such sockets".to_owned())
            }
            IsolationLevel::Full
            | IsolationLevel::FullNoproc
            | IsolationLevel::Weak
            | IsolationLevel::None => abstract_refused(&self.socket),
        }
    }

    fn scratch_writable(&self) -> Seen {
        let folders = match self.level {
            IsolationLevel::Full | IsolationLevel::FullNoproc => {
                ["/tmp", "/var/tmp", "/home/agent", "/dev/shm"]
                    .map(PathBuf::from)
                    .to_vec()
            }
            IsolationLevel::Weak | IsolationLevel::None => {
                let home = std::env::home_dir().ok_or("there is no home")?;
                vec![std::env::temp_dir(), home]
            }
        };
        for folder in folders {
            let path = folder.join("outwork-probe");
            let what = |error: std::io::Error| format!("{}: {error}", path.display());
            // Two of the folders are one.
            std::fs::write(&path, b"probe")
                .and_then(|()| std::fs::remove_file(&path))
                .map_err(what)?;
        }
        Ok("written".to_owned())
    }

    fn commands_work(&self) -> Seen {
        let status = Command::new("/bin/sh")
            .args(["-c", "id -u >/dev/null"])
            .stdin(Stdio::null())
            .status()
            .map_err(|error| format!("/bin/sh: {error}"))?;
        if !status.success() {
            return Err(format!("/bin/sh: {status}"));
        }
        match self.level {
            IsolationLevel::Full | IsolationLevel::FullNoproc | IsolationLevel::None => {
                let listener =
                    TcpListener::bind("127.0.0.1:0").map_err(|error| format!("bind: {error}"))?;
                let address = listener.local_addr().map_err(|error| error.to_string())?;
                TcpStream::connect(address).map_err(|error| format!("connect: {error}"))?;
                Ok("/bin/sh and 127.0.0.1 work".to_owned())
            }
            IsolationLevel::Weak => {
                UnixStream::pair().map_err(|error| format!("a pair: {error}"))?;
                Ok("/bin/sh and UNIX sockets work".to_owned())
            }
        }
    }
}

/// What a check saw: `Ok` is as it should be.
type Seen = Result<String, String>;

fn inner_walls() -> Seen {
    let raised = Confinement::of_this_process().and_then(|confinement| match confinement {
        Confinement::Walls(walls) => raise(&walls),
        Confinement::Unconfined => Err(down("none are wanted here")),
    });
    raised.map_err(|error| {
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

/// Whether process ids are our own, and whether there is a `/proc` to see them in as the level says.
fn own_processes(level: IsolationLevel) -> Seen {
    let listed = read_dir("/proc").ok().map(|entries| {
        let is_process =
            |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().parse::<u32>().is_ok();
        entries.flatten().filter(is_process).count()
    });
    let (pid, is_ours) = (getpid(), getpid().as_raw() < 16);
    match (level, listed) {
        (IsolationLevel::FullNoproc, None) if is_ours => Ok(format!("process {pid}, no /proc")),
        (IsolationLevel::FullNoproc, Some(count)) => {
            Err(format!("/proc is there, with {count} processes"))
        }
        (IsolationLevel::Full, Some(count)) if is_ours && count < 16 => {
            Ok(format!("process {pid}, {count} processes"))
        }
        (_, listed) => Err(format!("process {pid}, {listed:?} processes")),
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
