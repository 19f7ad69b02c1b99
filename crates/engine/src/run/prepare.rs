//! Makes the workspace ready: which commit to start from, its folder, the sandbox.
//!
//! The checkout itself happens inside the sandbox while the model is asked for the first time: the
//! first request needs only the prompt and the repository's instructions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use outwork_domain::run_state::RunEvent;
use outwork_domain::{AgentRepository, BranchName, BranchWish, Cause, CommitId, Event, EventBody};
use outwork_sandbox::{Access, Bind, Spec, User};
use outwork_store::{Claim, Transition};
use outwork_tools::{ARTIFACTS_FOLDER, Checkout, REPO_FOLDER};
use outwork_workspace::{Identity, Layout, Mirror};

use super::desk::{Desk, Plan};
use super::error::AttemptError;
use super::patience::patiently;
use super::set_up::{self, Install, SetUp};
use super::{RunParts, WORKSPACES_FOLDER};
use crate::ledger::Step;

/// The checkout, below the folder of its agent.
const REPO: &str = "repo";
/// The artifacts folder, below the folder of its agent.
const ARTIFACTS: &str = "artifacts";

/// A workspace that is ready.
pub(super) struct Prepared {
    /// The mirror that it borrows from.
    pub(super) mirror: Mirror,
    /// The commit that this run's work is compared with.
    pub(super) base: CommitId,
    /// Whether it was laid for this attempt.
    pub(super) workspace: Workspace,
    /// The agent's history up to the claim.
    pub(super) history: Vec<Event>,
    /// The repository's instructions for agents, if it has some.
    pub(super) instructions: Option<String>,
}

/// Where a workspace comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Workspace {
    /// Laid for this attempt.
    Fresh,
    /// Left by the attempt or run before.
    Kept,
}

/// Prepares the workspace and moves the run to `Working`.
pub(super) async fn prepare(
    parts: &Arc<RunParts>,
    claim: &Claim,
    desk: &mut Desk,
) -> Result<Prepared, AttemptError> {
    let users = parts.options.users.clone();
    let uids = users.as_ref().map(|(uids, _)| uids.clone());
    let history = parts.ledger.history(claim.agent.id).await?;
    let (uid, start) = tokio::try_join!(
        async { Ok(parts.ledger.lease_workspace(claim.agent.id, uids).await?) },
        start_of(parts, claim, &history),
    )?;
    let repository = &claim.repository()?.source.repository;
    let mirror = patiently(parts, claim, || async {
        Ok(parts.git.fetch(repository, &start.commit).await?)
    })
    .await?;
    let owner = uid.zip(users.map(|(_, gid)| gid));
    let folder = parts
        .data_dir
        .join(WORKSPACES_FOLDER)
        .join(claim.agent.id.to_string());
    let mut notes = Vec::new();
    // Before its first tool call nobody has put anything there that is worth keeping.
    let worked = history
        .iter()
        .any(|event| matches!(event.body, EventBody::ToolCalled { .. }));
    let kept = start.keep && worked && folder.join(REPO).exists();
    if !kept {
        lay(parts, claim, &mirror, &folder, &start.commit, owner).await?;
        if worked {
            notes.extend(start.note_of_loss());
        }
    }
    let checkout = Checkout {
        commit: start.commit.clone(),
        branch: claim.branch()?,
        mirror_objects: mirror.objects(),
    };
    let install = if kept { Install::Done } else { Install::Needed };
    let set_up = set_up_of(parts, claim, (&mirror, &start.commit), install).await?;
    notes.extend(set_up.notes());
    desk.set_up(
        parts,
        Plan {
            spec: spec(parts, &mirror, &folder, owner),
            checkout,
            set_up: Arc::new(set_up),
        },
    );
    let instructions = instructions(parts, &mirror, &start.commit).await?;
    let mut step = Step::of(Transition::of(RunEvent::WorkspacePrepared));
    step.transition.bases = vec![(repository.clone(), start.commit.clone())];
    step.events = notes;
    if claim.bases.is_empty() {
        step.events.push(EventBody::WorkspacePrepared {
            repository: repository.clone(),
            base: start.commit.clone(),
            branch: claim.branch()?,
        });
    }
    parts.ledger.apply(&claim.fence, step).await?;
    Ok(Prepared {
        mirror,
        base: start.commit,
        workspace: if kept {
            Workspace::Kept
        } else {
            Workspace::Fresh
        },
        history,
        instructions,
    })
}

/// What is run in the workspace before the agent works in it.
async fn set_up_of(
    parts: &RunParts,
    claim: &Claim,
    (mirror, commit): (&Mirror, &CommitId),
    install: Install,
) -> Result<SetUp, AttemptError> {
    let place = set_up::Place {
        folder: claim.repository()?.folder.as_deref(),
        mirror,
        commit,
    };
    set_up::find(parts, claim, &[place], install).await
}

/// The commit that a run starts from.
struct Start {
    commit: CommitId,
    /// Whether the workspace of the run before, or of the attempt before, is still the right one.
    keep: bool,
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
    fn note_of_loss(&self) -> Option<EventBody> {
        let text = match self.why_new {
            WhyNew::First => return None,
            WhyNew::Lost => {
                "The workspace was gone and was made anew from the last published commit: edits \
                 that were not published are lost."
            }
            WhyNew::Moved => {
                "Somebody else pushed to the branch; the work goes on from there in a fresh \
                 workspace."
            }
        };
        Some(EventBody::Note {
            text: text.to_owned(),
        })
    }
}

