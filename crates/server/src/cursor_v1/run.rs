//! The Run object of v1.

use outwork_domain::run_state::RunState;
use outwork_domain::{Agent, AgentRepository, BranchName, Repository, Run, Timestamp};
use outwork_store::AgentView;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::ModelShown;
use super::status::{RunStatus, run_status};
use crate::wire::{Moment, Text, WireAgentId, WireRunId};

/// A run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunBody<'a> {
    id: WireRunId,
    agent_id: WireAgentId,
    status: RunStatus,
    created_at: Moment,
    /// Moves with every event.
    updated_at: Moment,
    /// From its creation to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    duration_ms: Option<u64>,
    /// The final text of the assistant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1)]
    result: Option<&'a str>,
    /// What its agent has pushed, by whichever run.
    #[serde(skip_serializing_if = "Option::is_none")]
    git: Option<RunGitBody<'a>>,
    /// Why it failed or expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<RunErrorBody<'a>>,
    /// The `x-request-id` of the answer to the request that made it.
    request_id: &'a str,
    /// What answers its prompt.
    model: ModelShown<'a>,
}

/// Why a run failed or expired.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunErrorBody<'a> {
    message: &'a str,
    code: &'static str,
}

/// What an agent has pushed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunGitBody<'a> {
    branches: Vec<RunGitBranchBody<'a>>,
}

/// A pushed branch.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RunGitBranchBody<'a> {
    /// The repository without a scheme.
    repo_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    branch: Option<Text<&'a BranchName>>,
    /// The pull request that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pr_url: Option<&'a str>,
}

const EXPIRED: RunErrorBody<'static> = RunErrorBody {
    message: "The run waited in the queue longer than its limit",
    code: "expired",
};

impl<'a> RunBody<'a> {
    /// A run of an agent as it is.
    pub(super) fn of(run: &'a Run, view: &'a AgentView) -> Self {
        let ended_at = run.ended_at;
        Self {
            id: WireRunId(run.id),
            agent_id: WireAgentId(run.agent_id),
            status: run_status(run.state, run.attempt),
            created_at: Moment(run.created_at),
            updated_at: Moment(updated_at(run, view)),
            duration_ms: ended_at.map(|ended_at| millis_between(run.created_at, ended_at)),
            result: ended_at
                .and(run.summary.as_deref())
                .filter(|text| !text.is_empty()),
            git: RunGitBody::of(&view.agent),
            error: error_of(run),
            request_id: &run.request_id,
            model: ModelShown::of(&run.model),
        }
    }

    /// A run in the answer to its creation: whatever a quick worker has done by now comes later.
    pub(super) fn created(run: &'a Run, view: &'a AgentView) -> Self {
        Self {
            status: RunStatus::Creating,
            ..Self::of(run, view)
        }
    }
}

/// When something last happened to a run: all that happens to an agent happens to its active run.
fn updated_at(run: &Run, view: &AgentView) -> Timestamp {
    let is_active = run.attempt.0 > 0;
    match run.ended_at {
        Some(ended_at) => ended_at,
        None if is_active => view.updated_at.max(run.created_at),
        None => run.created_at,
    }
}

/// Why a run did not end well; nothing for one that did, was stopped, or has not ended.
pub(super) fn error_of(run: &Run) -> Option<RunErrorBody<'_>> {
    match run.state {
        RunState::Failed => run.failure.as_ref().map(|(cause, message)| RunErrorBody {
            message,
            code: cause.code(),
        }),
        RunState::Expired => Some(EXPIRED),
        RunState::Queued
        | RunState::Preparing
        | RunState::Working
        | RunState::Publishing
        | RunState::Cancelling
        | RunState::Succeeded
        | RunState::Cancelled => None,
    }
}

impl<'a> RunGitBody<'a> {
    /// What an agent has pushed by now; nothing before.
    pub(super) fn of(agent: &'a Agent) -> Option<Self> {
        let pushed = agent.repositories.iter().filter(|one| one.head.is_some());
        let branches: Vec<_> = pushed.map(RunGitBranchBody::of).collect();
        (!branches.is_empty()).then_some(Self { branches })
    }
}

impl<'a> RunGitBranchBody<'a> {
    fn of(repository: &'a AgentRepository) -> Self {
        Self {
            repo_url: bare_url(&repository.source.repository),
            branch: repository.branch.as_ref().map(Text),
            pr_url: repository.pull_request_url.as_deref(),
        }
    }
}

/// A repository's address without a scheme, as v1 shows what was pushed to.
pub(super) fn bare_url(repository: &Repository) -> String {
    let url = repository.to_string();
    let bare = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    bare.to_owned()
}

/// How long it took in milliseconds.
pub(super) fn millis_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.millis().saturating_sub(from.millis())).unwrap_or(0)
}
