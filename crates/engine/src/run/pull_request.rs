//! Sees to it that a pull request shows the branch: found before it is opened, never two.

use outwork_domain::{
    AgentRepository, BranchName, BranchWish, CommitId, EventBody, PullRequestCreation,
    PullRequestState,
};
use outwork_forge::{Draft, Error, Found, HeadMoved, Wanted};
use outwork_store::Claim;

use super::error::AttemptError;
use super::patience::patiently;
use super::start::base_of;
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
    ours: &AgentRepository,
    shown: &Shown<'_>,
    summary: &str,
) -> Result<Option<EventBody>, AttemptError> {
    let branch = shown.branch;
    let forge = parts.forges.of(&ours.source.repository);
    let moved = HeadMoved {
        agent_id: claim.agent.id,
        repository: &ours.source.repository,
        head: &branch.name,
        commit: shown.commit,
    };
    patiently(parts, claim, || async {
        Ok(forge.head_moved(&moved).await?)
    })
    .await?;
    // Work on the branch of a pull request is shown there.
    let shown_there = matches!(ours.branch_wish, BranchWish::Existing(_))
        && ours.source.pull_request_url.is_some();
    if shown_there || claim.agent.pull_request.creation == PullRequestCreation::Manual {
        return Ok(None);
    }
    let first = first_base(parts, claim, ours).await?;
    let first = first.unwrap_or_else(|| shown.start.clone());
    let note = branch.continues.as_ref().map_or_else(String::new, |found| {
        format!(
            "Goes on from {}, which was {}.",
            found.url,
            found.state.word()
        )
    });
    let mut draft = Draft {
        agent_id: claim.agent.id,
        repository: ours.source.repository.clone(),
        title: claim.agent.name.clone(),
        body: text::pull_request_body(&claim.agent, &claim.run, summary, &note),
        base: shown.base.clone(),
        head: branch.name.clone(),
        head_repository: None,
        base_commit: first,
        head_commit: shown.commit.clone(),
        readiness: claim.agent.pull_request.readiness,
        identity: claim.agent.pull_request.identity,
    };
    let found = patiently(parts, claim, || async {
        Ok(forge.find(&draft.wanted()).await?)
    })
    .await?;
    let open = found
        .iter()
        .find(|found| found.state == PullRequestState::Open);
    let shown = match open.or(found.first()) {
        Some(found) => found.clone(),
        None => {
            if let Some(fork) = fork_of(parts, claim, ours, shown.commit).await? {
                draft.base_commit = fork;
            }
            patiently(parts, claim, || async { opened(parts, &draft).await }).await?
        }
    };
    Ok(Some(EventBody::PullRequestOpened {
        repository: draft.repository,
        number: shown.number,
        url: shown.url,
    }))
}

/// Opens the pull request, or finds the one that somebody opened since we looked, or that we opened
/// without hearing of it.
async fn opened(parts: &RunParts, draft: &Draft) -> Result<Found, AttemptError> {
    let forge = parts.forges.of(&draft.repository);
    let refusal = match forge.open(draft).await {
        Ok(found) => return Ok(found),
        Err(error @ Error::AlreadyExists(_)) => error,
        Err(error) => return Err(error.into()),
    };
    let found = forge.find(&draft.wanted()).await?.into_iter();
    let mut open = found.filter(|found| found.state == PullRequestState::Open);
    open.next().ok_or_else(|| refusal.into())
}

/// The merged or closed pull request that an earlier run opened for that branch, if no open one is
/// there.
pub(super) async fn ended(
    parts: &RunParts,
    claim: &Claim,
    ours: &AgentRepository,
    branch: &BranchName,
    base: &BranchName,
) -> Result<Option<Found>, AttemptError> {
    if ours.pull_request_url.is_none() {
        return Ok(None);
    }
    if ours.head.is_none() || first_base(parts, claim, ours).await?.is_none() {
        return Ok(None);
    }
    let wanted = Wanted {
        agent_id: claim.agent.id,
        repository: &ours.source.repository,
        head: branch,
        head_repository: None,
        base: Some(base),
        identity: claim.agent.pull_request.identity,
    };
    let forge = parts.forges.of(&ours.source.repository);
    let found = patiently(parts, claim, || async { Ok(forge.find(&wanted).await?) }).await?;
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
    ours: &AgentRepository,
) -> Result<BranchName, AttemptError> {
    let source = &ours.source;
    let named = match works_on_branch(ours) {
        None => source.base_ref.as_ref(),
        // Work on a branch that was there is merged into the default branch.
        Some(_) => None,
    };
    let resolved = patiently(parts, claim, || async {
        Ok(parts.git.resolve(&source.repository, named).await?)
    })
    .await?;
    Ok(resolved.branch)
}

/// The branch that was there and that no pull request shows yet, if the work goes to such a one.
fn works_on_branch(ours: &AgentRepository) -> Option<&BranchName> {
    match &ours.branch_wish {
        BranchWish::Existing(branch) if ours.source.pull_request_url.is_none() => Some(branch),
        BranchWish::Existing(_) | BranchWish::Named(_) | BranchWish::Generated => None,
    }
}

/// Where a branch that was there before forked off the default branch: a pull request shows all of it,
/// not only what the agent added.
async fn fork_of(
    parts: &RunParts,
    claim: &Claim,
    ours: &AgentRepository,
    commit: &CommitId,
) -> Result<Option<CommitId>, AttemptError> {
    if works_on_branch(ours).is_none() {
        return Ok(None);
    }
    let repository = &ours.source.repository;
    patiently(parts, claim, || async {
        let default = parts.git.resolve(repository, None).await?.commit;
        let mirror = parts.git.fetch(repository, &default).await?;
        Ok(parts.git.merge_base(&mirror, &default, commit).await?)
    })
    .await
}

async fn first_base(
    parts: &RunParts,
    claim: &Claim,
    ours: &AgentRepository,
) -> Result<Option<CommitId>, AttemptError> {
    let first = parts.ledger.first_bases(claim.agent.id).await?;
    Ok(base_of(&first, &ours.source.repository).cloned())
}
