//! Puts agents away, and takes them back.

use outwork_domain::run_state::RunState;
use outwork_domain::{AccountId, AgentId, RunId};
use outwork_store::{agents, runs};

use super::CommandError;
use super::cancel_run::cancel_together;
use crate::{Engine, Once, Receipt};

impl Engine {
    /// Cancels an agent's active run and those that wait, then marks the agent as put away; twice is as
    /// once. A run that is publishing ends by itself. Gives the run that a worker has to end.
    ///
    /// # Errors
    ///
    /// [`CommandError::AgentNotFound`].
    pub async fn archive_agent(
        &self,
        account_id: AccountId,
        agent_id: AgentId,
        receipt: Option<Receipt<Option<RunId>>>,
    ) -> Result<Once<Option<RunId>>, CommandError> {
        let now = self.now();
        let archived = self
            .write_once(receipt, move |tx| {
                Box::pin(async move {
                    agents::lock(tx, agent_id).await?;
                    let view = agents::find(tx, account_id, agent_id).await?;
                    let view = view.ok_or(CommandError::AgentNotFound)?;
                    if view.agent.archived_at.is_some() {
                        return Ok(None);
                    }
                    let mut together = runs::list(tx, agent_id).await?;
                    // What is publishing ends by itself, and has an announcement of its own.
                    together.retain(|run| run.state != RunState::Publishing);
                    let active = cancel_together(tx, &together, now).await?;
                    agents::set_archived(tx, agent_id, Some(now), now).await?;
                    Ok(active)
                })
            })
            .await?;
        self.halt_cancelled(&archived);
        Ok(archived)
    }

    /// Takes an agent back; one that was not put away stays as it is.
    ///
    /// # Errors
    ///
    /// [`CommandError::AgentNotFound`].
    pub async fn unarchive_agent(
        &self,
        account_id: AccountId,
        agent_id: AgentId,
        receipt: Option<Receipt<()>>,
    ) -> Result<Once<()>, CommandError> {
        let now = self.now();
        self.write_once(receipt, move |tx| {
            Box::pin(async move {
                agents::lock(tx, agent_id).await?;
                let view = agents::find(tx, account_id, agent_id).await?;
                let view = view.ok_or(CommandError::AgentNotFound)?;
                if view.agent.archived_at.is_some() {
                    agents::set_archived(tx, agent_id, None, now).await?;
                }
                Ok(())
            })
        })
        .await
    }
}
