//! Stops what an agent is doing and drops what it was to do next.

use outwork_domain::run_state::{RunEvent, RunState};
use outwork_domain::{AccountId, AgentId, RunId};
use outwork_store::{Guard, Transition, agents, runs};

use super::CommandError;
use super::announce_once::announcement_of;
use super::once::{Once, Receipt};
use crate::Engine;
use crate::running::Halt;

impl Engine {
    /// Cancels the active run of an agent and all that wait behind it; twice is as once.
    ///
    /// Gives the run that is being cancelled, if one was active.
    ///
    /// # Errors
    ///
    /// [`CommandError::AgentNotFound`], [`CommandError::AgentArchived`], and
    /// [`CommandError::RunNotCancellable`] once a push may be out or all runs have ended otherwise.
    pub async fn stop_agent(
        &self,
        account_id: AccountId,
        agent_id: AgentId,
        receipt: Option<Receipt<Option<RunId>>>,
    ) -> Result<Once<Option<RunId>>, CommandError> {
        let now = self.now();
        let stopped = self
            .write_once(receipt, move |tx| {
                Box::pin(async move {
                    agents::lock(tx, agent_id).await?;
                    let view = agents::find(tx, account_id, agent_id).await?;
                    let view = view.ok_or(CommandError::AgentNotFound)?;
                    if view.agent.archived_at.is_some() {
                        return Err(CommandError::AgentArchived);
                    }
                    match view.deciding.state {
                        RunState::Queued
                        | RunState::Preparing
                        | RunState::Working
                        | RunState::Cancelling => {}
                        RunState::Cancelled => return Ok(None),
                        RunState::Publishing
                        | RunState::Succeeded
                        | RunState::Failed
                        | RunState::Expired => return Err(CommandError::RunNotCancellable),
                    }
                    let mut active = None;
                    let together = runs::list(tx, agent_id).await?;
                    for run in &together {
                        if run.state.is_final() || run.state == RunState::Cancelling {
                            continue;
                        }
                        let guard = Guard::Run {
                            run_id: run.id,
                            attempt: run.attempt,
                        };
                        let mut cancel = Transition::of(RunEvent::CancelRequested);
                        cancel.announcement = announcement_of(run, &together);
                        let run = runs::apply(tx, &guard, &cancel, now).await?;
                        if run.state == RunState::Cancelling {
                            active = Some(run.id);
                        }
                    }
                    Ok(active)
                })
            })
            .await?;
        if let Once::Done(Some(run_id)) = stopped {
            self.inner.running.halt(run_id, Halt::Cancel);
        }
        Ok(stopped)
    }
}
