//! What a session has made: pull requests, changed files.

use std::time::Duration;

use outwork_domain::{AgentRepository, BranchName};
use outwork_store::{AgentView, Reader, forge_pull_requests, pull_requests, runs};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};
use tracing::warn;
use utoipa::ToSchema;

use super::change_set::ChangeSetBody;
use crate::app::App;
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

/// How long repositories may take to give the changed files that one answer shows.
pub(super) const OUTPUTS_WAIT: Duration = Duration::from_secs(10);

impl OutputBody {
    /// How much room its changed files take.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::PullRequest(_) => 0,
            Self::ChangeSet(change) => change.bytes(),
        }
    }
}

/// What an agent has made so far: of each repository its pull request, then its changed files, unless its
/// repository does not give them until then.
pub(super) async fn outputs(
    app: &App,
    view: &AgentView,
    until: Instant,
) -> Result<Vec<OutputBody>, Failure> {
    let repositories = view.agent.repositories.iter();
    if repositories
        .clone()
        .all(|one| one.head.is_none() && pull_request_of(one).is_none())
    {
        return Ok(Vec::new());
    }
    let mut reader = app.store().read().await?;
    let bases = runs::first_bases(&mut reader, view.agent.id).await?;
    let mut outputs = Vec::new();
    for repository in repositories.clone() {
        let shown = pull_request(&mut reader, view, repository).await?;
        outputs.extend(shown.map(OutputBody::PullRequest));
    }
    drop(reader);
    for ours in repositories {
        let repository = &ours.source.repository;
        let base = bases.iter().find(|(of, _)| of == repository);
        let (Some((_, base)), Some(head)) = (base, &ours.head) else {
            continue;
        };
        let read = ChangeSetBody::read(app, repository, base, head);
        match timeout_at(until, read).await {
            Ok(Ok(change)) => outputs.extend(change.map(OutputBody::ChangeSet)),
            // A repository that is away must not hide the session.
            Ok(Err(error)) => {
                warn!(agent = %view.agent.id, %error, "a change set cannot be read");
            }
            Err(_) => warn!(agent = %view.agent.id, "a change set did not come in time"),
        }
    }
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
) -> Result<Option<PullRequestBody>, Failure> {
    let Some(url) = pull_request_of(ours) else {
        return Ok(None);
    };
    let repository = &ours.source.repository;
    let known = forge_pull_requests::list_of_agent(reader, view.agent.id).await?;
    let known = known.into_iter().find(|known| known.url == url);
    let kept = match (&known, &ours.branch) {
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
