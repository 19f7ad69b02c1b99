//! Makes the workspace ready: which commits to start from, its folder, the sandbox.
//!
//! The checkouts themselves happen inside the sandbox while the model is asked for the first time: the
//! first request needs only the prompt and the repositories' instructions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::try_join_all;
use outwork_agent::Instructions;
use outwork_domain::run_state::RunEvent;
use outwork_domain::{
    AgentRepository, BranchName, CommitId, Event, EventBody, Guidance, InstructionsPath, RunMode,
};
use outwork_store::{Claim, Transition};
use outwork_tools::Checkout;
use outwork_workspace::{Identity, Layout, Mirror};

use super::confined::{self, Paths, Scratch};
use super::desk::{Desk, Plan};
use super::error::AttemptError;
use super::patience::patiently;
use super::place::{Place, spec};
use super::set_up::{self, Install, SetUp, SetUpPlace};
use super::start::{Start, base_of, branch_of, starts_of};
use super::way_out::{Shut, WayOut, way_out};
use super::{RunParts, WORKSPACES_FOLDER};
use crate::ledger::Step;

/// A workspace that is ready.
pub(super) struct Prepared {
    /// The checkouts, in the order of the agent's repositories.
    pub(super) checkouts: Vec<PreparedCheckout>,
    /// The agent's history up to the claim.
    pub(super) history: Vec<Event>,
    /// What the caller tells it beyond its prompts.
    pub(super) guidance: Option<String>,
    /// What is unusual about the workspace.
    pub(super) remarks: Vec<String>,
}

/// One repository of a workspace.
pub(super) struct PreparedCheckout {
    /// The repository, as the claim has it.
    pub(super) ours: AgentRepository,
    /// The branch that the work is to go to.
    pub(super) branch: BranchName,
    /// The mirror that the checkout borrows from.
    pub(super) mirror: Mirror,
    /// The commit that this run's work is compared with.
    pub(super) base: CommitId,
    /// The commit that the agent began with, if that is another one.
    pub(super) first: Option<CommitId>,
    /// Whether it was laid for this attempt.
    pub(super) workspace: Workspace,
    /// The repository's instructions for agents, if it has some.
    pub(super) instructions: Option<Instructions>,
}

impl PreparedCheckout {
    fn place(&self) -> SetUpPlace<'_> {
        SetUpPlace {
            repository: &self.ours.source.repository,
            folder: self.ours.folder.as_deref(),
            mirror: &self.mirror,
            commit: &self.base,
            first: self.first.as_ref(),
        }
    }
}

/// Where a checkout comes from.
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
    let (uid, starts) = tokio::try_join!(
        async { Ok(parts.ledger.lease_workspace(claim.agent.id, uids).await?) },
        starts_of(parts, claim, &history),
    )?;
    let wanted = claim.agent.repositories.iter().zip(&starts);
    let mirrors = wanted.map(|(ours, start)| mirror_of(parts, claim, ours, start));
    let mirrors = try_join_all(mirrors).await?;
    let folder = parts
        .data_dir
        .join(WORKSPACES_FOLDER)
        .join(claim.agent.id.to_string());
    let place = Place {
        folder,
        owner: uid.zip(users.map(|(_, gid)| gid)),
    };
    let starts: Vec<(Start, Mirror)> = starts.into_iter().zip(mirrors).collect();
    let laid = lay(
        parts,
        claim,
        &place,
        worked(parts, claim, &history).await?,
        starts,
    )
    .await?;
    let (mut checkouts, mut notes) = (laid.checkouts, laid.notes);
    let mut set_up = set_up_of(parts, claim, &place, &checkouts, laid.install).await?;
    notes.extend(set_up.notes());
    let level = parts.sandboxes.launcher.level();
    let network = set_up.take_network();
    let (egress, shut) = way_out(parts, claim, &place, network).await?;
    let shut_note = shut.as_ref().map(Shut::note);
    let told = [confined::note(level, claim), shut_note];
    let told = told.into_iter().flatten();
    notes.extend(told.filter_map(|text| confined::once(text, claim, &history)));
    desk.set_up(parts, plan(parts, &place, &checkouts, set_up, egress)?);
    let Guidance { text, file } = parts.ledger.guidance(claim.agent.id).await?;
    let read = checkouts
        .iter()
        .map(|one| instructions(parts, one, file.as_ref()));
    for (found, one) in try_join_all(read).await?.into_iter().zip(&mut checkouts) {
        one.instructions = found;
    }
    // A note speaks of a workspace, so it stands behind what tells that there is one.
    let events = prepared_events(claim, &checkouts).chain(notes).collect();
    let mut step = Step::of(Transition::of(RunEvent::WorkspacePrepared)).with_events(events);
    step.transition.bases = checkouts
        .iter()
        .map(|one| (one.ours.source.repository.clone(), one.base.clone()))
        .collect();
    parts.ledger.apply(&claim.fence, step).await?;
    Ok(Prepared {
        checkouts,
        history,
        guidance: text,
        remarks: confined::remarks(level, &place, shut.as_ref()),
    })
}

