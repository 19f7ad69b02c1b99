//! Starts one real sandbox and finds out whether its walls stand and useful work is possible.
//!
//! The outer half: sets up what must be out of reach, reaches it itself first (a target that is not
//! there proves nothing), lets the inner half try, and checks the identity on the host.

use std::fmt;
use std::net::{TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::Duration;

use outwork_domain::IsolationLevel;
use tokio::io::AsyncReadExt;

use crate::inspect::{WALLS, checks};
use crate::{
    Access, Bind, BwrapVersion, Error, Launched, Launcher, ResourceLimits, Spec, User, landlock_abi,
};

/// How long the inner half may take.
const PROBE_WAIT: Duration = Duration::from_secs(20);
/// More than the inner half ever says.
const REPORT_BYTES: u64 = 64 * 1024;
/// A file of the host that every user may read and that no sandbox shows.
const MARKERS: [&str; 4] = [
    "/etc/fstab",
    "/etc/login.defs",
    "/etc/debconf.conf",
    "/etc/shells",
];

/// What a probe saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeReport {
    /// The level that was tried.
    pub level: IsolationLevel,
    /// The bubblewrap in use, if the level needs one.
    pub bwrap: Option<BwrapVersion>,
    /// The kernel's version of Landlock, which says how much of it there is.
    pub landlock: Option<u32>,
    /// Every check; all of them passed.
    pub checks: Vec<Check>,
}

/// One check that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was to be shown.
    pub name: String,
    /// What it saw.
    pub seen: String,
}

impl fmt::Display for ProbeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "level {}", self.level)?;
        if let Some(version) = self.bwrap {
            writeln!(f, "bubblewrap {version}")?;
        }
        if let Some(version) = self.landlock {
            writeln!(f, "Landlock {version}")?;
        }
        for Check { name, seen } in &self.checks {
            writeln!(f, "{name}: {seen}")?;
        }
        Ok(())
    }
}

/// What a probe starts.
#[derive(Clone, Debug)]
pub struct Probed {
    /// The program; with its arguments it must end in [`inspect_main`](crate::inspect_main) with what the
    /// probe appends.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// As whom. Where processes have no namespace and no control group, all of a user that the server drops
    /// to are ended with the probe.
    pub user: User,
    /// A folder that the user can pass; the probe makes one in it and removes it.
    pub folder: PathBuf,
}

/// Starts a program in a sandbox of the launcher's level, where it looks around.
///
/// # Errors
///
/// Why no sandbox can be started here, or which wall does not stand ([`Error::Leak`]).
pub async fn probe(launcher: &Launcher, probed: Probed) -> Result<ProbeReport, Error> {
    let (targets, level) = (Targets::open()?, launcher.level());
    let scratch = Scratch::make(&probed)?;
    let mut arguments = probed.arguments;
    arguments.extend(targets.arguments()?);
    arguments.push(level.word().to_owned());
    let mut spec = Spec {
        program: probed.program,
        arguments,
        user: probed.user,
        binds: vec![],
        working_folder: "/tmp".into(),
        environment: vec![],
        limits: ResourceLimits::default(),
    };
    match level {
        IsolationLevel::Full | IsolationLevel::FullNoproc => {}
        IsolationLevel::Weak | IsolationLevel::None => scratch.give_to(&mut spec)?,
    }
    let Launched {
        mut confined,
        stdin,
        stdout,
    } = launcher.launch(spec).await?;
    let mut text = String::new();
    let mut stdout = stdout.take(REPORT_BYTES);
    let read = tokio::time::timeout(PROBE_WAIT, stdout.read_to_string(&mut text)).await;
    drop(stdin);
    if !matches!(read, Ok(Ok(_))) || text.is_empty() {
        return Err(confined.explain().await);
    }
    confined.kill().await?;
    Ok(ProbeReport {
        level,
        bwrap: launcher.version(),
        landlock: landlock_abi(),
        checks: judge(&text, level)?,
    })
}

