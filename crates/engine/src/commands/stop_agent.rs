//! Stops what an agent is doing and drops what it was to do next.

use outwork_domain::run_state::RunState;
use outwork_domain::{AccountId, AgentId, RunId};
use outwork_store::runs;

use super::CommandError;
use super::cancel_run::cancel_together;
use super::locked_view::locked_view;
use super::once::{Once, Receipt};
use crate::Engine;

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
                    let view = locked_view(tx, account_id, agent_id).await?;
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
                    let together = runs::list(tx, agent_id).await?;
                    cancel_together(tx, &together, now).await
                })
            })
            .await?;
        self.halt_cancelled(&stopped);
        Ok(stopped)
    }
}
