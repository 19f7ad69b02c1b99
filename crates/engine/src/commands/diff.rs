//! What an agent changed.

use outwork_domain::{AccountId, AgentId};
use outwork_store::{agents, runs};

use super::CommandError;
use crate::Engine;

impl Engine {
    /// The difference between where an agent started and what it has published; empty before that.
    ///
    /// Of several repositories one follows the other, each behind a line that names it and that `git apply`
    /// passes over.
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
        let bases = runs::first_bases(&mut reader, agent_id).await?;
        drop(reader);
        let git = &self.inner.git;
        let mut text = String::new();
        for ours in &agent.repositories {
            let repository = &ours.source.repository;
            let base = bases.iter().find(|(of, _)| of == repository);
            let (Some((_, base)), Some(head)) = (base, &ours.head) else {
                continue;
            };
            let mirror = git.fetch(repository, head).await?;
            let diff = git.diff(&mirror, base, head).await?.text;
            if let Some(folder) = ours.folder.as_ref().filter(|_| !diff.is_empty()) {
                text.push_str(&format!("repository {folder}: {repository}\n"));
            }
            text.push_str(&diff);
        }
        Ok(text)
    }
}
