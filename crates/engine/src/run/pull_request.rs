//! Sees to it that a pull request shows the branch: found before it is opened, never two.

use outwork_domain::{
    BranchName, BranchWish, CommitId, EventBody, PullRequestCreation, PullRequestState,
};
use outwork_forge::{Draft, Found, HeadMoved};
use outwork_store::Claim;

use super::error::AttemptError;
use super::patience::patiently;
use super::prepare::ClaimedRepository as _;
use super::{RunParts, text};

/// The branch that the work goes to.
pub(super) struct Branch {
    pub(super) name: BranchName,
    /// The merged or closed pull request that this one goes on from.
    pub(super) continues: Option<Found>,
}

/// What a pull request is to show.
pub(super) struct Shown<'a> {
    pub(super) branch: &'a Branch,
    pub(super) commit: &'a CommitId,
    pub(super) base: &'a BranchName,
    /// Where this run's work started.
    pub(super) start: &'a CommitId,
}

/// Tells the forge of the push, then finds the open pull request of the branch or opens one, if one is
/// wanted.
pub(super) async fn ensure(
    parts: &RunParts,
    claim: &Claim,
    shown: &Shown<'_>,
    summary: &str,
) -> Result<Option<EventBody>, AttemptError> {
    let branch = shown.branch;
    let moved = HeadMoved {
        agent_id: claim.agent.id,
        repository: &claim.repository()?.source.repository,
        head: &branch.name,
        commit: shown.commit,
    };
    patiently(parts, claim, || async {
        Ok(parts.forge.head_moved(&moved).await?)
    })
    .await?;
    // Work on the branch of a pull request is shown there.
    let shown_there = matches!(claim.repository()?.branch_wish, BranchWish::Existing(_));
    if shown_there || claim.agent.pull_request.creation == PullRequestCreation::Manual {
        return Ok(None);
    }
    let first = first_commit(parts, claim, shown.start).await?;
    let note = branch.continues.as_ref().map_or_else(String::new, |found| {
        format!(
            "Goes on from {}, which was {}.",
            found.url,
            found.state.word()
        )
    });
    let draft = Draft {
        agent_id: claim.agent.id,
        repository: claim.repository()?.source.repository.clone(),
        title: claim.agent.name.clone(),
        body: text::pull_request_body(&claim.agent, &claim.run, summary, &note),
        base: shown.base.clone(),
        head: branch.name.clone(),
        base_commit: first,
        head_commit: shown.commit.clone(),
    };
    let found = patiently(parts, claim, || async {
        Ok(parts.forge.find(&draft).await?)
    })
    .await?;
    let open = found
        .iter()
        .find(|found| found.state == PullRequestState::Open);
    let shown = match open.or(found.first()) {
        Some(found) => found.clone(),
        None => {
            patiently(parts, claim, || async {
                Ok(parts.forge.open(&draft).await?)
            })
            .await?
        }
    };
    Ok(Some(EventBody::PullRequestOpened {
        repository: draft.repository,
        number: shown.number,
        url: shown.url,
    }))
}

/// The merged or closed pull request that an earlier run opened for that branch, if no open one is
/// there.
pub(super) async fn ended(
    parts: &RunParts,
    claim: &Claim,
    branch: &BranchName,
    base: &BranchName,
) -> Result<Option<Found>, AttemptError> {
    let ours = claim.repository()?;
    if ours.pull_request_url.is_none() {
        return Ok(None);
    }
    let (Some(head), Some(first)) = (ours.head.clone(), first_base(parts, claim).await?) else {
        return Ok(None);
    };
    let draft = Draft {
        agent_id: claim.agent.id,
        repository: claim.repository()?.source.repository.clone(),
        title: String::new(),
        body: String::new(),
        base: base.clone(),
        head: branch.clone(),
        base_commit: first,
        head_commit: head,
    };
    let found = patiently(parts, claim, || async {
        Ok(parts.forge.find(&draft).await?)
    })
    .await?;
    if found
        .iter()
        .any(|found| found.state == PullRequestState::Open)
    {
        return Ok(None);
    }
    Ok(found.into_iter().next())
}

/// The branch that the work is to be merged into.
pub(super) async fn base_branch(
    parts: &RunParts,
    claim: &Claim,
) -> Result<BranchName, AttemptError> {
    let source = &claim.repository()?.source;
    let named = source.base_ref.as_ref();
    let repository = &source.repository;
    let resolved = patiently(parts, claim, || async {
        Ok(parts.git.resolve(repository, named).await?)
    })
    .await?;
    Ok(resolved.branch)
}

async fn first_commit(
    parts: &RunParts,
    claim: &Claim,
    otherwise: &CommitId,
) -> Result<CommitId, AttemptError> {
    let first = first_base(parts, claim).await?;
    Ok(first.unwrap_or_else(|| otherwise.clone()))
}

async fn first_base(parts: &RunParts, claim: &Claim) -> Result<Option<CommitId>, AttemptError> {
    let first = parts.ledger.first_bases(claim.agent.id).await?;
    Ok(first.into_iter().next().map(|(_, commit)| commit))
}
