//! Cancels one run of an agent; those that wait behind it stay.

use outwork_domain::run_state::{RunEvent, RunState};
use outwork_domain::{AccountId, AgentId, Run, RunId, Timestamp};
use outwork_store::{Announcement, Guard, Transition, Tx, agents, runs};

use super::CommandError;
use super::announce_once::announcement_of;
use crate::running::Halt;
use crate::{Engine, Once, Receipt};

impl Engine {
    /// Cancels a run; while its processes are still being ended, twice is as once. Gives the run if a
    /// worker has to end it.
    ///
    /// # Errors
    ///
    /// [`CommandError::AgentNotFound`], [`CommandError::RunNotFound`], and
    /// [`CommandError::RunNotCancellable`] once it has ended, a push may be out, or its agent was put
    /// away.
    pub async fn cancel_run(
        &self,
        account_id: AccountId,
        agent_id: AgentId,
        run_id: RunId,
        receipt: Option<Receipt<Option<RunId>>>,
    ) -> Result<Once<Option<RunId>>, CommandError> {
        let now = self.now();
        let cancelled = self
            .write_once(receipt, move |tx| {
                Box::pin(async move {
                    agents::lock(tx, agent_id).await?;
                    let view = agents::find(tx, account_id, agent_id).await?;
                    let view = view.ok_or(CommandError::AgentNotFound)?;
                    let run = runs::find_of_agent(tx, agent_id, run_id).await?;
                    let run = run.ok_or(CommandError::RunNotFound)?;
                    if view.agent.archived_at.is_some() {
                        return Err(CommandError::RunNotCancellable);
                    }
                    match run.state {
                        RunState::Queued | RunState::Preparing | RunState::Working => {
                            cancel(tx, &run, Announcement::Due, now).await
                        }
                        RunState::Cancelling => Ok(None),
                        RunState::Publishing
                        | RunState::Succeeded
                        | RunState::Failed
                        | RunState::Cancelled
                        | RunState::Expired => Err(CommandError::RunNotCancellable),
                    }
                })
            })
            .await?;
        self.halt_cancelled(&cancelled);
        Ok(cancelled)
    }

    /// Reaches the worker of a run that was just cancelled, if it is in this process.
    pub(super) fn halt_cancelled(&self, cancelled: &Once<Option<RunId>>) {
        if let Once::Done(Some(run_id)) = cancelled {
            self.inner.running.halt(*run_id, Halt::Cancel);
        }
    }
}

/// Cancels what can be cancelled of an agent's runs, with one announcement in all; gives the run that a
/// worker has to end.
pub(super) async fn cancel_together(
    tx: &mut Tx,
    together: &[Run],
    now: Timestamp,
) -> Result<Option<RunId>, CommandError> {
    let mut active = None;
    for run in together {
        match run.state {
            RunState::Queued | RunState::Preparing | RunState::Working => {
                let announcement = announcement_of(run, together);
                active = active.or(cancel(tx, run, announcement, now).await?);
            }
            RunState::Publishing
            | RunState::Cancelling
            | RunState::Succeeded
            | RunState::Failed
            | RunState::Cancelled
            | RunState::Expired => {}
        }
    }
    Ok(active)
}

/// Takes a run that can be cancelled to its next state; gives it if a worker has to end it.
async fn cancel(
    tx: &mut Tx,
    run: &Run,
    announcement: Announcement,
    now: Timestamp,
) -> Result<Option<RunId>, CommandError> {
    let guard = Guard::Run {
        run_id: run.id,
        attempt: run.attempt,
    };
    let cancel = Transition {
        announcement,
        ..Transition::of(RunEvent::CancelRequested)
    };
    let run = runs::apply(tx, &guard, &cancel, now).await?;
    Ok((run.state == RunState::Cancelling).then_some(run.id))
}
