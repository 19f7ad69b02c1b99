//! An agent in the words of the domain: by itself in lists, with all of its runs elsewhere.

use outwork_domain::{
    AgentId, AgentRepository, Awaiting, BaseRef, BranchName, CommitId, Effort, Event,
    IsolationLevel, ModelId, PullRequestState, Repository, Run, RunId, said,
};
use outwork_engine::{AgentTotals, pushed_commit};
use outwork_store::AgentView;
use serde::Serialize;
use utoipa::ToSchema;

use super::pull_request_states::PullRequestStates;
use crate::app::App;
use crate::errors::Failure;
use crate::wire::{Cents, Moment, Text, WireAgentId};

/// An agent as lists show it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AgentSummaryBody<'a> {
    id: WireAgentId,
    name: &'a str,
    #[schema(value_type = String, example = "script")]
    model: Text<&'a ModelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[schema(example = "working")]
    state: &'static str,
    /// What it waits for at rest: `approval` of its plan, or `input`, the answer to a question. Not there otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(approval|input)$", example = "approval")]
    awaiting: Option<&'static str>,
    repositories: Vec<RepositoryBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    #[serde(flatten)]
    totals: TotalsBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<LastErrorBody<'a>>,
    created_at: Moment,
    updated_at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    archived_at: Option<Moment>,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AgentTotals)]
struct TotalsBody {
    run_count: u64,
    /// Of all runs, input and output together.
    tokens: u64,
    /// What the runs cost whose models have prices, in US cents.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    cost_cents: Option<Cents>,
}

/// Why the run failed that decides about the state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LastError)]
struct LastErrorBody<'a> {
    #[schema(example = "model_auth")]
    cause: &'static str,
    message: &'a str,
}

/// What a list says of an agent beyond its own row.
#[derive(Clone, Debug, Default)]
pub(super) struct Beside {
    /// What its runs used.
    pub(super) totals: AgentTotals,
    /// What became of the pull requests of its repositories, in their order, as far as it was heard of.
    pub(super) pull_requests: Vec<Option<PullRequestState>>,
}

impl Beside {
    /// What is said of each of at most a hundred agents, in their order.
    pub(super) async fn of(app: &App, views: &[AgentView]) -> Result<Vec<Self>, Failure> {
        let ids: Vec<AgentId> = views.iter().map(|view| view.agent.id).collect();
        let totals = app.engine().totals_of_agents(&ids).await?;
        let mut reader = app.store().read().await?;
        let states = PullRequestStates::of(app, &mut reader, views).await?;
        drop(reader);
        let beside = views.iter().map(|view| Self {
            totals: totals.get(&view.agent.id).copied().unwrap_or_default(),
            pull_requests: states.of_repositories(&view.agent),
        });
        Ok(beside.collect())
    }
}

/// What is known of an agent's runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    /// The runs.
    pub(super) runs: &'a [Run],
    /// The events of what they pushed.
    pub(super) pushes: &'a [Event],
    /// How the last attempt of each was confined.
    pub(super) isolation: &'a [(RunId, IsolationLevel)],
    /// What the prompts of those begin with that never began.
    pub(super) unbegun: &'a [(RunId, String)],
}

impl<'a> Known<'a> {
    fn commit_of(self, view: &AgentView, run: RunId) -> Option<&'a CommitId> {
        let first = view.agent.repositories.first()?;
        pushed_commit(self.pushes, run, &first.source.repository)
    }

    fn isolation_of(self, run: RunId) -> Option<IsolationLevel> {
        let of_run = self.isolation.iter().find(|(id, _)| *id == run);
        of_run.map(|(_, level)| *level)
    }

    fn prompt_of(self, run: &Run) -> Option<&'a str> {
        let of_run = self.unbegun.iter().find(|(id, _)| *id == run.id)?;
        Some(said(&of_run.1, run.approved))
    }
}

/// An agent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AgentBody<'a> {
    #[serde(flatten)]
    summary: AgentSummaryBody<'a>,
    runs: Vec<RunBody<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AgentRepository)]
struct RepositoryBody<'a> {
    #[schema(value_type = String, example = "https://github.com/acme/tools")]
    repository: Text<&'a Repository>,
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "main")]
    base_ref: Option<Text<&'a BaseRef>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    branch: Option<Text<&'a BranchName>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    head: Option<Text<&'a CommitId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_request_url: Option<&'a str>,
    /// What became of it, as far as it was heard of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(open|merged|closed)$", example = "open")]
    pull_request_state: Option<&'static str>,
}