async fn start_of(
    parts: &RunParts,
    claim: &Claim,
    history: &[Event],
) -> Result<Start, AttemptError> {
    if let Some((_, commit)) = claim.bases.first() {
        return Ok(Start {
            commit: commit.clone(),
            keep: true,
            why_new: WhyNew::Lost,
        });
    }
    let ours = claim.repository()?;
    let repository = &ours.source.repository;
    if let (Some(head), Some(branch)) = (&ours.head, &ours.branch) {
        let tip = patiently(parts, claim, || async {
            Ok(parts.git.remote_tip(repository, branch).await?)
        })
        .await?;
        return Ok(match tip {
            // Only what was committed in the workspace is sure to be in it.
            Some(tip) if tip != *head || !made_here(history, head) => Start {
                commit: tip,
                keep: false,
                why_new: WhyNew::Moved,
            },
            Some(_) | None => Start {
                commit: head.clone(),
                keep: true,
                why_new: WhyNew::Lost,
            },
        });
    }
    let first = parts.ledger.first_bases(claim.agent.id).await?;
    if let Some((_, base)) = first.into_iter().next() {
        return Ok(Start {
            commit: base,
            keep: true,
            why_new: WhyNew::Lost,
        });
    }
    let base_ref = ours.source.base_ref.as_ref();
    let base = patiently(parts, claim, || async {
        Ok(parts.git.resolve(repository, base_ref).await?)
    })
    .await?;
    if ours.branch_wish == BranchWish::Named(base.default_branch.clone()) {
        let text = format!(
            "{} is the default branch, which is never written",
            base.default_branch
        );
        return Err(AttemptError::failed(Cause::PushDenied, text));
    }
    Ok(Start {
        commit: base.commit,
        keep: false,
        why_new: WhyNew::First,
    })
}

fn made_here(history: &[Event], head: &CommitId) -> bool {
    let is_it =
        |body: &EventBody| matches!(body, EventBody::Committed { commit, .. } if commit == head);
    history.iter().any(|event| is_it(&event.body))
}

/// Makes a fresh workspace in place of whatever was there.
async fn lay(
    parts: &RunParts,
    claim: &Claim,
    mirror: &Mirror,
    folder: &Path,
    commit: &CommitId,
    owner: Option<(u32, u32)>,
) -> Result<(), AttemptError> {
    let git = &parts.git;
    git.remove_workspace(folder).await?;
    let owner = owner.map(|(uid, _)| (uid, uid));
    let author = &parts.options.author;
    let identity = Identity {
        name: author.name.clone(),
        email: author.email.clone(),
    };
    let branch = claim.branch()?;
    let layout = Layout {
        commit,
        branch: &branch,
        base_branch: None,
        identity: Some(&identity),
        owner,
    };
    git.make_folder(&folder.join(ARTIFACTS), owner).await?;
    Ok(git
        .lay_workspace(mirror, &folder.join(REPO), &layout)
        .await?)
}

async fn instructions(
    parts: &RunParts,
    mirror: &Mirror,
    commit: &CommitId,
) -> Result<Option<String>, AttemptError> {
    let max = outwork_domain::limits::INSTRUCTIONS_BYTES_MAX;
    let file = parts
        .git
        .read_file(mirror, commit, "AGENTS.md", max)
        .await?;
    Ok(file.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

fn spec(parts: &RunParts, mirror: &Mirror, folder: &Path, owner: Option<(u32, u32)>) -> Spec {
    let bind = |source: PathBuf, target: &str, access| Bind {
        source,
        target: PathBuf::from(target),
        access,
    };
    let objects = mirror.objects();
    Spec {
        program: parts.options.program.clone(),
        arguments: vec!["__tool-host".to_owned()],
        user: match owner {
            // The group of the data folder, so that the run's user can pass it.
            Some((uid, gid)) => User::Dropped {
                uid,
                gid: uid,
                groups: vec![gid],
            },
            None => User::Current,
        },
        binds: vec![
            bind(folder.join(REPO), REPO_FOLDER, Access::ReadWrite),
            bind(folder.join(ARTIFACTS), ARTIFACTS_FOLDER, Access::ReadWrite),
            Bind {
                source: objects.clone(),
                target: objects,
                access: Access::ReadOnly,
            },
        ],
        working_folder: PathBuf::from(REPO_FOLDER),
        environment: outwork_tools::environment(),
        limits: parts.options.limits,
    }
}

/// What a claim says of its repository.
pub(super) trait ClaimedRepository {
    /// The repository that the agent works on.
    fn repository(&self) -> Result<&AgentRepository, AttemptError>;

    /// The branch that the work is to go to.
    fn branch(&self) -> Result<BranchName, AttemptError>;
}

impl ClaimedRepository for Claim {
    fn repository(&self) -> Result<&AgentRepository, AttemptError> {
        match self.agent.repositories.as_slice() {
            [one] => Ok(one),
            [] | [_, ..] => {
                let text = "only agents with one repository can run yet";
                Err(AttemptError::failed(Cause::Internal, text))
            }
        }
    }

    fn branch(&self) -> Result<BranchName, AttemptError> {
        let repository = self.repository()?;
        let wished = match &repository.branch_wish {
            BranchWish::Named(branch) | BranchWish::Existing(branch) => Some(branch),
            BranchWish::Generated => None,
        };
        repository
            .branch
            .as_ref()
            .or(wished)
            .cloned()
            .ok_or_else(|| AttemptError::failed(Cause::Internal, "the agent has no branch"))
    }
}
