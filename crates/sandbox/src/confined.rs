//! A running sandbox: ends when it is told to, and tells why it ended.
//!
//! Two processes matter on the host: the outer bubblewrap and the first process of the new pid
//! namespace. When the second is gone, the kernel has ended every process of the namespace, so that
//! is what `kill` and `wait` wait for. Without a namespace both are one process, and what it started is
//! ended by its control group, or else searched for.

use std::collections::VecDeque;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::first_process::FirstProcess;
use crate::limits::Limits;
use crate::orders::{Order, Orders};
use crate::processes::Process;
use crate::tree::Sign;
use crate::{Error, LimitReached, Spec, symptom};

/// How long a killed sandbox may take to end.
const KILL_WAIT: Duration = Duration::from_secs(10);
/// How long a sandbox that broke down may take to end by itself.
const END_WAIT: Duration = Duration::from_secs(2);
/// Bytes of standard error that are kept.
const STDERR_BYTES: usize = 8 * 1024;

/// A running sandbox; dropping it kills it.
pub struct Confined {
    outer: Child,
    pid: u32,
    tree: Tree,
    stderr: Stderr,
    spec: Arc<Spec>,
    limits: Limits,
    /// Whether nobody can be left of a tree that only its sign holds together.
    is_ended: bool,
    launcher: Orders,
}

/// What holds the processes of a sandbox together.
pub(crate) enum Tree {
    /// A pid namespace, by its first process; none if that was gone before we could take hold of it.
    Namespace(Option<FirstProcess>),
    /// Nothing but this sign.
    Loose(Sign),
}

impl Confined {
    pub(crate) fn new(
        outer: Child,
        tree: Tree,
        stderr: Stderr,
        spec: Arc<Spec>,
        (limits, launcher): (Limits, Orders),
    ) -> Self {
        Self {
            pid: outer.id().unwrap_or_default(),
            outer,
            tree,
            stderr,
            spec,
            limits,
            is_ended: false,
            launcher,
        }
    }

    /// The outer process on the host.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// Kills every process of the sandbox and returns when none is left.
    ///
    /// # Errors
    ///
    /// [`Error::Survived`] if the kernel does not end it in time.
    pub async fn kill(&mut self) -> Result<(), Error> {
        self.send_kill();
        let ended = match timeout(END_WAIT, self.gone()).await {
            Ok(ended) => ended,
            Err(_) => {
                // Gone already is as good.
                let _ = self.outer.start_kill();
                match timeout(KILL_WAIT, self.gone()).await {
                    Ok(ended) => ended,
                    Err(_) => Err(Error::Survived { pid: self.pid }),
                }
            }
        };
        ended?;
        // Nobody can be left by now; the group is asked, so that it is known.
        let emptied = timeout(KILL_WAIT, self.limits.empty()).await;
        emptied.map_err(|_| Error::Survived { pid: self.pid })
    }

    /// Waits until the program has ended and every process of the sandbox with it.
    ///
    /// # Errors
    ///
    /// Only if the operating system cannot tell.
    pub async fn wait(&mut self) -> Result<ExitStatus, Error> {
        self.gone().await
    }

    /// The limits that were reached since this was last asked.
    #[must_use]
    pub fn limits_reached(&self) -> Vec<LimitReached> {
        self.limits.reached()
    }

    /// The end of what came over standard error.
    #[must_use]
    pub fn stderr_tail(&self) -> String {
        self.stderr.text()
    }

    /// Says why the sandbox broke down; kills it if it did not end.
    pub async fn explain(mut self) -> Error {
        if timeout(END_WAIT, self.gone()).await.is_err()
            && let Err(error) = self.kill().await
        {
            return error;
        }
        let status = match self.outer.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let words = self.stderr.all().await;
        symptom::read(&words, status, &self.spec)
    }

    async fn gone(&mut self) -> Result<ExitStatus, Error> {
        let status = self.outer.wait().await;
        let what = Error::io("waiting for a sandbox");
        match &self.tree {
            Tree::Namespace(Some(inner)) => inner.gone().await.and(status).map_err(what),
            Tree::Namespace(None) => status.map_err(what),
            Tree::Loose(sign) => {
                if self.limits.has_group() {
                    self.limits.empty().await;
                } else if !self.is_ended {
                    // The first process was taken in: its number says nothing any more.
                    let ended = self.end_loose(None, sign.clone()).await;
                    if ended != Ok(true) {
                        return Err(Error::Survived { pid: self.pid });
                    }
                    self.is_ended = true;
                }
                status.map_err(what)
            }
        }
    }

    /// Has the launcher end whoever is left of a tree that only its sign holds together.
    fn end_loose(&self, first: Option<Process>, sign: Sign) -> oneshot::Receiver<bool> {
        let (reply, answer) = oneshot::channel();
        // The launcher's thread runs as long as somebody can send it something.
        let _ = self.launcher.send(Order::End { first, sign, reply });
        answer
    }

    /// Kills the first process inside. The outer one then takes it in and ends by itself; killed
    /// together with it, it would leave a zombie to whatever is process 1 of the host.
    ///
    /// Without a namespace, everything below that process goes first, as long as it holds that together.
    fn send_kill(&self) {
        self.limits.lift_writes();
        match &self.tree {
            Tree::Namespace(Some(inner)) => inner.kill(),
            Tree::Namespace(None) => {}
            Tree::Loose(_) if self.limits.has_group() => self.limits.kill(),
            Tree::Loose(_) if self.is_ended => {}
            Tree::Loose(sign) => {
                // After its end the number may be somebody else's.
                let running = self.outer.id().map(u32::cast_signed);
                let first = running.and_then(Process::find);
                // Whoever waits for the end asks again.
                drop(self.end_loose(first, sign.clone()));
            }
        }
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        self.send_kill();
    }
}

/// Says why a bubblewrap ended before it had made its namespaces.
pub(crate) async fn explain(mut outer: Child, stderr: Stderr, spec: &Spec) -> Error {
    let status = match timeout(END_WAIT, outer.wait()).await {
        Ok(Ok(status)) => status.to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => {
            kill_group(&outer);
            let _ = outer.wait().await;
            "it made no namespaces in time".to_owned()
        }
    };
    symptom::read(&stderr.all().await, status, spec)
}

/// Kills a bubblewrap together with the process that waits in its new namespaces for its word: until
/// the program starts both are of one group.
pub(crate) fn kill_group(outer: &Child) {
    if let Some(group) = outer.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
        // Gone already is as good.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Reads standard error to its end, so that nobody inside blocks on it, and keeps the last bytes.
pub(crate) struct Stderr {
    tail: Arc<Mutex<VecDeque<u8>>>,
    drained: JoinHandle<()>,
}

impl Stderr {
    pub(crate) fn drain(mut from: ChildStderr) -> Self {
        let tail = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&tail);
        let drained = tokio::spawn(async move {
            let mut piece = [0; 1024];
            while let Ok(count @ 1..) = from.read(&mut piece).await {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(&piece[..count]);
                let surplus = kept.len().saturating_sub(STDERR_BYTES);
                kept.drain(..surplus);
            }
        });
        Self { tail, drained }
    }

    fn text(&self) -> String {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let (front, back) = tail.as_slices();
        String::from_utf8_lossy(&[front, back].concat()).into_owned()
    }

    /// All of it, once the other end is closed.
    async fn all(&self) -> String {
        for _ in 0..200 {
            if self.drained.is_finished() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.text()
    }
}
