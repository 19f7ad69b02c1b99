//! A pull request as our own API shows it.

use outwork_domain::{BranchName, CommitId, PullRequest, Readiness, Repository};
use outwork_engine::Engine;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{Moment, Text, WireAgentId};

/// A pull request.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PullRequestBody<'a> {
    number: u64,
    agent_id: WireAgentId,
    #[schema(value_type = String)]
    repository: Text<&'a Repository>,
    title: &'a str,
    body: &'a str,
    #[schema(value_type = String)]
    base: Text<&'a BranchName>,
    #[schema(value_type = String)]
    head: Text<&'a BranchName>,
    #[schema(value_type = String)]
    base_commit: Text<&'a CommitId>,
    #[schema(value_type = String)]
    head_commit: Text<&'a CommitId>,
    #[schema(pattern = "^(open|merged|closed)$", example = "open")]
    state: &'static str,
    /// Whether it says that it is not finished.
    draft: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    merge_commit: Option<Text<&'a CommitId>>,
    #[schema(format = "uri")]
    url: String,
    created_at: Moment,
    updated_at: Moment,
}

impl<'a> PullRequestBody<'a> {
    pub(super) fn of(pull_request: &'a PullRequest, engine: &Engine) -> Self {
        Self {
            number: pull_request.number.0,
            agent_id: WireAgentId(pull_request.agent_id),
            repository: Text(&pull_request.repository),
            title: &pull_request.title,
            body: &pull_request.body,
            base: Text(&pull_request.base),
            head: Text(&pull_request.head),
            base_commit: Text(&pull_request.base_commit),
            head_commit: Text(&pull_request.head_commit),
            state: pull_request.state.word(),
            draft: pull_request.readiness == Readiness::Draft,
            merge_commit: pull_request.merge_commit.as_ref().map(Text),
            url: engine.pull_request_url(pull_request.number),
            created_at: Moment(pull_request.created_at),
            updated_at: Moment(pull_request.updated_at),
        }
    }
}
