//! What a pull request of the work would be merged into.

use outwork_domain::{
    AgentRepository, BranchName, BranchWish, PullRequestNumber, PullRequestState, Repository,
};
use outwork_forge::{At, Error, Found, HeadAccess};
use outwork_store::Claim;

use super::RunParts;
use super::error::AttemptError;
use super::patience::patiently;
use super::renamed::here;

/// What a pull request of the work would be merged into.
pub(super) struct Target {
    /// The repository.
    pub(super) repository: Repository,
    /// The fork that the work is pushed to, if that is another repository.
    pub(super) fork: Option<Repository>,
    /// The branch.
    pub(super) base: BranchName,
    /// The pull request that the agent started from, as its forge has it now.
    pub(super) started: Option<Found>,
}

/// Finds it out; asked before the push, so that a run that fails because its base is gone has pushed
/// nothing.
pub(super) async fn target_of(
    parts: &RunParts,
    claim: &Claim,
    ours: &AgentRepository,
) -> Result<Target, AttemptError> {
    let repository = &ours.source.repository;
    let Some((to, started)) = started_from(parts, claim, ours).await? else {
        return Ok(Target {
            repository: repository.clone(),
            fork: None,
            base: base_branch(parts, claim, ours).await?,
            started: None,
        });
    };
    let is_open = started.state == PullRequestState::Open;
    let base = match &ours.branch_wish {
        // What goes on from its branch is to be merged into it, as long as it waits itself.
        BranchWish::Generated | BranchWish::Named(_)
            if is_open && started.head.access == HeadAccess::Same =>
        {
            started.head.branch.clone()
        }
        BranchWish::Generated | BranchWish::Named(_) | BranchWish::Existing(_) => {
            started.base.clone()
        }
    };
    Ok(Target {
        fork: (*repository != to).then(|| repository.clone()),
        repository: to,
        base,
        started: Some(started),
    })
}

/// The pull request on a forge that the agent started from, and the repository that it is to be merged
/// in; none if it was deleted since.
async fn started_from(
    parts: &RunParts,
    claim: &Claim,
    ours: &AgentRepository,
) -> Result<Option<(Repository, Found)>, AttemptError> {
    let url = ours.source.pull_request_url.as_deref();
    let located = url.and_then(|url| parts.forges.locate(url));
    let Some((_, repository, number)) = located else {
        return Ok(None);
    };
    let found = patiently(parts, claim, || async {
        get(parts, claim, &repository, number).await
    })
    .await?;
    Ok(found.map(|found| (repository, found)))
}

/// A pull request on a forge; none if it is not there.
pub(super) async fn get(
    parts: &RunParts,
    claim: &Claim,
    repository: &Repository,
    number: PullRequestNumber,
) -> Result<Option<Found>, AttemptError> {
    let repository = here(parts, repository);
    let at = At {
        repository: &repository,
        number,
        identity: claim.agent.pull_request.identity,
    };
    match parts.forges.of(&repository).get(&at).await {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The branch that work without such a start is to be merged into.
async fn base_branch(
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
pub(super) fn works_on_branch(ours: &AgentRepository) -> Option<&BranchName> {
    match &ours.branch_wish {
        BranchWish::Existing(branch) if ours.source.pull_request_url.is_none() => Some(branch),
        BranchWish::Existing(_) | BranchWish::Named(_) | BranchWish::Generated => None,
    }
}
