//! What became of the pull requests of agents, as far as it was heard of.
//!
//! Forges tell it by their webhooks, and what Outwork keeps itself it knows: nobody is asked for a list.

use std::collections::HashMap;

use outwork_domain::{Agent, PullRequestState};
use outwork_store::{AgentView, Error, Reader, forge_pull_requests, pull_requests};

use crate::app::App;

/// The states of pull requests, by their addresses.
pub(super) struct PullRequestStates(HashMap<String, PullRequestState>);

impl PullRequestStates {
    /// Of those of at most a hundred agents of one account: one look at forges' pull requests, and one at our
    /// own for each hundred.
    pub(super) async fn of(
        app: &App,
        reader: &mut Reader,
        views: &[AgentView],
    ) -> Result<Self, Error> {
        let agents = views.iter().map(|view| &view.agent);
        let urls = agents.clone().flat_map(|agent| {
            let all = agent.repositories.iter();
            all.filter_map(|one| one.pull_request_url.as_deref())
        });
        let urls: Vec<&str> = urls.collect();
        let Some(first) = views.first().filter(|_| !urls.is_empty()) else {
            return Ok(Self(HashMap::new()));
        };
        let ids: Vec<_> = agents.map(|agent| agent.id).collect();
        let on_forges = forge_pull_requests::states_of_agents(reader, &ids).await?;
        let engine = app.engine();
        let kept = urls.iter();
        let kept: Vec<_> = kept
            .filter_map(|url| Some((*url, engine.number_of_pull_request(url)?)))
            .collect();
        let numbers: Vec<_> = kept.iter().map(|(_, number)| *number).collect();
        let account_id = first.agent.account_id;
        let states = pull_requests::states(reader, account_id, &numbers).await?;
        let mut all: HashMap<String, PullRequestState> = kept
            .iter()
            .filter_map(|(url, number)| Some(((*url).to_owned(), *states.get(number)?)))
            .collect();
        all.extend(on_forges);
        Ok(Self(all))
    }

    /// Of those of an agent's repositories, in their order.
    pub(super) fn of_repositories(&self, agent: &Agent) -> Vec<Option<PullRequestState>> {
        let urls = agent.repositories.iter().map(|one| &one.pull_request_url);
        urls.map(|url| self.0.get(url.as_deref()?).copied())
            .collect()
    }
}
