//! The one place that writes a run's state.
//!
//! The state that follows is computed by the domain's table; the statement insists on state and attempt
//! that were read, changes exactly one row, and the event goes into the same transaction.

use std::time::Duration;

use outwork_domain::run_state::{self, RunEvent, RunState, Then};
use outwork_domain::{Attempt, Cause, EventBody, Fence, Run, RunId, Timestamp};

use super::bases::{self, Bases};
use super::lease::WorkerId;
use crate::database::{Connected as _, database_now, values};
use crate::deliveries::note_end;
use crate::events::append_for;
use crate::lock::{lock, lock_agent_of};
use crate::rows::{run, run_columns};
use crate::{Error, Tx};

/// What a change of state insists on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guard {
    /// A worker's: the attempt holds the run.
    Fence(Fence),
    /// A command's or a reconciler's: the run's attempt is still the one that was read.
    Run {
        /// The run.
        run_id: RunId,
        /// That attempt.
        attempt: Attempt,
    },
}

impl Guard {
    const fn run_id(&self) -> RunId {
        match self {
            Self::Fence(fence) => fence.run_id,
            Self::Run { run_id, .. } => *run_id,
        }
    }

    fn admits(&self, run: &Run) -> bool {
        match self {
            Self::Fence(fence) => {
                run.agent_id == fence.agent_id
                    && run.attempt == fence.attempt
                    && run.state.is_leased()
            }
            Self::Run { attempt, .. } => run.attempt == *attempt,
        }
    }
}

/// What happens to a run, and what is noted with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transition {
    /// What happens.
    pub event: RunEvent,
    /// Why, and a sentence about it; kept with the run if it fails, else only in the event.
    pub failure: Option<(Cause, String)>,
    /// The final text of its answer.
    pub summary: Option<String>,
    /// The commits that its work started from.
    pub bases: Bases,
    /// How long a run that is queued again waits, by the database's clock.
    pub not_before: Option<Duration>,
    /// Whether webhooks are told, if the run ends.
    pub announcement: Announcement,
}

/// Whether webhooks are told that a run has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Announcement {
    /// They are.
    #[default]
    Due,
    /// Another run of the agent ends later for the same reason, and its announcement stands for both.
    Covered,
}

impl Transition {
    /// The event alone.
    #[must_use]
    pub const fn of(event: RunEvent) -> Self {
        Self {
            event,
            failure: None,
            summary: None,
            bases: Vec::new(),
            not_before: None,
            announcement: Announcement::Due,
        }
    }
}

/// A run as it was read for a change.
pub(super) struct Current {
    /// The run.
    pub(super) run: Run,
    /// Attempts in a row without progress.
    pub(super) stalled_attempts: u32,
}

/// Who holds the run after a change, and until when.
pub(super) struct Hold {
    /// The worker.
    pub(super) worker: WorkerId,
    /// The end of its lease, by the database's clock.
    pub(super) until: Timestamp,
}

/// Changes a run's state as the domain's table says, with the event in the same transaction.
///
/// # Errors
///
/// [`Error::Stale`] if the guard does not hold or the run is gone, [`Error::Illegal`] if the event cannot
/// happen in the run's state, otherwise the database's.
pub async fn apply(
    tx: &mut Tx,
    guard: &Guard,
    transition: &Transition,
    now: Timestamp,
) -> Result<Run, Error> {
    match guard {
        Guard::Fence(fence) => lock(tx, fence.agent_id).await?,
        Guard::Run { run_id, .. } => lock_agent_of(tx, *run_id).await?,
    }
    let sql = concat!("SELECT ", run_columns!(), " FROM runs r WHERE r.id = $1");
    let row = tx
        .connection()
        .row(sql, values![guard.run_id()])
        .await?
        .ok_or(Error::Stale)?;
    let current = Current {
        run: run(&row)?,
        stalled_attempts: row.number("stalled_attempts")?,
    };
    if !guard.admits(&current.run) {
        return Err(Error::Stale);
    }
    let not_before = match transition.not_before {
        None => None,
        Some(wait) => Some(database_now(tx).await?.plus(wait)),
    };
    let timing = Timing {
        now,
        not_before,
        hold: None,
    };
    write(tx, current, transition, &timing, Vec::new()).await
}

/// When a change happens, and what it sets going.
pub(super) struct Timing {
    /// Now, as events and columns show it.
    pub(super) now: Timestamp,
    /// When the run may be claimed again, by the database's clock.
    pub(super) not_before: Option<Timestamp>,
    /// The lease that a claim sets.
    pub(super) hold: Option<Hold>,
}

