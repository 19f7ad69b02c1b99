//! What of its account a key reaches: everything, or the agents of the projects that it is limited to.
//!
//! A limited key is let through to routes that keep to its projects, and to no other: a new route is
//! closed to it until it is named here.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use outwork_domain::{AccountId, Agent, AgentId, Project, Repository, Timestamp};
use outwork_engine::{CommandError, NewAgent};
use outwork_store::{
    AgentFilter, AgentView, AgentsOf, Error, ListFilter, Order, Read, SearchPlace, SortBy,
    agent_search, agents, pull_requests,
};

use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::path::pull_request_number;
use crate::wire::WireAgentId;

/// What a key reaches.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// All that is its account's.
    Account,
    /// What is in these projects.
    Projects(Vec<Project>),
}

/// What a route with that pattern needs before a limited key may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    /// Nothing: it tells nothing of the account, or keeps to the key's projects by itself.
    Open,
    /// The agent in its path is in one of the projects.
    Agent,
    /// The agent of the pull request in its path is.
    PullRequest,
    /// A limited key may not pass.
    Closed,
}

impl Gate {
    fn of(route: &str) -> Self {
        let begins = |all: &[&str]| all.iter().any(|one| route.starts_with(one));
        match route {
            "/v0/agents"
            | "/v1/agents"
            | "/api/v1/agents"
            | "/api/v1/agents/facets"
            | "/api/v1/keys"
            | "/api/v1/keys/{id}"
            | "/api/v1/session"
            | "/api/v1/sessions"
            | "/api/v1/projects"
            | "/v0/me"
            | "/v1/me"
            | "/v0/models"
            | "/v1/models"
            | "/v0/repositories"
            | "/v1/repositories" => Self::Open,
            _ if begins(&["/v2/agent/", "/v1/agent/", "/agent/"]) => Self::Open,
            _ if begins(&["/v0/agents/{id}", "/v1/agents/{id}", "/api/v1/agents/{id}"]) => {
                Self::Agent
            }
            // Sessions and sources are looked up within the key's projects.
            _ if begins(&["/v1alpha/"]) => Self::Open,
            _ if begins(&["/api/v1/pull-requests/{number}", "/pulls/{name}"]) => Self::PullRequest,
            _ => Self::Closed,
        }
    }
}

/// Refuses what a limited key does not reach; for others nothing is asked.
pub(crate) async fn check(
    app: &App,
    caller: &Caller,
    route: &str,
    parts: &mut Parts,
) -> Result<(), Failure> {
    if caller.0.rules.projects.is_empty() {
        return Ok(());
    }
    let gate = Gate::of(route);
    match gate {
        Gate::Open => return Ok(()),
        Gate::Closed => {
            let message = "This API key is limited to projects, and this is not part of one";
            return Err(Failure::forbidden(message));
        }
        Gate::Agent | Gate::PullRequest => {}
    }
    let parameters = parameters(parts, app).await;
    let text = |name: &str| parameters.get(name).map_or("", String::as_str);
    let account_id = caller.account_id();
    if gate == Gate::Agent {
        // What is no id is refused by the route itself.
        let Ok(id) = WireAgentId::read(text("id")) else {
            return Ok(());
        };
        return match reached(app, caller, id).await? {
            Some(()) => Ok(()),
            None => Err(Failure::agent_not_found()),
        };
    }
    let name = text("number");
    let name = if name.is_empty() { text("name") } else { name };
    let digits = name.split('.').next().unwrap_or_default();
    let Some(number) = pull_request_number(digits) else {
        return Ok(());
    };
    let mut reader = app.store().read().await?;
    let found = pull_requests::get(&mut reader, account_id, number).await?;
    drop(reader);
    let inside = match found {
        Some(found) => reached(app, caller, found.agent_id).await?,
        None => None,
    };
    inside.ok_or_else(Failure::pull_request_not_found)
}

