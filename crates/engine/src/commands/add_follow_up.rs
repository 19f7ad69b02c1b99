//! Gives an agent another prompt.

use outwork_domain::{AccountId, AgentId, Prompt, RunId, limits::QUEUED_FOLLOW_UPS_MAX};
use outwork_store::{agents, runs};

use super::CommandError;
use crate::Engine;
use crate::engine::sortable_uuid;

impl Engine {
    /// Queues another run of an agent; it starts when those before it have ended.
    ///
    /// # Errors
    ///
    /// [`CommandError::AgentNotFound`], [`CommandError::AgentArchived`],
    /// [`CommandError::TooManyQueued`].
    pub async fn add_follow_up(
        &self,
        account_id: AccountId,
        agent_id: AgentId,
        prompt: Prompt,
    ) -> Result<RunId, CommandError> {
        self.admit()?;
        let now = self.now();
        let id = RunId::new(sortable_uuid(now));
        let run = runs::NewRun {
            id,
            agent_id,
            prompt,
            now,
        };
        self.inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    agents::lock(tx, agent_id).await?;
                    let view = agents::find(tx, account_id, agent_id).await?;
                    let view = view.ok_or(CommandError::AgentNotFound)?;
                    if view.agent.archived_at.is_some() {
                        return Err(CommandError::AgentArchived);
                    }
                    let queued = runs::count_queued(tx, agent_id).await?;
                    if queued >= QUEUED_FOLLOW_UPS_MAX {
                        return Err(CommandError::TooManyQueued(queued));
                    }
                    runs::insert(tx, &run).await?;
                    Ok(id)
                })
            })
            .await
    }
}
