//! What an agent changed.

use outwork_domain::{AccountId, AgentId};
use outwork_store::{agents, runs};

use super::CommandError;
use crate::Engine;

impl Engine {
    /// The difference between where an agent started and what it has published; empty before that.
    ///
    /// # Errors
    ///
    /// [`CommandError::AgentNotFound`]; [`CommandError::Unavailable`] if the mirror cannot be read.
    pub async fn diff_of_agent(
        &self,
        account_id: AccountId,
        agent_id: AgentId,
    ) -> Result<String, CommandError> {
        let mut reader = self.inner.store.read().await?;
        let view = agents::find(&mut reader, account_id, agent_id).await?;
        let agent = view.ok_or(CommandError::AgentNotFound)?.agent;
        let first = runs::list(&mut reader, agent_id).await?.into_iter().next();
        drop(reader);
        let (Some(base), Some(head)) = (first.and_then(|run| run.base), agent.head) else {
            return Ok(String::new());
        };
        let git = &self.inner.git;
        let mirror = git.fetch(&agent.source.repository, &head).await?;
        Ok(git.diff(&mirror, &base, &head).await?.text)
    }
}
