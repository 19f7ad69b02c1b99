//! Reads what activities say: their events, and the changed files of a run that ended well.

use std::sync::Arc;

use outwork_domain::run_state::RunState;
use outwork_domain::{EventBody, NoChange, Planned, Run};
use outwork_store::{AgentView, Reader, change_sets, events, runs};

use super::super::change_set::ChangeSetBody;
use super::super::moment::Moment;
use super::super::session::SessionName;
use super::body::{
    ActivityBody, AgentMessagedBody, ArtifactBody, Originator, PlanApprovedBody, PlanBody,
    PlanGeneratedBody, ProgressUpdatedBody, SessionCompletedBody, SessionFailedBody, StepBody,
    UserMessagedBody,
};
use super::steps::Steps;
use super::words;
use crate::activities::{ActivityId, Approver, Entry, KeptTimelines, Kind, Timeline};
use crate::errors::Failure;

/// What is said of a message that its session never got to.
const DROPPED: &str = "The message was cancelled before it was worked on";

/// A session's runs, and all its activities without what they say.
pub(super) struct History {
    runs: Vec<Run>,
    timeline: Arc<Timeline>,
}

impl History {
    /// Reads the history of an agent as it is now, on from where it was last read.
    pub(super) async fn of(
        kept: &KeptTimelines,
        reader: &mut Reader,
        view: &AgentView,
    ) -> Result<Self, Failure> {
        let agent = &view.agent;
        let mut timeline = kept.get(agent.id);
        // In this order: the end of a run that is read here is read with what it said.
        let milestones = events::milestones(reader, agent.id, timeline.last()).await?;
        let runs = runs::list(reader, agent.id).await?;
        if !milestones.is_empty() {
            Arc::make_mut(&mut timeline).extend(agent.origin.terms, &runs, &milestones);
            kept.keep(agent.id, &timeline);
        }
        Ok(Self { runs, timeline })
    }

    /// All activities, the oldest first.
    pub(super) fn entries(&self) -> &[Entry] {
        self.timeline.entries()
    }

    /// The activity of that id.
    pub(super) fn find(&self, id: ActivityId) -> Option<&Entry> {
        let entries = self.entries();
        let found = entries.binary_search_by_key(&id, |entry| entry.id);
        found.ok().map(|at| &entries[at])
    }

    fn run(&self, entry: &Entry) -> Result<&Run, Failure> {
        let found = self.runs.iter().find(|run| run.id == entry.run_id);
        found.ok_or_else(|| Failure::internal("an activity without a run"))
    }
}

/// Writes one activity.
pub(super) async fn activity(
    reader: &mut Reader,
    view: &AgentView,
    (history, steps): (&History, &Steps),
    entry: &Entry,
) -> Result<ActivityBody, Failure> {
    let run = history.run(entry)?;
    let artifacts = match entry.kind {
        Kind::Completed => pushed(reader, run).await?,
        Kind::UserMessaged
        | Kind::AgentMessaged
        | Kind::Progress
        | Kind::PlanGenerated
        | Kind::PlanApproved(..)
        | Kind::Failed(_)
        | Kind::Dropped => Vec::new(),
    };
    let mut body = ActivityBody {
        name: format!("{}/activities/{}", SessionName(view.agent.id), entry.id),
        id: entry.id.to_string(),
        create_time: Moment(entry.at),
        originator: originator(entry.kind),
        description: None,
        artifacts,
        user_messaged: None,
        agent_messaged: None,
        plan_generated: None,
        plan_approved: None,
        progress_updated: None,
        session_completed: None,
        session_failed: None,
    };
    tell(&mut body, reader, steps, run, entry).await?;
    Ok(body)
}

const fn originator(kind: Kind) -> Originator {
    match kind {
        Kind::UserMessaged | Kind::PlanApproved(_, Approver::User) => Originator::User,
        Kind::AgentMessaged | Kind::Progress | Kind::PlanGenerated => Originator::Agent,
        Kind::PlanApproved(_, Approver::System)
        | Kind::Completed
        | Kind::Failed(_)
        | Kind::Dropped => Originator::System,
    }
}

