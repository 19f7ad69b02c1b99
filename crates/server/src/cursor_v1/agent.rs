//! The Agent object of v1: a summary in lists, the whole elsewhere.

use std::collections::BTreeMap;

use outwork_domain::{
    AgentRepository, BaseRef, BranchName, BranchWish, PullRequestCreation, PullRequestIdentity,
    Repository, ReviewerRequest,
};
use outwork_store::AgentView;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::env::EnvShown;
use super::model::ModelShown;
use super::status::{AgentStatus, agent_status};
use crate::wire::{Moment, Text, WireAgentId, WireRunId};

/// An agent as lists show it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AgentSummaryBody<'a> {
    id: WireAgentId,
    name: &'a str,
    status: AgentStatus,
    env: EnvShown<'a>,
    /// Its page.
    #[schema(value_type = String, format = "uri")]
    url: AgentUrl<'a>,
    created_at: Moment,
    /// Moves with every event.
    updated_at: Moment,
    latest_run_id: WireRunId,
}

/// An agent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the API's own flags, each a field of its wire form"
)]
pub(super) struct AgentBody<'a> {
    #[serde(flatten)]
    summary: AgentSummaryBody<'a>,
    /// What answers its prompts.
    model: ModelShown<'a>,
    /// What it works on.
    repos: Vec<RepoShown<'a>>,
    work_on_current_branch: bool,
    #[serde(rename = "autoCreatePR")]
    auto_create_pr: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip_reviewer_request: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_as_cursor_github_app: Option<bool>,
    /// The branch that the caller asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    branch_name: Option<Text<&'a BranchName>>,
    /// The caller's own notes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: &'a BTreeMap<String, String>,
}

/// A repository of an agent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Repo)]
struct RepoShown<'a> {
    #[schema(value_type = String)]
    url: Text<&'a Repository>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    starting_ref: Option<Text<&'a BaseRef>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pr_url: Option<&'a str>,
}

/// Where people look at an agent.
#[derive(Debug)]
struct AgentUrl<'a> {
    public_url: &'a str,
    id: WireAgentId,
}

impl Serialize for AgentUrl<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}/agents/{}", self.public_url, self.id))
    }
}

impl<'a> AgentSummaryBody<'a> {
    /// An agent as it is.
    pub(super) fn of(view: &'a AgentView, public_url: &'a str) -> Self {
        let agent = &view.agent;
        let id = WireAgentId(agent.id);
        Self {
            id,
            name: &agent.name,
            status: agent_status(agent.archived_at, view.deciding.state),
            env: EnvShown::of(agent.environment.as_ref()),
            url: AgentUrl { public_url, id },
            created_at: Moment(agent.created_at),
            updated_at: Moment(view.updated_at),
            latest_run_id: WireRunId(view.latest_run_id),
        }
    }
}

impl<'a> AgentBody<'a> {
    /// An agent as it is.
    pub(super) fn of(view: &'a AgentView, public_url: &'a str) -> Self {
        let agent = &view.agent;
        let wish = agent.pull_request;
        let branch_wish = agent.first_repository().map(|first| &first.branch_wish);
        let (is_current, branch_name) = match branch_wish {
            Some(BranchWish::Existing(_)) => (true, None),
            Some(BranchWish::Named(name)) => (false, Some(Text(name))),
            Some(BranchWish::Generated) | None => (false, None),
        };
        let sent = |flag: bool| flag.then_some(true);
        Self {
            summary: AgentSummaryBody::of(view, public_url),
            model: ModelShown::of(&agent.model),
            repos: agent.repositories.iter().map(RepoShown::of).collect(),
            work_on_current_branch: is_current,
            auto_create_pr: wish.creation == PullRequestCreation::Automatic,
            skip_reviewer_request: sent(wish.reviewer == ReviewerRequest::Skipped),
            open_as_cursor_github_app: sent(wish.identity == PullRequestIdentity::Server),
            branch_name,
            metadata: &agent.metadata,
        }
    }

    /// An agent in the answer to its creation: whatever a quick worker has done by now comes later.
    pub(super) fn created(view: &'a AgentView, public_url: &'a str) -> Self {
        let mut body = Self::of(view, public_url);
        body.summary.status = AgentStatus::Active;
        body
    }
}

impl<'a> RepoShown<'a> {
    fn of(repository: &'a AgentRepository) -> Self {
        let source = &repository.source;
        Self {
            url: Text(&source.repository),
            starting_ref: source.base_ref.as_ref().map(Text),
            pr_url: source.pull_request_url.as_deref(),
        }
    }
}
