//! Reads what activities say: their events, and the changed files of a run that ended well.

use outwork_domain::run_state::RunState;
use outwork_domain::{Event, EventBody, Planned, Run};
use outwork_store::{AgentView, Reader, change_sets, events, runs};

use super::super::change_set::ChangeSetBody;
use super::super::moment::Moment;
use super::super::session::SessionName;
use super::body::{
    ActivityBody, AgentMessagedBody, ArtifactBody, Originator, PlanApprovedBody, PlanBody,
    PlanGeneratedBody, ProgressUpdatedBody, SessionCompletedBody, SessionFailedBody, StepBody,
    UserMessagedBody,
};
use super::timeline::{Approver, Entry, Kind, timeline};
use super::words;
use crate::errors::Failure;

/// What is said of a message that its session never got to.
const DROPPED: &str = "The message was cancelled before it was worked on";

/// A session's runs, and all its activities without what they say.
pub(super) struct History {
    runs: Vec<Run>,
    pub(super) entries: Vec<Entry>,
}

impl History {
    /// Reads the history of an agent as it is now.
    pub(super) async fn of(reader: &mut Reader, view: &AgentView) -> Result<Self, Failure> {
        let agent = &view.agent;
        // In this order: the end of a run that is read here is read with what it said.
        let milestones = events::milestones(reader, agent.id).await?;
        let runs = runs::list(reader, agent.id).await?;
        let entries = timeline(agent.origin.terms, &runs, &milestones);
        Ok(Self { runs, entries })
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
    history: &History,
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
        artifacts,
        user_messaged: None,
        agent_messaged: None,
        plan_generated: None,
        plan_approved: None,
        progress_updated: None,
        session_completed: None,
        session_failed: None,
    };
    tell(&mut body, reader, view, run, entry).await?;
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
    view: &AgentView,
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
            let agent_message = said(reader, view, entry).await?;
            body.agent_messaged = Some(AgentMessagedBody { agent_message });
        }
        Kind::Progress => body.progress_updated = Some(progress(reader, view, entry).await?),
        Kind::PlanGenerated => body.plan_generated = Some(plan(run, entry)),
        Kind::PlanApproved(planned, _) => {
            let plan_id = planned.to_string();
            body.plan_approved = Some(PlanApprovedBody { plan_id });
        }
        Kind::Completed => body.session_completed = Some(SessionCompletedBody {}),
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

async fn event(reader: &mut Reader, view: &AgentView, entry: &Entry) -> Result<Event, Failure> {
    let found = events::at(reader, view.agent.id, entry.id.seq).await?;
    // The agent may have been deleted in between.
    found.ok_or_else(Failure::agent_not_found)
}

/// The text of an answer.
async fn said(reader: &mut Reader, view: &AgentView, entry: &Entry) -> Result<String, Failure> {
    let EventBody::Text { text, .. } = event(reader, view, entry).await?.body else {
        return Err(Failure::internal("nothing was said there"));
    };
    Ok(text)
}

async fn progress(
    reader: &mut Reader,
    view: &AgentView,
    entry: &Entry,
) -> Result<ProgressUpdatedBody, Failure> {
    let EventBody::ToolFinished {
        call_id, result, ..
    } = event(reader, view, entry).await?.body
    else {
        return Err(Failure::internal("no tool call ended there"));
    };
    let (agent_id, seq) = (view.agent.id, entry.id.seq);
    let call = events::call(reader, agent_id, entry.run_id, &call_id, seq).await?;
    Ok(ProgressUpdatedBody {
        title: call.map_or_else(String::new, |call| words::title(&call, &result)),
        description: words::description(&result),
    })
}

/// The changed files of each repository that the run has pushed to, against the commit that the session
/// started from.
async fn pushed(reader: &mut Reader, run: &Run) -> Result<Vec<ArtifactBody>, Failure> {
    let changes = change_sets::of_run(reader, run.id).await?;
    let changes = changes.into_iter().filter_map(ChangeSetBody::of);
    Ok(changes.map(ArtifactBody::ChangeSet).collect())
}