async fn mirror_of(
    parts: &RunParts,
    claim: &Claim,
    ours: &AgentRepository,
    start: &Start,
) -> Result<Mirror, AttemptError> {
    patiently(parts, claim, || async {
        let repository = &ours.source.repository;
        Ok(parts.git.fetch(repository, &start.commit).await?)
    })
    .await
}

/// Whether there can be something in the workspace that is worth keeping: before the first tool call
/// there is not, and plans leave nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worked {
    Yes,
    No,
}

async fn worked(
    parts: &RunParts,
    claim: &Claim,
    history: &[Event],
) -> Result<Worked, AttemptError> {
    let plans = parts.ledger.plans(claim.agent.id).await?;
    let is_work = |event: &Event| {
        matches!(event.body, EventBody::ToolCalled { .. }) && !plans.contains(&event.run_id)
    };
    Ok(if history.iter().any(is_work) {
        Worked::Yes
    } else {
        Worked::No
    })
}

/// A workspace whose folders are there.
struct Laid {
    checkouts: Vec<PreparedCheckout>,
    /// What was lost.
    notes: Vec<EventBody>,
    install: Install,
}

/// Lays what is not there from an earlier run or attempt.
async fn lay(
    parts: &RunParts,
    claim: &Claim,
    place: &Place,
    worked: Worked,
    starts: Vec<(Start, Mirror)>,
) -> Result<Laid, AttemptError> {
    let worked = worked == Worked::Yes;
    let repositories = &claim.agent.repositories;
    let kept: Vec<bool> = repositories
        .iter()
        .zip(&starts)
        .map(|(ours, (start, _))| start.keep && worked && is_folder(&place.checkout(ours)))
        .collect();
    let keep_whole = worked && repositories.is_empty() && is_folder(&place.repo());
    let mut notes = Vec::new();
    if !keep_whole && !kept.contains(&true) {
        parts.git.remove_workspace(&place.folder).await?;
        if worked && repositories.is_empty() {
            let text = "The workspace was gone: files that were not collected are lost.";
            notes.push(text.to_owned());
        }
    }
    make_folders(parts, claim, place).await?;
    let mut checkouts = Vec::with_capacity(starts.len());
    for ((ours, (start, mirror)), kept) in repositories.iter().zip(starts).zip(kept) {
        let checkout = PreparedCheckout {
            ours: ours.clone(),
            branch: branch_of(ours)?,
            mirror,
            workspace: if kept {
                Workspace::Kept
            } else {
                Workspace::Fresh
            },
            instructions: None,
            base: start.commit.clone(),
            first: start.first.clone(),
        };
        if !kept {
            lay_one(parts, place, &checkout).await?;
            let lost = start.note_of_loss().filter(|_| worked);
            notes.extend(lost.map(|text| of_repository(ours, text)));
        }
        checkouts.push(checkout);
    }
    let notes = notes.into_iter().map(|text| EventBody::Note { text });
    let is_kept = |one: &PreparedCheckout| one.workspace == Workspace::Kept;
    let all_kept = checkouts.iter().all(is_kept) && (keep_whole || !checkouts.is_empty());
    Ok(Laid {
        notes: notes.collect(),
        install: if all_kept {
            Install::of(place)
        } else {
            Install::again(place).await?
        },
        checkouts,
    })
}

/// A symbolic link is none, wherever it leads: the agent may have put it there.
fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|about| about.is_dir())
}

