//! Which commit each repository's work starts from.

use futures::future::try_join_all;
use outwork_domain::{
    AgentRepository, BaseRef, BranchName, BranchWish, Cause, CommitId, Event, EventBody, Repository,
};
use outwork_store::{Bases, Claim};

use super::RunParts;
use super::error::AttemptError;
use super::patience::patiently;

/// The commit that the work in a repository starts from.
pub(super) struct Start {
    pub(super) commit: CommitId,
    /// The commit that the agent began with, if that is another one.
    pub(super) first: Option<CommitId>,
    /// Whether the checkout of the run before, or of the attempt before, is still the right one.
    pub(super) keep: bool,
    why_new: WhyNew,
}

enum WhyNew {
    /// The agent has none yet.
    First,
    /// It should be there.
    Lost,
    /// Somebody else moved the branch.
    Moved,
}

impl Start {
    /// What people should know if the checkout is made anew.
    pub(super) fn note_of_loss(&self) -> Option<&'static str> {
        match self.why_new {
            WhyNew::First => None,
            WhyNew::Lost => Some(
                "The workspace was gone and was made anew from the last published commit: edits \
                 that were not published are lost.",
            ),
            WhyNew::Moved => Some(
                "Somebody else pushed to the branch; the work goes on from there in a fresh \
                 workspace.",
            ),
        }
    }
}

/// Finds the starts of all repositories of an agent, in its order.
pub(super) async fn starts_of(
    parts: &RunParts,
    claim: &Claim,
    history: &[Event],
) -> Result<Vec<Start>, AttemptError> {
    let earlier = match claim.run.number {
        1 => Bases::new(),
        _ => parts.ledger.first_bases(claim.agent.id).await?,
    };
    let starts = claim.agent.repositories.iter().map(|ours| async {
        let start = start_of(parts, claim, ours, history, &earlier).await?;
        let first = base_of(&earlier, &ours.source.repository);
        let first = first.filter(|first| **first != start.commit);
        Ok::<_, AttemptError>(Start {
            first: first.cloned(),
            ..start
        })
    });
    try_join_all(starts).await
}

async fn start_of(
    parts: &RunParts,
    claim: &Claim,
    ours: &AgentRepository,
    history: &[Event],
    earlier: &Bases,
) -> Result<Start, AttemptError> {
    let repository = &ours.source.repository;
    let known = |commit: &CommitId| Start {
        commit: commit.clone(),
        first: None,
        keep: true,
        why_new: WhyNew::Lost,
    };
    if let Some(commit) = base_of(&claim.bases, repository) {
        return Ok(known(commit));
    }
    // What could not be published is in the workspace only, so that goes on, whoever moved the branch.
    if let Some(base) = base_of_unpublished(history, repository) {
        return Ok(known(base));
    }
    if let (Some(head), Some(branch)) = (&ours.head, &ours.branch) {
        let tip = patiently(parts, claim, || async {
            Ok(parts.git.remote_tip(repository, branch).await?)
        })
        .await?;
        return Ok(match tip {
            // Only what was committed in the workspace is sure to be in it.
            Some(tip) if tip != *head || !made_here(history, head) => Start {
                commit: tip,
                first: None,
                keep: false,
                why_new: WhyNew::Moved,
            },
            Some(_) | None => known(head),
        });
    }
    if let Some(base) = base_of(earlier, repository) {
        return Ok(known(base));
    }
    first_start(parts, claim, ours).await
}

async fn first_start(
    parts: &RunParts,
    claim: &Claim,
    ours: &AgentRepository,
) -> Result<Start, AttemptError> {
    let base_ref = start_ref(ours)?;
    let repository = &ours.source.repository;
    let base = patiently(parts, claim, || async {
        Ok(parts.git.resolve(repository, base_ref.as_ref()).await?)
    })
    .await?;
    if wished_branch(ours) == Some(&base.default_branch) {
        let text = format!(
            "{} is the default branch, which is never written",
            base.default_branch
        );
        return Err(AttemptError::failed(Cause::PushDenied, text));
    }
    Ok(Start {
        commit: base.commit,
        first: None,
        keep: false,
        why_new: WhyNew::First,
    })
}

/// The branch, tag or commit that the work starts from; an existing branch starts from itself.
fn start_ref(ours: &AgentRepository) -> Result<Option<BaseRef>, AttemptError> {
    match &ours.branch_wish {
        BranchWish::Existing(branch) => branch
            .as_str()
            .parse()
            .map(Some)
            .map_err(|error| AttemptError::failed(Cause::BaseNotFound, format!("{error}"))),
        BranchWish::Generated | BranchWish::Named(_) => Ok(ours.source.base_ref.clone()),
    }
}

fn wished_branch(ours: &AgentRepository) -> Option<&BranchName> {
    match &ours.branch_wish {
        BranchWish::Named(branch) | BranchWish::Existing(branch) => Some(branch),
        BranchWish::Generated => None,
    }
}

/// The branch that the work in a repository is to go to.
pub(super) fn branch_of(ours: &AgentRepository) -> Result<BranchName, AttemptError> {
    let branch = ours.branch.as_ref().or_else(|| wished_branch(ours));
    branch
        .cloned()
        .ok_or_else(|| AttemptError::failed(Cause::Internal, "the agent has no branch"))
}

/// The commit that is noted for a repository.
pub(super) fn base_of<'a>(bases: &'a Bases, repository: &Repository) -> Option<&'a CommitId> {
    let found = bases.iter().find(|(of, _)| of == repository);
    found.map(|(_, commit)| commit)
}

/// The commit that the work started from which was committed last, if that never reached the remote.
fn base_of_unpublished<'a>(history: &'a [Event], of: &Repository) -> Option<&'a CommitId> {
    let (mut prepared, mut unpublished) = (None, None);
    for event in history {
        if let EventBody::WorkspacePrepared {
            repository, base, ..
        } = &event.body
            && repository == of
        {
            prepared = Some(base);
        }
        if matches!(&event.body, EventBody::Committed { repository, .. } if repository == of) {
            unpublished = prepared;
        }
        if matches!(&event.body, EventBody::Pushed { repository, .. } if repository == of) {
            unpublished = None;
        }
    }
    unpublished
}

fn made_here(history: &[Event], head: &CommitId) -> bool {
    let is_it =
        |body: &EventBody| matches!(body, EventBody::Committed { commit, .. } if commit == head);
    history.iter().any(|event| is_it(&event.body))
}