/// The parts of the path that the route has names for.
async fn parameters(parts: &mut Parts, app: &App) -> HashMap<String, String> {
    let all = RawPathParams::from_request_parts(parts, app).await;
    let pairs = all.iter().flat_map(RawPathParams::iter);
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

async fn reached(app: &App, caller: &Caller, id: AgentId) -> Result<Option<()>, Failure> {
    let reach = Reach::of(app, caller).await?;
    let mut reader = app.store().read().await?;
    let found = agents::find(&mut reader, caller.account_id(), id).await?;
    Ok(found.filter(|view| reach.has(&view.agent)).map(drop))
}

impl Reach {
    /// What the caller's key reaches.
    pub(crate) async fn of(app: &App, caller: &Caller) -> Result<Self, Failure> {
        let limits = &caller.0.rules.projects;
        if limits.is_empty() {
            return Ok(Self::Account);
        }
        let mut projects = app.engine().projects().await?;
        projects.retain(|project| limits.contains(&project.id));
        Ok(Self::Projects(projects))
    }

    /// Whether an agent of the account is within it.
    pub(crate) fn has(&self, agent: &Agent) -> bool {
        match self {
            Self::Account => true,
            Self::Projects(projects) => projects.iter().any(|project| project.has(agent)),
        }
    }

    /// Whether a repository is within it.
    pub(crate) fn has_repository(&self, repository: &Repository) -> bool {
        match self {
            Self::Account => true,
            Self::Projects(projects) => projects.iter().any(|one| one.repository == *repository),
        }
    }

    /// Whether a project is.
    pub(crate) fn has_project(&self, project: &Project) -> bool {
        match self {
            Self::Account => true,
            Self::Projects(projects) => projects.iter().any(|one| one.id == project.id),
        }
    }

    /// Refuses a new agent that would not be within it.
    pub(crate) fn admit(&self, new: &NewAgent) -> Result<(), CommandError> {
        if matches!(self, Self::Account) {
            return Ok(());
        }
        let refused = |text: String| Err(CommandError::RepositoryAccess(text));
        match new.repositories.as_slice() {
            [only] if self.has_repository(&only.source.repository) => Ok(()),
            [only] => refused(format!(
                "this API key is limited to projects, and {} is in none of them",
                only.source.repository
            )),
            [] | [_, _, ..] => refused(
                "this API key is limited to projects: an agent works on the one repository of one"
                    .to_owned(),
            ),
        }
    }

    /// The agents of the account within it.
    pub(crate) fn agents_of(&self, account_id: AccountId) -> AgentsOf<'_> {
        AgentsOf {
            account_id,
            projects: match self {
                Self::Account => None,
                Self::Projects(projects) => Some(projects),
            },
        }
    }

    /// The account's agents within it, as [`agents::list`] gives them.
    pub(crate) async fn list(
        &self,
        reader: &mut impl Read,
        account_id: AccountId,
        filter: &ListFilter,
        after: Option<(Timestamp, AgentId)>,
        limit: u32,
    ) -> Result<Vec<AgentView>, Error> {
        if matches!(self, Self::Account) {
            return agents::list(reader, account_id, filter, after, limit).await;
        }
        let filter = AgentFilter {
            pull_request_url: filter.pull_request_url.clone(),
            archived: filter.archived,
            ..AgentFilter::default()
        };
        let newest = (SortBy::Created, Order::Descending);
        let after = after.map(|(at, id)| SearchPlace::At(at, id));
        let of = self.agents_of(account_id);
        agent_search::page(reader, of, &filter, newest, after.as_ref(), limit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_closed() {
        for (route, gate) in [
            ("/v0/agents", Gate::Open),
            ("/api/v1/agents", Gate::Open),
            ("/v1alpha/sessions/{id}", Gate::Open),
            ("/api/v1/agents/facets", Gate::Open),
            ("/api/v1/session", Gate::Open),
            ("/api/v1/keys/{id}", Gate::Open),
            ("/api/v1/sessions", Gate::Open),
            ("/v2/agent/{projectId}/job", Gate::Open),
            ("/v0/agents/{id}/followup", Gate::Agent),
            ("/v1/agents/{id}/runs/{runId}/stream", Gate::Agent),
            ("/api/v1/agents/{id}", Gate::Agent),
            ("/api/v1/pull-requests/{number}/merge", Gate::PullRequest),
            ("/pulls/{name}", Gate::PullRequest),
            ("/api/v1/pull-requests", Gate::Closed),
            ("/api/v1/webhooks", Gate::Closed),
            ("/v1/sub-tokens", Gate::Closed),
            ("/v1/secrets", Gate::Closed),
            ("/v3/new", Gate::Closed),
        ] {
            assert_eq!(Gate::of(route), gate, "{route}");
        }
    }
}
