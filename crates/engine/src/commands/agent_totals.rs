//! What many agents used, and what that cost with the present prices of their models.

use std::collections::HashMap;

use outwork_domain::{AgentId, Cost, TokenUsage};
use outwork_store::{AgentFilter, AgentsOf, ModelUsage, agent_search};

use super::CommandError;
use crate::Engine;

/// What all runs of an agent used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AgentTotals {
    /// How many runs it has.
    pub run_count: u64,
    /// What they used.
    pub tokens: TokenUsage,
    /// What those cost whose models have prices; none if that is none.
    pub cost: Option<Cost>,
}

impl Engine {
    /// Adds up what the runs of these agents used, at most [`agent_search::IDS_MAX`].
    ///
    /// The caller has checked whose they are.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] if the store is away.
    pub async fn totals_of_agents(
        &self,
        ids: &[AgentId],
    ) -> Result<HashMap<AgentId, AgentTotals>, CommandError> {
        let mut reader = self.inner.store.read().await?;
        let used = agent_search::usage_of_ids(&mut reader, ids).await?;
        drop(reader);
        Ok(self.add_up(used))
    }

    /// The same for the agents that are asked for; of the newest [`agent_search::USED_MAX`] of them.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] if the store is away.
    pub async fn totals_of_asked(
        &self,
        of: AgentsOf<'_>,
        filter: &AgentFilter,
    ) -> Result<HashMap<AgentId, AgentTotals>, CommandError> {
        let mut reader = self.inner.store.read().await?;
        let used = agent_search::usage(&mut reader, of, filter).await?;
        drop(reader);
        Ok(self.add_up(used))
    }

    fn add_up(&self, used: Vec<ModelUsage>) -> HashMap<AgentId, AgentTotals> {
        let mut all: HashMap<AgentId, AgentTotals> = HashMap::new();
        for one in used {
            let prices = self.inner.models.prices(&one.model);
            let cost = prices.map(|prices| prices.cost(one.tokens));
            let totals = all.entry(one.agent_id).or_default();
            totals.run_count = totals.run_count.saturating_add(one.run_count);
            totals.tokens = totals.tokens.plus(one.tokens);
            totals.cost = [totals.cost, cost].into_iter().flatten().reduce(Cost::plus);
        }
        all
    }
}
