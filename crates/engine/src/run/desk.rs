//! The sandbox that an attempt works in, with the tool host at its other end.
//!
//! It is set up in the background, so that the model can be asked meanwhile; whoever wants to use it
//! waits until all checkouts are done. A tool host that dies is replaced a few times; the workspace
//! outlives it. Clearing the desk ends every process of the run.

use std::sync::Arc;

use outwork_domain::Cause;
use outwork_domain::limits::TOOL_HOST_RESTARTS_MAX;
use outwork_sandbox::{Confined, LimitReached, Spec};
use outwork_tools::{Checkout, ToolHost};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::Mutex;
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use super::RunParts;
use super::confined::Scratch;
use super::error::AttemptError;
use super::set_up::SetUp;
use super::way_out::WayOut;
use crate::egress::OpenEgress;

pub(super) type Host = ToolHost<ChildStdout, ChildStdin>;
/// The sandbox, as soon as it runs; shared with the task that sets it up.
type Slot = Arc<Mutex<Standing>>;

/// What stands outside of a tool host.
#[derive(Default)]
struct Standing {
    confined: Option<Confined>,
    egress: Option<OpenEgress>,
}

/// The place where a run works.
#[derive(Default)]
pub(super) struct Desk {
    plan: Option<Plan>,
    seat: Seat,
    standing: Slot,
    restarts: u32,
    was_ready: bool,
    /// Why there can be no tool host in this attempt.
    unusable: Option<(Cause, String)>,
    remarks: Vec<String>,
}

/// What a sandbox is started with.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) spec: Spec,
    pub(super) checkouts: Vec<Checkout>,
    pub(super) set_up: Arc<SetUp>,
    pub(super) egress: Option<WayOut>,
    pub(super) scratch: Option<Scratch>,
}

#[derive(Default)]
enum Seat {
    #[default]
    Empty,
    Setting(AbortOnDropHandle<Result<(Host, Vec<String>), AttemptError>>),
    Ready(Box<Host>),
}

impl Desk {
    /// Begins to set the sandbox up.
    pub(super) fn set_up(&mut self, parts: &Arc<RunParts>, plan: Plan) {
        let task = set_up(Arc::clone(parts), plan.clone(), Arc::clone(&self.standing));
        self.seat = Seat::Setting(AbortOnDropHandle::new(tokio::spawn(task)));
        self.plan = Some(plan);
    }

    /// The tool host, once the checkouts are done; a new one if the last was lost.
    pub(super) async fn host(&mut self, parts: &Arc<RunParts>) -> Result<&mut Host, AttemptError> {
        // Nothing is set up again that has ended the run.
        if let Some((cause, message)) = &self.unusable {
            return Err(AttemptError::failed(*cause, message.clone()));
        }
        if let (Seat::Empty, Some(plan)) = (&self.seat, self.plan.clone()) {
            self.set_up(parts, plan);
        }
        if let Seat::Setting(task) = &mut self.seat {
            let ended = task.await;
            self.seat = Seat::Empty;
            let ended = ended.map_err(|error| internal(&error.to_string()))?;
            if let Err(AttemptError::Failed { cause, message }) = &ended {
                self.unusable = Some((*cause, message.clone()));
            }
            let (host, remarks) = match ended {
                Ok(set_up) => set_up,
                Err(error) => return Err(self.why_lost(error).await),
            };
            self.remarks.extend(remarks);
            self.was_ready = true;
            self.seat = Seat::Ready(Box::new(host));
        }
        match &mut self.seat {
            Seat::Ready(host) => Ok(host),
            Seat::Empty | Seat::Setting(_) => Err(internal("the sandbox was never set up")),
        }
    }

    /// What the model should know of the set-up, told once.
    pub(super) fn take_remarks(&mut self) -> Vec<String> {
        std::mem::take(&mut self.remarks)
    }

