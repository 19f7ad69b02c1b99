//! The Agent object of v0, and the bodies that hold nothing but an agent's id.

use outwork_domain::{
    Agent, AgentId, AgentRepository, BaseRef, BranchName, BranchWish, PullRequestCreation,
    PullRequestIdentity, Repository, ReviewerRequest,
};
use outwork_store::AgentView;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::status::{Status, status_of};
use crate::wire::{Moment, Text, WireAgentId};

/// An agent as v0 shows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AgentBody<'a> {
    id: WireAgentId,
    #[schema(min_length = 1, max_length = 100, example = "Say hello")]
    name: &'a str,
    status: Status,
    source: SourceBody<'a>,
    target: TargetBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    created_at: Moment,
}

#[derive(Debug, Serialize, ToSchema)]
struct SourceBody<'a> {
    /// Empty for an agent without one: the specification knows no such agent.
    #[schema(value_type = String, example = "https://github.com/acme/tools")]
    repository: RepositoryText<'a>,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "main")]
    base_ref: Option<Text<&'a BaseRef>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the specification has three flags here"
)]
struct TargetBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "outwork/say-hello-4f1a")]
    branch_name: Option<Text<&'a BranchName>>,
    #[schema(value_type = String, format = "uri")]
    url: AgentUrl<'a>,
    /// The pull request that shows the branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pr_url: Option<&'a str>,
    auto_create_pr: bool,
    open_as_cursor_github_app: bool,
    skip_reviewer_request: bool,
}

/// The address of a repository, or nothing.
#[derive(Debug)]
struct RepositoryText<'a>(Option<&'a Repository>);

impl Serialize for RepositoryText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(repository) => serializer.collect_str(repository),
            None => serializer.serialize_str(""),
        }
    }
}

/// Where people look at an agent.
#[derive(Debug)]
struct AgentUrl<'a> {
    public_url: &'a str,
    id: WireAgentId,
}

impl Serialize for AgentUrl<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}/agents?id={}", self.public_url, self.id))
    }
}

impl<'a> AgentBody<'a> {
    /// An agent as it is.
    pub(super) fn of(view: &'a AgentView, public_url: &'a str) -> Self {
        let agent = &view.agent;
        let id = WireAgentId(agent.id);
        let source = agent.first_repository().map(|first| &first.source);
        Self {
            id,
            name: &agent.name,
            status: status_of(&view.deciding),
            source: SourceBody {
                repository: RepositoryText(source.map(|source| &source.repository)),
                base_ref: source.and_then(|source| source.base_ref.as_ref().map(Text)),
            },
            target: TargetBody::of(agent, AgentUrl { public_url, id }),
            summary: view.summary.as_deref(),
            created_at: Moment(agent.created_at),
        }
    }

    /// An agent in the answer to its creation: whatever a quick worker has done by now comes later.
    pub(super) fn created(view: &'a AgentView, public_url: &'a str) -> Self {
        Self {
            status: Status::Creating,
            summary: None,
            ..Self::of(view, public_url)
        }
    }
}

impl<'a> TargetBody<'a> {
    fn of(agent: &'a Agent, url: AgentUrl<'a>) -> Self {
        let first = agent.first_repository();
        let wish = agent.pull_request;
        Self {
            branch_name: first.and_then(branch_of).map(Text),
            url,
            pr_url: first.and_then(|first| first.pull_request_url.as_deref()),
            auto_create_pr: wish.creation == PullRequestCreation::Automatic,
            open_as_cursor_github_app: wish.identity == PullRequestIdentity::Server,
            skip_reviewer_request: wish.reviewer == ReviewerRequest::Skipped,
        }
    }
}

fn branch_of(repository: &AgentRepository) -> Option<&BranchName> {
    let wished = match &repository.branch_wish {
        BranchWish::Existing(branch) => Some(branch),
        BranchWish::Generated | BranchWish::Named(_) => None,
    };
    repository.branch.as_ref().or(wished)
}

/// The answer of verbs that give back nothing but the agent's id.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IdBody {
    id: WireAgentId,
}

impl IdBody {
    pub(super) fn of(id: AgentId) -> Self {
        Self {
            id: WireAgentId(id),
        }
    }
}
