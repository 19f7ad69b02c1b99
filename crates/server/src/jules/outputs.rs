//! What a session has made: pull requests, changed files.

use outwork_domain::{AgentRepository, BranchName, ForgePullRequest};
use outwork_store::{AgentView, Reader, change_sets, forge_pull_requests, pull_requests};
use serde::Serialize;
use utoipa::ToSchema;

use super::change_set::ChangeSetBody;
use crate::errors::Failure;

/// One thing that a session has made; exactly one key stands in it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SessionOutput)]
pub(super) enum OutputBody {
    /// A pull request.
    PullRequest(PullRequestBody),
    /// The changed files of a repository.
    ChangeSet(ChangeSetBody),
}

/// A pull request as a session shows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PullRequest)]
pub(super) struct PullRequestBody {
    #[schema(format = "uri")]
    url: String,
    title: String,
    description: String,
    /// The branch that it is to be merged into.
    base_ref: String,
    /// The branch with the change.
    head_ref: String,
}

impl OutputBody {
    /// How much room its changed files take.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::PullRequest(_) => 0,
            Self::ChangeSet(change) => change.bytes(),
        }
    }
}

/// What an agent has made so far: of each repository its pull request, then its changed files.
pub(super) async fn outputs(
    reader: &mut Reader,
    view: &AgentView,
) -> Result<Vec<OutputBody>, Failure> {
    let repositories = &view.agent.repositories;
    let is_nothing = |one: &AgentRepository| one.head.is_none() && pull_request_of(one).is_none();
    if repositories.iter().all(is_nothing) {
        return Ok(Vec::new());
    }
    let known = forge_pull_requests::list_of_agent(reader, view.agent.id).await?;
    let mut outputs = Vec::new();
    for ours in repositories {
        let shown = pull_request(reader, view, ours, &known).await?;
        outputs.extend(shown.map(OutputBody::PullRequest));
    }
    let changes = change_sets::latest(reader, view.agent.id).await?;
    let changes = changes.into_iter().filter_map(ChangeSetBody::of);
    outputs.extend(changes.map(OutputBody::ChangeSet));
    Ok(outputs)
}

fn pull_request_of(repository: &AgentRepository) -> Option<&str> {
    let own = repository.pull_request_url.as_deref();
    own.or(repository.source.pull_request_url.as_deref())
}

/// The pull request that shows an agent's work in a repository, as far as we know it.
async fn pull_request(
    reader: &mut Reader,
    view: &AgentView,
    ours: &AgentRepository,
    known: &[ForgePullRequest],
) -> Result<Option<PullRequestBody>, Failure> {
    let Some(url) = pull_request_of(ours) else {
        return Ok(None);
    };
    let repository = &ours.source.repository;
    let known = known.iter().find(|known| known.url == url);
    let kept = match (known, &ours.branch) {
        (None, Some(head)) => {
            pull_requests::find_by_head(reader, view.agent.id, repository, head, None).await?
        }
        (Some(_), _) | (None, None) => Vec::new(),
    };
    let kept = kept.into_iter().next();
    let summary = || view.summary.clone().unwrap_or_default();
    let text = |branch: &BranchName| branch.as_str().to_owned();
    let base = ours.source.base_ref.as_ref();
    let base = || base.map_or_else(String::new, ToString::to_string);
    let head = || ours.branch.as_ref().map_or_else(String::new, text);
    let url = url.to_owned();
    Ok(Some(match (known, kept) {
        (Some(known), _) => PullRequestBody {
            url,
            title: view.agent.name.clone(),
            description: summary(),
            base_ref: text(&known.base),
            head_ref: text(&known.head),
        },
        (None, Some(kept)) => PullRequestBody {
            url,
            title: kept.title,
            description: kept.body,
            base_ref: text(&kept.base),
            head_ref: text(&kept.head),
        },
        (None, None) => PullRequestBody {
            url,
            title: view.agent.name.clone(),
            description: summary(),
            base_ref: base(),
            head_ref: head(),
        },
    }))
}