/// A folder in place of those in memory, which only bubblewrap makes; removed when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn make(probed: &Probed) -> Result<Self, Error> {
        let name = format!("probe-{}", std::process::id());
        let folder = Self(probed.folder.join(name));
        // In a container, a process that was killed may have had the same number.
        folder.remove();
        let made = std::fs::DirBuilder::new().mode(0o700).create(&folder.0);
        made.map_err(Error::io("making a folder for the probe"))?;
        if let User::Dropped { uid, gid, .. } = &probed.user {
            let given = chown(&folder.0, Some(*uid), Some(*gid));
            given.map_err(Error::io("giving the probe's folder to its user"))?;
        }
        Ok(folder)
    }

    fn give_to(&self, spec: &mut Spec) -> Result<(), Error> {
        let path = self.0.to_str().ok_or(Error::Malformed {
            what: "the path of the probe's folder",
        })?;
        spec.binds.push(Bind {
            source: self.0.clone(),
            target: self.0.clone(),
            access: Access::ReadWrite,
        });
        spec.working_folder.clone_from(&self.0);
        let names = ["HOME", "TMPDIR"].map(|name| (name.to_owned(), path.to_owned()));
        spec.environment.extend(names);
        Ok(())
    }

    fn remove(&self) {
        // What cannot be removed is in the way of the next one of this name, which then says so.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Every check must have run and passed.
fn judge(text: &str, level: IsolationLevel) -> Result<Vec<Check>, Error> {
    let mut passed = Vec::new();
    let mut lines = text.lines();
    for expected in checks(level) {
        let mut fields = lines.next().unwrap_or_default().splitn(3, '\t');
        match (fields.next(), fields.next(), fields.next()) {
            (Some(name), Some("ok"), Some(seen)) if name == expected => passed.push(Check {
                name: name.to_owned(),
                seen: seen.to_owned(),
            }),
            (Some(WALLS), Some("bad"), Some(found)) if expected == WALLS => {
                return Err(Error::Walls {
                    words: found.to_owned(),
                });
            }
            (Some(name), Some("bad"), Some(found)) if name == expected => {
                return Err(Error::Leak {
                    check: name.to_owned(),
                    found: found.to_owned(),
                });
            }
            _ => {
                return Err(Error::ProbeBroken {
                    words: format!("no verdict on {expected:?}"),
                });
            }
        }
    }
    Ok(passed)
}

/// What must be out of reach inside.
struct Targets {
    tcp: TcpListener,
    name: String,
    marker: &'static str,
    _unix: UnixListener,
}

impl Targets {
    /// Opens them and reaches each from outside.
    fn open() -> Result<Self, Error> {
        let broken = |what: &'static str| {
            move |error: std::io::Error| Error::ProbeBroken {
                words: format!("{what}: {error}"),
            }
        };
        let tcp = TcpListener::bind("127.0.0.1:0").map_err(broken("listening"))?;
        let address = tcp.local_addr().map_err(broken("listening"))?;
        TcpStream::connect(address).map_err(broken("connecting from outside"))?;
        let name = format!("outwork-probe-{}-{}", std::process::id(), address.port());
        let unix = SocketAddr::from_abstract_name(&name).map_err(broken("an abstract name"))?;
        let listener = UnixListener::bind_addr(&unix).map_err(broken("an abstract socket"))?;
        UnixStream::connect_addr(&unix).map_err(broken("an abstract socket from outside"))?;
        let marker = MARKERS
            .into_iter()
            .find(|path| std::fs::File::open(path).is_ok())
            .ok_or_else(|| Error::ProbeBroken {
                words: "no file of the host to look for".to_owned(),
            })?;
        Ok(Self {
            tcp,
            name,
            marker,
            _unix: listener,
        })
    }

    fn arguments(&self) -> Result<[String; 3], Error> {
        let address = self
            .tcp
            .local_addr()
            .map_err(Error::io("a probe's address"))?;
        Ok([
            address.to_string(),
            self.name.clone(),
            self.marker.to_owned(),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(level: IsolationLevel, verdict: &str) -> String {
        checks(level)
            .map(|name| format!("{name}\t{verdict}\tseen\n"))
            .collect()
    }

    #[test]
    fn every_check_must_have_passed() {
        for level in IsolationLevel::ALL {
            let all = report(level, "ok");
            let judged = judge(&all, level).unwrap();
            assert_eq!(judged.len(), checks(level).count());
            let last = all.replace(
                "tools of every day work\tok",
                "tools of every day work\tbad",
            );
            assert!(matches!(judge(&last, level), Err(Error::Leak { .. })));
            assert!(matches!(judge("", level), Err(Error::ProbeBroken { .. })));
            let short = &all[..all.len() - 10];
            assert!(judge(short, level).is_err());
        }
        let bad = report(IsolationLevel::Full, "bad");
        let judged = judge(&bad, IsolationLevel::Full);
        assert!(matches!(judged, Err(Error::Walls { .. })));
    }
}
