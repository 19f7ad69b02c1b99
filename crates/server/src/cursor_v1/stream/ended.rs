//! The end of a run: `result`, and what it is made of.

use outwork_domain::{AgentRepository, BranchWish, Event, EventBody, Repository, Run};
use serde::Serialize;

use crate::cursor_v1::run::{RunErrorBody, bare_url, error_of, millis_between};
use crate::cursor_v1::status::RunStatus;
use crate::wire::WireRunId;

/// The data of `result`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultData<'a> {
    pub(super) run_id: WireRunId,
    pub(super) status: RunStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<&'a str>,
    pub(super) duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) git: Option<&'a Git>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<RunErrorBody<'a>>,
}

/// What had been pushed when the run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Git {
    branches: Vec<Branch>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Branch {
    /// The repository without a scheme.
    repo_url: String,
    branch: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pr_url: Option<String>,
}

/// What the end of a run is told with: fixed once it has ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) run: Run,
    pub(super) git: Option<Git>,
}

impl<'a> ResultData<'a> {
    pub(super) fn of(event: &Event, status: RunStatus, ended: &'a Ended) -> Self {
        let run = &ended.run;
        Self {
            run_id: WireRunId(run.id),
            status,
            text: run.summary.as_deref().filter(|text| !text.is_empty()),
            duration_ms: millis_between(run.created_at, event.at),
            git: ended.git.as_ref(),
            error: error_of(run),
        }
    }
}

impl Git {
    /// What the pushes and pull requests up to the end of a run add up to: of each repository of the agent
    /// the branch that was pushed last, and what shows it.
    pub(super) fn of(events: &[Event], repositories: &[AgentRepository]) -> Option<Self> {
        let pushed = |one: &AgentRepository| {
            let repository = &one.source.repository;
            let branch = pushed_branch(events, repository)?;
            let given = one.source.pull_request_url.as_ref();
            let given = given
                .filter(|_| is_its_branch(one, &branch.branch))
                .cloned();
            Some(Branch {
                pr_url: branch.pr_url.or(given),
                ..branch
            })
        };
        let branches: Vec<Branch> = repositories.iter().filter_map(pushed).collect();
        (!branches.is_empty()).then_some(Self { branches })
    }
}

/// Whether a branch is that of the pull request which the agent continues.
fn is_its_branch(one: &AgentRepository, branch: &str) -> bool {
    matches!(&one.branch_wish, BranchWish::Existing(wished) if wished.as_str() == branch)
}

fn pushed_branch(events: &[Event], wanted: &Repository) -> Option<Branch> {
    let mut found: Option<Branch> = None;
    for event in events {
        if let EventBody::Pushed {
            repository, branch, ..
        } = &event.body
            && repository == wanted
            && found
                .as_ref()
                .is_none_or(|one| one.branch != branch.as_str())
        {
            found = Some(Branch::new(repository, branch.as_str()));
        }
        if let EventBody::PullRequestOpened {
            repository, url, ..
        } = &event.body
            && repository == wanted
            && let Some(branch) = &mut found
        {
            branch.pr_url = Some(url.clone());
        }
    }
    found
}

impl Branch {
    fn new(repository: &Repository, branch: &str) -> Self {
        Self {
            repo_url: bare_url(repository),
            branch: branch.to_owned(),
            pr_url: None,
        }
    }
}
