//! Which people may ask for work, and of which agents.

use outwork_domain::{AgentId, Repository};
use outwork_forge::{Forge, Said};
use outwork_store::agents;

use super::Hooks;
use super::act::{Fault, Outcome};
use super::rules::{HookRules, People};

const NOT_ALL: &str = "the agent also works on repositories to which you may not push";

/// A request to an agent that is there already: who says it, and where.
#[derive(Clone, Copy)]
pub(super) struct Steered<'a> {
    /// The forge on which it was said.
    pub(super) forge: &'a dyn Forge,
    /// Who is heard there.
    pub(super) rules: &'a HookRules,
    /// What was said.
    pub(super) said: &'a Said,
}

/// Whether the author of a remark may ask for work in its repository.
pub(super) async fn may_ask(
    forge: &dyn Forge,
    rules: &HookRules,
    said: &Said,
) -> Result<bool, Fault> {
    may_ask_in(forge, rules, said, &said.remark.repository).await
}

async fn may_ask_in(
    forge: &dyn Forge,
    rules: &HookRules,
    said: &Said,
    repository: &Repository,
) -> Result<bool, Fault> {
    match &rules.people {
        People::Listed(logins) => Ok(logins
            .iter()
            .any(|login| login.eq_ignore_ascii_case(&said.author.login))),
        People::Collaborators => {
            let permission = forge.permission(repository, &said.author).await;
            Ok(permission?.is_collaborator())
        }
    }
}

impl Hooks {
    /// Gives an agent another prompt if its author may ask for work in all of the agent's repositories:
    /// whoever steers it steers what it does in each of them.
    pub(super) async fn steer(
        &self,
        agent_id: AgentId,
        key: &str,
        text: String,
        whose: Steered<'_>,
    ) -> Result<Outcome, Fault> {
        for repository in self.other_repositories(agent_id, whose.said).await? {
            if !self.may_steer_in(whose, &repository).await? {
                return Ok(Outcome::Refused(NOT_ALL.to_owned()));
            }
        }
        self.follow_up(agent_id, key, text).await
    }

    /// The repositories of an agent beside the one in which something was said.
    async fn other_repositories(
        &self,
        agent_id: AgentId,
        said: &Said,
    ) -> Result<Vec<Repository>, Fault> {
        let mut reader = self.inner.engine.store().read().await?;
        let Some(account_id) = agents::find_account(&mut reader, agent_id).await? else {
            return Ok(Vec::new());
        };
        let Some(view) = agents::find(&mut reader, account_id, agent_id).await? else {
            return Ok(Vec::new());
        };
        let mut all = view.agent.repositories;
        // The one that an agent has may have another name by now than the agent knows.
        if all.len() < 2 {
            all.clear();
        }
        let others = all.into_iter().map(|one| one.source.repository);
        Ok(others
            .filter(|one| *one != said.remark.repository)
            .collect())
    }

    /// A name on one forge says nothing about a person on another.
    async fn may_steer_in(
        &self,
        whose: Steered<'_>,
        repository: &Repository,
    ) -> Result<bool, Fault> {
        let Steered { forge, rules, said } = whose;
        let kept_by = self.inner.forges.hosted_of(repository);
        if kept_by.is_none_or(|kept_by| kept_by.name() != forge.name()) {
            return Ok(false);
        }
        may_ask_in(forge, rules, said, repository).await
    }
}
