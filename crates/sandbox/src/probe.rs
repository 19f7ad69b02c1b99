//! Starts one real sandbox and finds out whether its walls stand and useful work is possible.
//!
//! The outer half: sets up what must be out of reach, reaches it itself first (a target that is not
//! there proves nothing), lets the inner half try, and checks the identity on the host.

use std::fmt;
use std::net::{TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncReadExt;

use crate::inspect::{CHECKS, WALLS};
use crate::{BwrapVersion, Error, Launched, Launcher, ResourceLimits, Spec, User, landlock_abi};

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
    /// The bubblewrap in use.
    pub bwrap: BwrapVersion,
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
        writeln!(f, "bubblewrap {}", self.bwrap)?;
        if let Some(version) = self.landlock {
            writeln!(f, "Landlock {version}")?;
        }
        for Check { name, seen } in &self.checks {
            writeln!(f, "{name}: {seen}")?;
        }
        Ok(())
    }
}

/// Starts `program` with `arguments` in a sandbox for `user`; it must end in
/// [`inspect_main`](crate::inspect_main) with what the probe appends.
///
/// # Errors
///
/// Why no sandbox can be started here, or which wall does not stand ([`Error::Leak`]).
pub async fn probe(
    launcher: &Launcher,
    program: &Path,
    mut arguments: Vec<String>,
    user: User,
) -> Result<ProbeReport, Error> {
    let targets = Targets::open()?;
    arguments.extend(targets.arguments()?);
    let spec = Spec {
        program: program.to_owned(),
        arguments,
        user,
        binds: vec![],
        working_folder: "/tmp".into(),
        environment: vec![],
        limits: ResourceLimits::default(),
    };
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
        bwrap: launcher.version(),
        landlock: landlock_abi(),
        checks: judge(&text)?,
    })
}

/// Every check must have run and passed.
fn judge(text: &str) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    let mut lines = text.lines();
    for expected in CHECKS {
        let mut fields = lines.next().unwrap_or_default().splitn(3, '\t');
        match (fields.next(), fields.next(), fields.next()) {
            (Some(name), Some("ok"), Some(seen)) if name == expected => checks.push(Check {
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
    Ok(checks)
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

    fn report(verdict: &str) -> String {
        CHECKS
            .iter()
            .map(|name| format!("{name}\t{verdict}\tseen\n"))
            .collect()
    }

    #[test]
    fn every_check_must_have_passed() {
        assert_eq!(judge(&report("ok")).unwrap().len(), CHECKS.len());
        assert!(matches!(judge(&report("bad")), Err(Error::Walls { .. })));
        let last = report("ok").replace(
            "tools of every day work\tok",
            "tools of every day work\tbad",
        );
        assert!(matches!(judge(&last), Err(Error::Leak { .. })));
        assert!(matches!(judge(""), Err(Error::ProbeBroken { .. })));
        let all = report("ok");
        let short = &all[..all.len() - 10];
        assert!(judge(short).is_err());
    }
}