/// A run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunBody<'a> {
    id: String,
    number: u32,
    mode: &'static str,
    #[schema(value_type = String, example = "script")]
    model: Text<&'a ModelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    request_id: &'a str,
    state: &'static str,
    /// What it waits to do, or ended without having begun to do: the first 20,000 characters of its prompt. Only in an
    /// agent's details, and only of a run that never began; of others the event `prompt` has all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<&'a str>,
    attempt: u32,
    /// How the commands of that attempt were confined; not there before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(full|full-noproc|weak|none)$", example = "full")]
    isolation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    /// What it pushed last to the agent's first repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    commit: Option<Text<&'a CommitId>>,
    created_at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Moment>,
}

impl<'a> AgentSummaryBody<'a> {
    /// An agent, and what is said beside it.
    pub(super) fn of(view: &'a AgentView, beside: &'a Beside) -> Self {
        let last_failure = view.deciding.failure.as_ref();
        let agent = &view.agent;
        Self {
            id: WireAgentId(agent.id),
            name: &agent.name,
            model: Text(&agent.model.id),
            effort: agent.model.effort.map(Effort::word),
            state: view.deciding.state.word(),
            awaiting: awaiting(view).map(Awaiting::word),
            repositories: agent
                .repositories
                .iter()
                .zip(&beside.pull_requests)
                .map(|(one, state)| RepositoryBody::of(one, *state))
                .collect(),
            summary: view.summary.as_deref(),
            totals: TotalsBody {
                run_count: beside.totals.run_count,
                tokens: beside.totals.tokens.total(),
                cost_cents: beside.totals.cost.map(Cents),
            },
            last_error: last_failure.map(|(cause, message)| LastErrorBody {
                cause: cause.code(),
                message,
            }),
            created_at: Moment(agent.created_at),
            updated_at: Moment(view.updated_at),
            archived_at: agent.archived_at.map(Moment),
        }
    }
}

/// What an agent waits for; one that was put away takes no answer.
fn awaiting(view: &AgentView) -> Option<Awaiting> {
    match view.agent.archived_at {
        Some(_) => None,
        None => Awaiting::of(view.agent.origin.terms, &view.deciding),
    }
}

impl<'a> AgentBody<'a> {
    pub(super) fn of(view: &'a AgentView, beside: &'a Beside, known: Known<'a>) -> Self {
        let runs = known.runs.iter().map(|run| {
            let commit = known.commit_of(view, run.id);
            let body = RunBody::of(run, commit, known.isolation_of(run.id));
            RunBody {
                prompt: known.prompt_of(run),
                ..body
            }
        });
        Self {
            summary: AgentSummaryBody::of(view, beside),
            runs: runs.collect(),
        }
    }
}

impl<'a> RepositoryBody<'a> {
    fn of(one: &'a AgentRepository, pull_request: Option<PullRequestState>) -> Self {
        Self {
            repository: Text(&one.source.repository),
            folder: one.folder.as_deref(),
            base_ref: one.source.base_ref.as_ref().map(Text),
            branch: one.branch.as_ref().map(Text),
            head: one.head.as_ref().map(Text),
            pull_request_url: one.pull_request_url.as_deref(),
            pull_request_state: pull_request.map(PullRequestState::word),
        }
    }
}

impl<'a> RunBody<'a> {
    pub(super) fn of(
        run: &'a Run,
        commit: Option<&'a CommitId>,
        isolation: Option<IsolationLevel>,
    ) -> Self {
        let failure = run.failure.as_ref();
        Self {
            id: run.id.to_string(),
            number: run.number,
            mode: run.mode.word(),
            model: Text(&run.model.id),
            effort: run.model.effort.map(Effort::word),
            request_id: &run.request_id,
            state: run.state.word(),
            prompt: None,
            attempt: run.attempt.0,
            isolation: isolation.map(IsolationLevel::word),
            cause: failure.map(|(cause, _)| cause.code()),
            message: failure.map(|(_, message)| message.as_str()),
            summary: run.summary.as_deref(),
            commit: commit.map(Text),
            created_at: Moment(run.created_at),
            started_at: run.started_at.map(Moment),
            ended_at: run.ended_at.map(Moment),
        }
    }
}