/// Sets the one key that says what happened.
async fn tell(
    body: &mut ActivityBody,
    reader: &mut Reader,
    steps: &Steps,
    run: &Run,
    entry: &Entry,
) -> Result<(), Failure> {
    match entry.kind {
        Kind::UserMessaged => {
            let prompt = runs::find_prompt_text(reader, run.id).await?;
            // The agent may have been deleted in between.
            let user_message = prompt.ok_or_else(Failure::agent_not_found)?;
            body.user_messaged = Some(UserMessagedBody { user_message });
        }
        Kind::AgentMessaged => {
            let agent_message = said(steps, entry)?;
            body.agent_messaged = Some(AgentMessagedBody { agent_message });
        }
        Kind::Progress => body.progress_updated = Some(progress(reader, steps, entry).await?),
        Kind::PlanGenerated => body.plan_generated = Some(plan(run, entry)),
        Kind::PlanApproved(planned, _) => {
            let plan_id = planned.to_string();
            body.plan_approved = Some(PlanApprovedBody { plan_id });
        }
        Kind::Completed => {
            let said = run.summary.as_deref().and_then(NoChange::of);
            body.description = said.map(NoChange::sentence);
            body.session_completed = Some(SessionCompletedBody {});
        }
        Kind::Failed(state) => {
            let reason = reason(run, state);
            body.session_failed = Some(SessionFailedBody { reason });
        }
        Kind::Dropped => {
            body.progress_updated = Some(ProgressUpdatedBody {
                title: DROPPED.to_owned(),
                description: String::new(),
            });
        }
    }
    Ok(())
}

/// Why a run did not end well.
fn reason(run: &Run, state: RunState) -> String {
    match (state, &run.failure) {
        (RunState::Cancelled, _) => "cancelled".to_owned(),
        (RunState::Expired, _) => "expired".to_owned(),
        (_, Some((_, message))) => message.clone(),
        (_, None) => "The run did not end well.".to_owned(),
    }
}

fn plan(run: &Run, entry: &Entry) -> PlanGeneratedBody {
    let id = run.id.to_string();
    let steps = match run.planned() {
        Some(Planned::Plan(steps)) => steps,
        Some(Planned::Question) | None => Vec::new(),
    };
    let steps = steps.into_iter().enumerate();
    PlanGeneratedBody {
        plan: PlanBody {
            create_time: Moment(entry.at),
            steps: steps
                .map(|(at, step)| StepBody::of(&id, at, step))
                .collect(),
            id,
        },
    }
}

/// The text of an answer. Its event may be gone with its agent.
fn said(steps: &Steps, entry: &Entry) -> Result<String, Failure> {
    let body = steps.at(entry.id.seq);
    let EventBody::Text { text, .. } = body.ok_or_else(Failure::agent_not_found)? else {
        return Err(Failure::internal("nothing was said there"));
    };
    Ok(text.clone())
}

async fn progress(
    reader: &mut Reader,
    steps: &Steps,
    entry: &Entry,
) -> Result<ProgressUpdatedBody, Failure> {
    let body = steps.at(entry.id.seq);
    let EventBody::ToolFinished {
        call_id, result, ..
    } = body.ok_or_else(Failure::agent_not_found)?
    else {
        return Err(Failure::internal("no tool call ended there"));
    };
    let place = (entry.run_id, entry.id.seq);
    let call = steps.call(reader, place, call_id).await?;
    Ok(ProgressUpdatedBody {
        title: call.map_or_else(String::new, |call| words::title(&call, result)),
        description: words::description(result),
    })
}

/// The changed files of each repository that the run has pushed to, against the commit that the session
/// started from.
async fn pushed(reader: &mut Reader, run: &Run) -> Result<Vec<ArtifactBody>, Failure> {
    let changes = change_sets::of_run(reader, run.id).await?;
    let changes = changes.into_iter().filter_map(ChangeSetBody::of);
    Ok(changes.map(ArtifactBody::ChangeSet).collect())
}
