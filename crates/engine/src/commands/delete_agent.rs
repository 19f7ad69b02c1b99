//! Deletes an agent and everything of it.

use outwork_domain::{AccountId, AgentId};
use outwork_store::agents;

use super::CommandError;
use crate::Engine;
use crate::running::Halt;

impl Engine {
    /// Deletes an agent: from the reply on, no reader finds it and no write of its run is accepted.
    ///
    /// Its workspace, kept commits and artifact files are removed by the reconciler as soon as its
    /// sandbox is gone.
    ///
    /// # Errors
    ///
    /// [`CommandError::AgentNotFound`].
    pub async fn delete_agent(
        &self,
        account_id: AccountId,
        agent_id: AgentId,
    ) -> Result<(), CommandError> {
        let there: bool = self
            .inner
            .store
            .write(move |tx| {
                Box::pin(async move {
                    Ok::<_, CommandError>(agents::delete(tx, account_id, agent_id).await?)
                })
            })
            .await?;
        if !there {
            return Err(CommandError::AgentNotFound);
        }
        self.inner.running.halt_agent(agent_id, Halt::Lost);
        Ok(())
    }
}