/// Writes the change and its event, behind those that belong before it.
pub(super) async fn write(
    tx: &mut Tx,
    current: Current,
    transition: &Transition,
    timing: &Timing,
    mut events: Vec<EventBody>,
) -> Result<Run, Error> {
    let Current {
        run: before,
        stalled_attempts,
    } = current;
    let to = run_state::after(before.state, transition.event)?;
    let mut after = before.clone();
    after.state = to;
    if transition.event == RunEvent::Claimed {
        after.attempt = Attempt(before.attempt.0 + 1);
        after.started_at = before.started_at.or(Some(timing.now));
    }
    if to.is_final() {
        after.ended_at = Some(timing.now);
    }
    after.failure = failure_of(to, transition);
    after.summary = transition.summary.clone().or(after.summary);
    let stalled = stalled_after(stalled_attempts, transition.event);
    update(tx, &before, &after, stalled, timing).await?;
    bases::insert(tx, after.agent_id, after.id, &transition.bases).await?;
    events.push(changed(to, transition));
    let seq = append_for(tx, &after, &events, timing.now).await?;
    if transition.announcement == Announcement::Due {
        note_end(tx, &after, seq, timing.now).await?;
    }
    if to == RunState::Queued || to.is_final() {
        tx.ring_queue();
    }
    Ok(after)
}

async fn update(
    tx: &mut Tx,
    before: &Run,
    after: &Run,
    stalled_attempts: u32,
    timing: &Timing,
) -> Result<(), Error> {
    // A change that sets no lease keeps the one that is there, as long as the state is a leased one.
    let sql = "UPDATE runs SET state = $4, attempt = $5, stalled_attempts = $6, \
               worker = CASE WHEN $7 = 1 THEN COALESCE($8, worker) END, \
               lease_until = CASE WHEN $7 = 1 THEN COALESCE($9, lease_until) END, \
               not_before = COALESCE($10, not_before), failure_cause = $11, \
               failure_message = $12, summary = $13, started_at = $14, ended_at = $15 \
               WHERE id = $1 AND state = $2 AND attempt = $3";
    let (cause, message) = match &after.failure {
        None => (None, None),
        Some((cause, message)) => (Some(cause.code()), Some(message.as_str())),
    };
    let values = values![
        before.id,
        before.state.word(),
        before.attempt,
        after.state.word(),
        after.attempt,
        stalled_attempts,
        u32::from(after.state.is_leased()),
        timing.hold.as_ref().map(|hold| hold.worker.0.as_str()),
        timing.hold.as_ref().map(|hold| hold.until),
        timing.not_before,
        cause,
        message,
        &after.summary,
        after.started_at,
        after.ended_at,
    ];
    match tx.connection().execute(sql, values).await? {
        1 => Ok(()),
        _ => Err(Error::Stale),
    }
}

fn failure_of(to: RunState, transition: &Transition) -> Option<(Cause, String)> {
    if to != RunState::Failed {
        return None;
    }
    let unstated = || {
        (
            Cause::Internal,
            "The run failed without a stated cause.".to_owned(),
        )
    };
    Some(transition.failure.clone().unwrap_or_else(unstated))
}

fn changed(to: RunState, transition: &Transition) -> EventBody {
    let (cause, message) = match failure_of(to, transition) {
        Some((cause, message)) => (Some(cause), Some(message)),
        None => (
            None,
            transition
                .failure
                .as_ref()
                .map(|(_, message)| message.clone()),
        ),
    };
    EventBody::StateChanged { to, cause, message }
}

/// An attempt that was handed back in order does not count as stalled.
const fn stalled_after(stalled_attempts: u32, event: RunEvent) -> u32 {
    match event {
        RunEvent::AttemptFailed(Then::Retry) | RunEvent::LeaseExpired(Then::Retry) => {
            stalled_attempts.saturating_add(1)
        }
        RunEvent::Claimed
        | RunEvent::CancelRequested
        | RunEvent::WaitedTooLong
        | RunEvent::WorkspacePrepared
        | RunEvent::LoopFinished
        | RunEvent::Published
        | RunEvent::AttemptFailed(Then::GiveUp)
        | RunEvent::LeaseExpired(Then::GiveUp)
        | RunEvent::HandedBack
        | RunEvent::Stopped => stalled_attempts,
    }
}
