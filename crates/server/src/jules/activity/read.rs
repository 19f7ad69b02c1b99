//! Reads what activities say: their events, and the changed files of a run that ended well.

use outwork_domain::run_state::RunState;
use outwork_domain::{CommitId, Event, EventBody, Planned, Repository, Run};
use outwork_engine::CommandError;
use outwork_store::{AgentView, Reader, events, runs};
use tracing::warn;

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
use crate::app::App;
use crate::errors::Failure;

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
    app: &App,
    view: &AgentView,
    history: &History,
    entry: &Entry,
) -> Result<ActivityBody, Failure> {
    let run = history.run(entry)?;
    let artifacts = match entry.kind {
        Kind::Completed => change_sets(app, view, run, entry).await?,
        Kind::UserMessaged
        | Kind::AgentMessaged
        | Kind::Progress
        | Kind::PlanGenerated
        | Kind::PlanApproved(..)
        | Kind::Failed(_) => Vec::new(),
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
    tell(&mut body, app, view, run, entry).await?;
    Ok(body)
}

const fn originator(kind: Kind) -> Originator {
    match kind {
        Kind::UserMessaged | Kind::PlanApproved(_, Approver::User) => Originator::User,
        Kind::AgentMessaged | Kind::Progress | Kind::PlanGenerated => Originator::Agent,
        Kind::PlanApproved(_, Approver::System) | Kind::Completed | Kind::Failed(_) => {
            Originator::System
        }
    }
}

/// Sets the one key that says what happened.
async fn tell(
    body: &mut ActivityBody,
    app: &App,
    view: &AgentView,
    run: &Run,
    entry: &Entry,
) -> Result<(), Failure> {
    match entry.kind {
        Kind::UserMessaged => {
            let user_message = said(app, view, entry).await?;
            body.user_messaged = Some(UserMessagedBody { user_message });
        }
        Kind::AgentMessaged => {
            let agent_message = said(app, view, entry).await?;
            body.agent_messaged = Some(AgentMessagedBody { agent_message });
        }
        Kind::Progress => body.progress_updated = Some(progress(app, view, entry).await?),
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

/// The text of a prompt or of an answer.
async fn said(app: &App, view: &AgentView, entry: &Entry) -> Result<String, Failure> {
    let mut reader = app.store().read().await?;
    let (EventBody::Prompt { text, .. } | EventBody::Text { text, .. }) =
        event(&mut reader, view, entry).await?.body
    else {
        return Err(Failure::internal("nothing was said there"));
    };
    Ok(text)
}

async fn progress(
    app: &App,
    view: &AgentView,
    entry: &Entry,
) -> Result<ProgressUpdatedBody, Failure> {
    let mut reader = app.store().read().await?;
    let EventBody::ToolFinished {
        call_id, result, ..
    } = event(&mut reader, view, entry).await?.body
    else {
        return Err(Failure::internal("no tool call ended there"));
    };
    let (agent_id, seq) = (view.agent.id, entry.id.seq);
    let call = events::call(&mut reader, agent_id, entry.run_id, &call_id, seq).await?;
    Ok(ProgressUpdatedBody {
        title: call.map_or_else(String::new, |call| words::title(&call, &result)),
        description: words::description(&result),
    })
}

/// The changed files of each repository that the run has pushed to, against the commit that the session
/// started from.
async fn change_sets(
    app: &App,
    view: &AgentView,
    run: &Run,
    entry: &Entry,
) -> Result<Vec<ArtifactBody>, Failure> {
    let mut reader = app.store().read().await?;
    let endings = events::endings(&mut reader, view.agent.id, entry.id.seq).await?;
    let bases = runs::first_bases(&mut reader, view.agent.id).await?;
    drop(reader);
    let mut artifacts = Vec::new();
    for (repository, base) in &bases {
        let own = endings.iter().filter(|event| event.run_id == run.id);
        let pushed = own.rev().find_map(|event| pushed_to(event, repository));
        let Some(head) = pushed else { continue };
        match ChangeSetBody::read(app, repository, base, head).await {
            Ok(change) => artifacts.extend(change.map(ArtifactBody::ChangeSet)),
            // Clients keep what they have read for good, so this is better told later than wrong.
            Err(error @ CommandError::Unavailable(_)) => return Err(error.into()),
            Err(error) => {
                warn!(agent = %view.agent.id, %error, "a change set cannot be read");
            }
        }
    }
    Ok(artifacts)
}

fn pushed_to<'a>(event: &'a Event, repository: &Repository) -> Option<&'a CommitId> {
    if let EventBody::Pushed {
        repository: to,
        commit,
        ..
    } = &event.body
        && to == repository
    {
        return Some(commit);
    }
    None
}