/// Makes the folders around the checkouts.
async fn make_folders(parts: &RunParts, claim: &Claim, place: &Place) -> Result<(), AttemptError> {
    let owner = place.file_owner();
    parts.git.make_folder(&place.artifacts(), owner).await?;
    // A single checkout is laid as a whole, so its folder must not be there before.
    let single = matches!(
        claim.agent.repositories.as_slice(),
        [AgentRepository { folder: None, .. }]
    );
    if !single {
        parts.git.make_folder(&place.repo(), owner).await?;
    }
    Ok(())
}

/// Makes a fresh checkout in place of whatever was there.
async fn lay_one(
    parts: &RunParts,
    place: &Place,
    checkout: &PreparedCheckout,
) -> Result<(), AttemptError> {
    let author = &parts.options.author;
    let identity = Identity {
        name: author.name.clone(),
        email: author.email.clone(),
    };
    let layout = Layout {
        commit: &checkout.base,
        branch: &checkout.branch,
        base_branch: None,
        identity: Some(&identity),
        owner: place.file_owner(),
    };
    let folder = place.checkout(&checkout.ours);
    parts.git.remove_workspace(&folder).await?;
    Ok(parts
        .git
        .lay_workspace(&checkout.mirror, &folder, &layout)
        .await?)
}

/// What is run in the workspace before the agent works in it; before a plan nothing is.
async fn set_up_of(
    parts: &RunParts,
    claim: &Claim,
    place: &Place,
    checkouts: &[PreparedCheckout],
    install: Install,
) -> Result<SetUp, AttemptError> {
    match claim.run.mode {
        RunMode::Agent => {
            let checkouts: Vec<_> = checkouts.iter().map(PreparedCheckout::place).collect();
            set_up::find(parts, claim, &checkouts, place, install).await
        }
        RunMode::Plan => Ok(SetUp::none(claim.fence)),
    }
}

fn plan(
    parts: &RunParts,
    place: &Place,
    checkouts: &[PreparedCheckout],
    set_up: SetUp,
    egress: Option<WayOut>,
) -> Result<Plan, AttemptError> {
    let objects: Vec<PathBuf> = checkouts.iter().map(|one| one.mirror.objects()).collect();
    let checkouts = checkouts.iter().map(|one| Checkout {
        folder: one.ours.folder.clone(),
        commit: one.base.clone(),
        branch: one.branch.clone(),
        mirror_objects: one.mirror.objects(),
    });
    let paths = Paths::of(parts.sandboxes.launcher.level());
    Ok(Plan {
        checkouts: checkouts.collect(),
        spec: spec(parts, place, objects, egress.as_ref())?,
        set_up: Arc::new(set_up),
        egress,
        scratch: Scratch::of(paths, place),
    })
}

/// What the transcript does not have yet of where the work starts.
fn prepared_events<'a>(
    claim: &'a Claim,
    checkouts: &'a [PreparedCheckout],
) -> impl Iterator<Item = EventBody> + 'a {
    let new =
        |one: &&PreparedCheckout| base_of(&claim.bases, &one.ours.source.repository).is_none();
    checkouts
        .iter()
        .filter(new)
        .map(|one| EventBody::WorkspacePrepared {
            repository: one.ours.source.repository.clone(),
            base: one.base.clone(),
            branch: one.branch.clone(),
        })
}

/// The first of the files with instructions that is there: those that the caller names, then the
/// repository's own.
async fn instructions(
    parts: &RunParts,
    checkout: &PreparedCheckout,
    named: Option<&InstructionsPath>,
) -> Result<Option<Instructions>, AttemptError> {
    let max = outwork_domain::limits::INSTRUCTIONS_BYTES_MAX;
    let named = named.map(InstructionsPath::spellings).unwrap_or_default();
    for file in named.into_iter().chain(["AGENTS.md".to_owned()]) {
        let (mirror, base) = (&checkout.mirror, &checkout.base);
        let found = parts.git.read_file(mirror, base, &file, max).await?;
        if let Some(bytes) = found {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            return Ok(Some(Instructions { file, text }));
        }
    }
    Ok(None)
}

/// A sentence about one of several repositories says which.
pub(super) fn of_repository(ours: &AgentRepository, text: &str) -> String {
    match &ours.folder {
        None => text.to_owned(),
        Some(folder) => format!("{folder}: {text}"),
    }
}
