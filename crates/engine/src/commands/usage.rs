//! What an agent's runs used, and what that cost.

use outwork_domain::{AccountId, AgentId, Cost, RunId, TokenUsage};
use outwork_store::{agents, usage};

use super::CommandError;
use crate::Engine;

/// What an agent's runs used.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AgentUsage {
    /// Each run, the newest first; one that asked no model used nothing.
    pub runs: Vec<RunUsage>,
}

/// What a run used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RunUsage {
    /// The run.
    pub run_id: RunId,
    /// The tokens of all answers; those of answers that broke off are not known.
    pub tokens: TokenUsage,
    /// What they cost, if the prices of its model are configured.
    pub cost: Option<Cost>,
}

impl AgentUsage {
    /// The tokens of all runs.
    #[must_use]
    pub fn tokens(&self) -> TokenUsage {
        let tokens = self.runs.iter().map(|run| run.tokens);
        tokens.fold(TokenUsage::default(), TokenUsage::plus)
    }

    /// What the runs cost whose cost is known; nothing if that is none.
    #[must_use]
    pub fn cost(&self) -> Option<Cost> {
        self.runs
            .iter()
            .filter_map(|run| run.cost)
            .reduce(Cost::plus)
    }
}

impl Engine {
    /// Adds up what an agent's runs used, with the present prices of their models.
    ///
    /// # Errors
    ///
    /// [`CommandError::AgentNotFound`], or [`CommandError::Unavailable`] if the store is away.
    pub async fn usage(
        &self,
        account_id: AccountId,
        agent_id: AgentId,
    ) -> Result<AgentUsage, CommandError> {
        let mut reader = self.inner.store.read().await?;
        let agent = agents::find(&mut reader, account_id, agent_id).await?;
        agent.ok_or(CommandError::AgentNotFound)?;
        let runs = usage::of_agent(&mut reader, agent_id).await?;
        let with_cost = |run: usage::RunUsage| RunUsage {
            run_id: run.run_id,
            tokens: run.tokens,
            cost: self
                .inner
                .models
                .prices(&run.model)
                .map(|prices| prices.cost(run.tokens)),
        };
        Ok(AgentUsage {
            runs: runs.into_iter().map(with_cost).collect(),
        })
    }
}