    /// The limits that the sandbox reached since this was last asked, in words.
    pub(super) async fn limits_reached(&mut self) -> Vec<String> {
        let reached = match &self.standing.lock().await.confined {
            Some(confined) => confined.limits_reached(),
            None => Vec::new(),
        };
        for one in &reached {
            if matches!(one, LimitReached::DiskForGood { .. }) {
                self.unusable = Some((Cause::DiskExceeded, one.to_string()));
            }
        }
        reached.iter().map(ToString::to_string).collect()
    }

    /// The reason behind an error of a sandbox, where its limits are one.
    async fn why_lost(&mut self, error: AttemptError) -> AttemptError {
        let reached = self.limits_reached().await;
        match &self.unusable {
            Some((cause, message)) => AttemptError::failed(*cause, message.clone()),
            None if reached.is_empty() => error,
            None => {
                warn!(
                    ?reached,
                    "a sandbox that could not be set up had reached limits"
                );
                error
            }
        }
    }

    /// The disk's limit, if the workspace kept growing beyond it: then whatever else is said of the attempt's end only
    /// follows from that.
    pub(super) fn disk_exceeded(&self) -> Option<AttemptError> {
        match &self.unusable {
            Some((cause @ Cause::DiskExceeded, message)) => {
                Some(AttemptError::failed(*cause, message.clone()))
            }
            Some(_) | None => None,
        }
    }

    /// Whether the agent has had a chance to touch anything.
    pub(super) fn was_ready(&self) -> bool {
        self.was_ready
    }

    /// Ends a tool host that misbehaved; the next call of [`Desk::host`] starts another.
    ///
    /// # Errors
    ///
    /// The error that made it necessary, once there were too many.
    pub(super) async fn replace(
        &mut self,
        error: outwork_tools::Error,
    ) -> Result<(), AttemptError> {
        warn!(%error, "the tool host was lost");
        self.clear().await;
        self.restarts += 1;
        if self.restarts > TOOL_HOST_RESTARTS_MAX {
            return Err(AttemptError::Tools(error));
        }
        Ok(())
    }

    /// Ends every process of the run and waits until they are gone.
    pub(super) async fn clear(&mut self) {
        if let Seat::Setting(task) = std::mem::take(&mut self.seat) {
            task.abort();
            // Only once the task is gone can it put nothing into the slot any more.
            drop(task.await);
        }
        let Standing { confined, egress } = std::mem::take(&mut *self.standing.lock().await);
        if let Some(mut confined) = confined
            && let Err(error) = confined.kill().await
        {
            warn!(%error, "a sandbox could not be ended");
        }
        // Nobody is left who could begin anything; what was done is told before the run ends.
        if let Some(egress) = egress {
            egress.close().await;
        }
    }
}

async fn set_up(
    parts: Arc<RunParts>,
    plan: Plan,
    slot: Slot,
) -> Result<(Host, Vec<String>), AttemptError> {
    if let Some(egress) = &plan.egress {
        let opened = egress.open(&parts)?;
        slot.lock().await.egress = Some(opened);
    }
    if let Some(scratch) = &plan.scratch {
        scratch.lay(&parts).await?;
    }
    let launched = parts.sandboxes.launcher.launch(plan.spec).await?;
    slot.lock().await.confined = Some(launched.confined);
    let mut host = match ToolHost::connect(launched.stdout, launched.stdin).await {
        Ok(host) => host,
        Err(error) => {
            warn!(%error, "the tool host did not start");
            let confined = slot.lock().await.confined.take();
            return Err(match confined {
                Some(confined) => confined.explain().await.into(),
                None => error.into(),
            });
        }
    };
    for (number, checkout) in plan.checkouts.iter().enumerate() {
        if let Err(source) = host.checkout(checkout).await {
            return Err(AttemptError::Checkout { number, source });
        }
    }
    host.give_variables(&parts.variables).await?;
    let remarks = plan.set_up.carry_out(&parts, &mut host).await?;
    Ok((host, remarks))
}

fn internal(message: &str) -> AttemptError {
    AttemptError::failed(Cause::Internal, message)
}
