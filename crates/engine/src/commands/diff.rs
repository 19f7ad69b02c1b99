//! What an agent changed, and what one of its runs did.

use outwork_domain::{
    AccountId, Agent, AgentId, AgentRepository, CommitId, Event, EventBody, Repository, RunId, Seq,
};
use outwork_store::{Bases, agents, events, runs};

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
        self.diff(&agent, &bases, |ours| ours.head.clone()).await
    }

    /// The difference between where a run started and what it pushed, in the same form; empty if it pushed
    /// nothing. What others pushed meanwhile and the run merged is part of it.
    ///
    /// # Errors
    ///
    /// [`CommandError::AgentNotFound`]; [`CommandError::RunNotFound`]; [`CommandError::Unavailable`] if the
    /// mirror cannot be read.
    pub async fn diff_of_run(
        &self,
        account_id: AccountId,
        agent_id: AgentId,
        run_id: RunId,
    ) -> Result<String, CommandError> {
        let mut reader = self.inner.store.read().await?;
        let view = agents::find(&mut reader, account_id, agent_id).await?;
        let agent = view.ok_or(CommandError::AgentNotFound)?.agent;
        let run = runs::find_of_agent(&mut reader, agent_id, run_id).await?;
        run.ok_or(CommandError::RunNotFound)?;
        let bases = runs::bases(&mut reader, run_id).await?;
        let history = events::endings(&mut reader, agent_id, Seq(u64::MAX)).await?;
        drop(reader);
        let pushed = |ours: &AgentRepository| {
            pushed_commit(&history, run_id, &ours.source.repository).cloned()
        };
        self.diff(&agent, &bases, pushed).await
    }

    async fn diff(
        &self,
        agent: &Agent,
        bases: &Bases,
        head: impl Fn(&AgentRepository) -> Option<CommitId>,
    ) -> Result<String, CommandError> {
        let git = &self.inner.git;
        let mut text = String::new();
        for ours in &agent.repositories {
            let repository = &ours.source.repository;
            let base = bases.iter().find(|(of, _)| of == repository);
            let (Some((_, base)), Some(head)) = (base, head(ours)) else {
                continue;
            };
            let mirror = git.fetch(repository, &head).await?;
            let diff = git.diff(&mirror, base, &head).await?.text;
            if let Some(folder) = ours.folder.as_ref().filter(|_| !diff.is_empty()) {
                text.push_str(&format!("repository {folder}: {repository}\n"));
            }
            text.push_str(&diff);
        }
        Ok(text)
    }
}

/// The commit that a run pushed last to a repository, from the pushes of its agent.
#[must_use]
pub fn pushed_commit<'a>(
    pushes: &'a [Event],
    run_id: RunId,
    of: &Repository,
) -> Option<&'a CommitId> {
    let of_run = pushes.iter().rev().filter(|event| event.run_id == run_id);
    let mut commits = of_run.filter_map(|event| {
        if let EventBody::Pushed {
            repository, commit, ..
        } = &event.body
            && repository == of
        {
            return Some(commit);
        }
        None
    });
    commits.next()
}
