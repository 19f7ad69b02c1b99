//! What there is to reach on the host: another workspace, processes, sockets, all of the sandboxes' user.

use std::collections::BTreeMap;
use std::fs::{Permissions, create_dir, set_permissions, write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::{SocketAddr as UnixAddr, UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::unistd::Uid;
use tempfile::TempDir;

use super::attempts::Missed;
use crate::support::{as_uid, marker};

/// What every target holds.
pub const CANARY: &str = "canary-5e1f";

/// Where the targets are, by name; travels to the attempts as lines.
#[derive(Clone, Debug, Default)]
pub struct World(BTreeMap<String, String>);

impl World {
    pub fn parse(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    pub fn to_text(&self) -> String {
        self.0
            .iter()
            .map(|(name, value)| format!("{name}={value}\n"))
            .collect()
    }

    pub fn set(&mut self, name: &str, value: impl std::fmt::Display) {
        self.0.insert(name.to_owned(), value.to_string());
    }

    /// A target; this machine may lack it.
    pub fn get(&self, name: &str) -> Result<&str, Missed> {
        self.0
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| Missed::Absent(format!("no {name} on this machine")))
    }

    /// A process.
    pub fn pid(&self, name: &str) -> Result<i32, Missed> {
        Ok(self.get(name)?.parse().unwrap())
    }

    /// A path in the other workspace.
    pub fn other(&self, file: &str) -> Result<PathBuf, Missed> {
        Ok(Path::new(self.get("other")?).join(file))
    }
}

/// The targets, as long as it lives.
pub struct Targets {
    pub world: World,
    pub temp: TempDir,
    /// The workspace of the attempts inside, and the one of those outside.
    pub inside: PathBuf,
    pub outside: PathBuf,
    pub uid: u32,
    victims: Vec<Child>,
    _tcp: Vec<TcpListener>,
    _sockets: Vec<OwnedFd>,
    _stray: OwnedFd,
}

impl Targets {
    /// Makes them for a user; only root can make them for another than itself.
    pub fn new(uid: u32) -> Self {
        let temp = tempfile::tempdir().unwrap();
        set_permissions(temp.path(), Permissions::from_mode(0o755)).unwrap();
        let [other, inside, outside] =
            ["other", "inside", "outside"].map(|name| temp.path().join(name));
        let mut world = World::default();
        world.set("other", other.display());
        for folder in [&other, &inside, &outside] {
            create_dir(folder).unwrap();
            own(folder, uid);
        }
        for name in ["secret", "outwork.db", "spare", "config.toml", "keys"] {
            file(&other.join(name), uid, 0o644);
        }
        std::fs::copy("/bin/true", other.join("program")).unwrap();
        own(&other.join("program"), uid);
        let victims = victims(&mut world, &other, uid);
        let tcp = listeners(&mut world);
        echo(&mut world, "udp", "127.0.0.1:0");
        echo(&mut world, "udp6", "[::1]:0");
        let sockets = sockets(&mut world, &other);
        let open = std::fs::File::open(other.join("secret")).unwrap();
        // As a careless library would leave it: without the flag that closes it at exec.
        let stray = nix::fcntl::fcntl(&open, nix::fcntl::FcntlArg::F_DUPFD(150)).unwrap();
        world.set("stray", stray);
        Self {
            world,
            temp,
            inside,
            outside,
            uid,
            victims,
            _tcp: tcp,
            _sockets: sockets,
            _stray: owned(stray),
        }
    }
}

impl Drop for Targets {
    fn drop(&mut self) {
        for victim in &mut self.victims {
            // An attempt may have ended it.
            let _ = victim.kill();
            let _ = victim.wait();
        }
    }
}

#[expect(unsafe_code, reason = "the descriptor came as a number")]
fn owned(descriptor: i32) -> OwnedFd {
    // SAFETY: it was just made, and nobody else closes it.
    unsafe { std::os::fd::FromRawFd::from_raw_fd(descriptor) }
}

fn own(path: &Path, uid: u32) {
    if Uid::effective().is_root() {
        chown(path, Some(uid), Some(uid)).unwrap();
    }
}

fn file(path: &Path, uid: u32, mode: u32) {
    write(path, CANARY).unwrap();
    set_permissions(path, Permissions::from_mode(mode)).unwrap();
    own(path, uid);
}

/// A process with a secret in its environment, its folder and its input, and one in a user namespace.
fn victims(world: &mut World, other: &Path, uid: u32) -> Vec<Child> {
    let marker = marker();
    let mut plain = Command::new("/bin/sleep");
    plain.arg(&marker);
    let mut apart = Command::new("unshare");
    apart.args(["--user", "--net", "/bin/sleep", &marker]);
    let mut victims = Vec::new();
    for (name, command) in [("victim", &mut plain), ("apart", &mut apart)] {
        let input = std::fs::File::open(other.join("secret")).unwrap();
        command
            .env("CANARY", CANARY)
            .current_dir(other)
            .stdin(input)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        as_uid(command, uid);
        let victim = command.spawn().unwrap();
        world.set(name, victim.id());
        victims.push(victim);
    }
    world.set("victim_marker", marker);
    // Both are what they are to be once they sleep.
    for victim in &victims {
        let name = format!("/proc/{}/comm", victim.id());
        while std::fs::read_to_string(&name).unwrap().trim() != "sleep" {
            std::thread::yield_now();
        }
    }
    victims
}

/// Nobody accepts, which a connection does not notice.
fn listeners(world: &mut World) -> Vec<TcpListener> {
    let mut found = Vec::new();
    for (name, address) in [
        ("tcp", "127.0.0.1:0"),
        ("tcp6", "[::1]:0"),
        ("any", "0.0.0.0:0"),
        ("any6", "[::]:0"),
    ] {
        if let Ok(listener) = TcpListener::bind(address) {
            world.set(name, listener.local_addr().unwrap().port());
            found.push(listener);
        }
    }
    // An address of this machine that is not the loopback's; asking for the way there sends nothing.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    if socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).is_ok() {
        let own: SocketAddr = socket.local_addr().unwrap();
        world.set("own", own.ip());
    }
    found
}

/// Answers until the test's process ends.
fn echo(world: &mut World, name: &str, address: &str) {
    let Ok(socket) = UdpSocket::bind(address) else {
        return;
    };
    world.set(name, socket.local_addr().unwrap().port());
    std::thread::spawn(move || {
        let mut bytes = [0; 64];
        while let Ok((count, from)) = socket.recv_from(&mut bytes) {
            let _ = socket.send_to(&bytes[..count], from);
        }
    });
}

/// What answers for an engine of containers, a bus, an agent of keys, a log.
fn sockets(world: &mut World, other: &Path) -> Vec<OwnedFd> {
    let mut found: Vec<OwnedFd> = Vec::new();
    for name in ["docker.sock", "system_bus_socket", "agent.sock"] {
        let path = other.join(name);
        found.push(UnixListener::bind(&path).unwrap().into());
        set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
    }
    let path = other.join("log.sock");
    found.push(UnixDatagram::bind(&path).unwrap().into());
    set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
    let name = format!("outwork-escape-{}", std::process::id());
    let address = UnixAddr::from_abstract_name(&name).unwrap();
    found.push(UnixListener::bind_addr(&address).unwrap().into());
    let address = UnixAddr::from_abstract_name(format!("{name}-datagram")).unwrap();
    found.push(UnixDatagram::bind_addr(&address).unwrap().into());
    world.set("abstract", &name);
    found
}
