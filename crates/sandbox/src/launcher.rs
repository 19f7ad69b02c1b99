//! The long-lived thread that starts all sandboxes.
//!
//! The parent-death signal behind `--die-with-parent` belongs to the *thread* that spawned: started
//! from a pooled thread that retires, a sandbox would die with it. Every [`Confined`] holds a handle,
//! so the thread outlives all sandboxes.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use outwork_domain::IsolationLevel;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::oneshot;

use crate::confined::{self, Confined, Stderr, Tree};
use crate::first_process::FirstProcess;
use crate::groups::Groups;
use crate::limits::{Limits, Watches};
use crate::orders::{Order, Orders};
use crate::spawn::{First, Started, Starter};
use crate::way::Way;
use crate::{BwrapVersion, Error, LimitsMode, Spec, arguments, tree};

/// How long bubblewrap may take to make its namespaces.
const NAMESPACES_WAIT: Duration = Duration::from_secs(20);

/// How sandboxes are started.
#[derive(Clone, Debug, Default)]
pub struct LauncherOptions {
    /// How well what runs inside is confined.
    pub level: IsolationLevel,
    /// The bubblewrap to use, if the level needs one; looked for in the usual places if absent.
    pub bwrap: Option<PathBuf>,
    /// A variable in bubblewrap's own environment, by which the server finds what outlived it. What runs
    /// behind bubblewrap's walls does not have it; at the levels without them everything has.
    pub mark: Option<(OsString, OsString)>,
    /// The control groups that limit sandboxes.
    pub groups: Groups,
}

/// Starts sandboxes; a cheap handle.
#[derive(Clone)]
pub struct Launcher {
    orders: Orders,
    level: IsolationLevel,
    version: Option<BwrapVersion>,
    limits: LimitsMode,
    watches: Watches,
}

/// A running sandbox and its pipes.
pub struct Launched {
    /// The sandbox.
    pub confined: Confined,
    /// The way to the program's standard input.
    pub stdin: ChildStdin,
    /// What the program writes to its standard output.
    pub stdout: ChildStdout,
}

impl Launcher {
    /// Finds bubblewrap if the level needs it, checks its version and starts the thread; within a tokio
    /// runtime.
    ///
    /// # Errors
    ///
    /// No usable bubblewrap, or no thread.
    pub fn start(options: LauncherOptions) -> Result<Self, Error> {
        let LauncherOptions {
            level,
            bwrap,
            mark,
            groups,
        } = options;
        let way = Way::of(level, bwrap)?;
        let (version, limits) = (way.version(), groups.mode());
        let mut starter = Starter {
            way,
            mark,
            groups,
            count: 0,
        };
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| Error::LauncherStopped)?;
        let (orders, waiting) = mpsc::channel::<Order>();
        std::thread::Builder::new()
            .name("sandbox-launcher".to_owned())
            .spawn(move || {
                let _entered = runtime.enter();
                for order in waiting {
                    match order {
                        // Somebody waits, unless the runtime is gone, and then the program ends and the
                        // sandbox with it.
                        Order::Start { spec, reply } => drop(reply.send(starter.spawn(&spec))),
                        // Nobody has to wait for it.
                        Order::End { first, sign, reply } => {
                            let _ = reply.send(tree::end(first, &sign));
                        }
                    }
                }
            })
            .map_err(Error::Busy)?;
        Ok(Self {
            orders,
            level,
            version,
            limits,
            watches: Watches::start(limits)?,
        })
    }

    /// How well what runs inside is confined.
    #[must_use]
    pub const fn level(&self) -> IsolationLevel {
        self.level
    }

    /// The version of the bubblewrap in use; none at the levels without it.
    #[must_use]
    pub const fn version(&self) -> Option<BwrapVersion> {
        self.version
    }

    /// What holds sandboxes to their limits.
    #[must_use]
    pub const fn limits(&self) -> LimitsMode {
        self.limits
    }

    /// Starts a sandbox; returns as soon as its namespaces exist, before the program has run.
    ///
    /// What fails after that (a mount, the program itself) ends the sandbox: its output closes, and
    /// [`Confined::explain`] says why.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn launch(&self, spec: Spec) -> Result<Launched, Error> {
        arguments::check(&spec)?;
        let (orders, watches) = (self.orders.clone(), self.watches.clone());
        // A task of its own, so that a caller who stops waiting does not leave a sandbox behind in
        // the moment between its start and the news of its pid.
        tokio::spawn(launch(orders, watches, spec))
            .await
            .map_err(|_| Error::LauncherStopped)?
    }
}

async fn launch(orders: Orders, watches: Watches, spec: Spec) -> Result<Launched, Error> {
    let spec = Arc::new(spec);
    let (reply, answer) = oneshot::channel();
    let order = Order::Start {
        spec: Arc::clone(&spec),
        reply,
    };
    orders.send(order).map_err(|_| Error::LauncherStopped)?;
    let Started {
        mut outer,
        first,
        group,
    } = answer.await.map_err(|_| Error::LauncherStopped)??;
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (outer.stdin.take(), outer.stdout.take(), outer.stderr.take())
    else {
        return Err(Error::LauncherStopped);
    };
    let stderr = Stderr::drain(stderr);
    let own = outer.id().unwrap_or_default();
    let (pid, tree) = match first {
        First::Itself(sign) => (own.cast_signed(), Tree::Loose(sign)),
        First::Told(told) => {
            let told = tokio::time::timeout(NAMESPACES_WAIT, pid_inside(told)).await;
            let Ok(Some(pid)) = told else {
                drop((stdin, stdout));
                return Err(confined::explain(outer, stderr, &spec).await);
            };
            let opened = FirstProcess::open(pid, own);
            match opened.map_err(Error::io("taking hold of a sandbox's first process")) {
                Ok(inner) => (pid, Tree::Namespace(inner)),
                Err(error) => {
                    confined::kill_group(&outer);
                    return Err(error);
                }
            }
        }
    };
    let limits = Limits::new(group, (own, pid), &spec, watches);
    Ok(Launched {
        confined: Confined::new(outer, tree, stderr, spec, (limits, orders)),
        stdin,
        stdout,
    })
}

/// What bubblewrap tells once its namespaces exist: `{ "child-pid": 4711, … }`.
async fn pid_inside(told: std::io::PipeReader) -> Option<i32> {
    let told = Receiver::from_owned_fd(told.into()).ok()?;
    let mut text = String::new();
    told.take(4096).read_to_string(&mut text).await.ok()?;
    parse_pid(&text)
}

fn parse_pid(text: &str) -> Option<i32> {
    let (_, rest) = text.split_once("\"child-pid\":")?;
    let digits: String = rest
        .trim_start()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok().filter(|pid| *pid > 1)
}

#[cfg(test)]
mod tests {
    use super::parse_pid;

    #[test]
    fn reads_the_pid_that_bubblewrap_tells() {
        let text = "{\n    \"child-pid\": 4711,\n    \"cgroup-namespace\": 4026532456\n}\n";
        assert_eq!(parse_pid(text), Some(4711));
        for bad in ["", "{}", "{\"child-pid\": }", "{\"child-pid\": 0}"] {
            assert_eq!(parse_pid(bad), None, "{bad}");
        }
    }
}
