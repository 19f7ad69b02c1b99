//! The frame of one attempt: its steps in order, and what is written when it ends early.

use std::sync::Arc;

use outwork_agent::Outcome;
use outwork_domain::limits::STALLED_ATTEMPTS_MAX;
use outwork_domain::redact::without_tokens;
use outwork_domain::run_state::{RunEvent, Then};
use outwork_domain::{Backoff, Class, Jitter, Run, RunMode};
use outwork_store::{Claim, Transition};
use tracing::{Instrument, error, info, info_span, warn};

use super::desk::Desk;
use super::error::AttemptError;
use super::prepare::{Prepared, Workspace};
use super::{RunParts, artifacts, intake_folder, prepare, publish, work};
use crate::engine::random_u32;
use crate::ledger::Step;
use crate::run_variables::RunVariables;
use crate::running::{Halt, Handle};

/// Executes one attempt and writes how it ended.
pub(crate) async fn execute(parts: Arc<RunParts>, claim: Claim, handle: Handle) {
    let fence = claim.fence;
    let span = info_span!("run", run_id = %fence.run_id, attempt = %fence.attempt);
    async {
        let variables = parts.ledger.variables(&claim.agent, claim.run.id).await;
        let (parts, claim) = match variables {
            Ok(variables) => private(&parts, claim, variables),
            Err(error) => return settle(&parts, &claim, error.into()).await,
        };
        let mut desk = Desk::default();
        let ended = tokio::select! {
            why = handle.halted() => Err(why),
            ended = Box::pin(attempt(&parts, &claim, &mut desk)) => Ok(ended),
        };
        desk.clear().await;
        clear_intake(&parts, &claim).await;
        match ended {
            Ok(Ok(())) => info!("run ended"),
            Ok(Err(error)) => settle(&parts, &claim, error).await,
            Err(why) => halted(&parts, &claim, why).await,
        }
    }
    .instrument(span)
    .await;
}

/// The parts and the claim of a run with these variables: what is derived from its prompt shows none of
/// their values, and nothing that looks like a credential.
fn private(parts: &RunParts, mut claim: Claim, variables: RunVariables) -> (Arc<RunParts>, Claim) {
    let parts = parts.with(variables);
    for text in [&mut claim.agent.name, &mut claim.prompt] {
        *text = told(&parts, text);
    }
    (Arc::new(parts), claim)
}

async fn attempt(
    parts: &Arc<RunParts>,
    claim: &Claim,
    desk: &mut Desk,
) -> Result<(), AttemptError> {
    let prepared = prepare::prepare(parts, claim, desk).await?;
    let ended = carry_out(parts, claim, &prepared, desk).await;
    // A checkout that fails before the agent could touch anything shows a broken mirror; later, the
    // word of the sandbox proves nothing.
    if let Err(
        error @ AttemptError::Checkout {
            number,
            source: outwork_tools::Error::Git { .. },
        },
    ) = &ended
        && error.class() == Class::Retry
        && !desk.was_ready()
        && let Some(failed) = prepared.checkouts.get(*number)
        && failed.workspace == Workspace::Fresh
    {
        let repository = &failed.ours.source.repository;
        parts.git.rebuild(repository, &failed.base).await?;
    }
    ended
}

async fn carry_out(
    parts: &Arc<RunParts>,
    claim: &Claim,
    prepared: &Prepared,
    desk: &mut Desk,
) -> Result<(), AttemptError> {
    let outcome = work::work(parts, claim, prepared, desk).await?;
    let text = match outcome {
        Outcome::Finished { text } => told(parts, &text),
        Outcome::Failed { cause, message } => {
            collect_anyway(parts, claim, desk).await;
            return Err(AttemptError::failed(cause, message));
        }
    };
    let finished = Step::of(Transition::of(RunEvent::LoopFinished));
    parts.ledger.apply(&claim.fence, finished).await?;
    let published = publish::publish(parts, claim, prepared, desk, &text).await;
    let step = match published {
        Ok(step) => step,
        // Nothing that this attempt writes is accepted any more.
        Err(error @ AttemptError::Ledger(_)) => return Err(error),
        Err(error) => {
            collect_anyway(parts, claim, desk).await;
            return Err(error);
        }
    };
    collect(parts, claim, desk).await?;
    // Whoever sees the end must find nothing of the run at work any more.
    desk.clear().await;
    count_end(&parts.ledger.apply(&claim.fence, step).await?);
    Ok(())
}

/// Takes the artifacts out of a run that fails for another reason, which is the one to be told.
async fn collect_anyway(parts: &Arc<RunParts>, claim: &Claim, desk: &mut Desk) {
    if let Err(error) = collect(parts, claim, desk).await {
        warn!(%error, "the artifacts of a failed run stay behind");
    }
}

/// Takes the artifacts out; a plan leaves none, and need not wait for its sandbox to say so.
async fn collect(
    parts: &Arc<RunParts>,
    claim: &Claim,
    desk: &mut Desk,
) -> Result<(), AttemptError> {
    match claim.run.mode {
        RunMode::Agent => artifacts::collect(parts, claim, desk).await,
        RunMode::Plan => Ok(()),
    }
}

/// Removes what came out of the sandbox; by now it is in the mirror, or of no use.
async fn clear_intake(parts: &RunParts, claim: &Claim) {
    let intake = intake_folder(&parts.data_dir, claim.run.id);
    match tokio::fs::remove_dir_all(&intake).await {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => warn!(%error, "an intake folder stays until the next start"),
    }
}

/// Writes the end of an attempt that was asked to stop.
async fn halted(parts: &RunParts, claim: &Claim, why: Halt) {
    let event = match why {
        Halt::Cancel => RunEvent::Stopped,
        Halt::Shutdown => RunEvent::HandedBack,
        Halt::Lost => {
            info!("the run is no longer ours");
            return;
        }
    };
    let step = Step::of(Transition::of(event));
    match parts.ledger.apply(&claim.fence, step).await {
        Ok(run) => count_end(&run),
        Err(error) => {
            warn!(%error, ?why, "the end of an attempt could not be written; its lease will lapse");
        }
    }
}

/// Writes the end of an attempt that failed: another one, or the end of the run.
async fn settle(parts: &RunParts, claim: &Claim, failure: AttemptError) {
    match &failure {
        AttemptError::Ledger(outwork_store::Error::Stale | outwork_store::Error::NotFound) => {
            info!("the run is no longer ours");
            return;
        }
        // A cancel was stored between two steps of ours.
        AttemptError::Ledger(outwork_store::Error::Illegal(_)) => {
            return halted(parts, claim, Halt::Cancel).await;
        }
        AttemptError::Ledger(_)
        | AttemptError::Failed { .. }
        | AttemptError::Git(_)
        | AttemptError::Sandbox(_)
        | AttemptError::Tools(_)
        | AttemptError::Checkout { .. }
        | AttemptError::Forge(_)
        | AttemptError::File { .. } => {}
    }
    let stalled = parts
        .ledger
        .stalled_attempts(claim.run.id)
        .await
        .unwrap_or(0);
    let again = failure.class() == Class::Retry && stalled + 1 < STALLED_ATTEMPTS_MAX;
    let mut transition = Transition::of(RunEvent::AttemptFailed(if again {
        Then::Retry
    } else {
        Then::GiveUp
    }));
    // What git or a tool host said of a fault may hold anything.
    let words = told(parts, &failure.to_string());
    let message = told(parts, &failure.message());
    if again {
        let jitter = Jitter::from_random(random_u32());
        transition.not_before = Some(Backoff::default().wait(stalled + 1, jitter, None));
        warn!(error = words, "an attempt failed; another follows");
    } else {
        info!(cause = %failure.cause(), error = words, "run failed");
    }
    let mut step = Step::of(transition);
    if again {
        let text = format!("The attempt failed and is repeated: {message}");
        step.events.push(outwork_domain::EventBody::Note { text });
    } else {
        step.transition.failure = Some((failure.cause(), message));
    }
    match parts.ledger.apply(&claim.fence, step).await {
        Ok(run) => count_end(&run),
        Err(error) => {
            error!(%error, "the end of an attempt could not be written; its lease will lapse");
        }
    }
}

/// A text as it is told to whoever is told of the run: without the values of its secrets, and without what
/// looks like anybody's credential.
fn told(parts: &RunParts, text: &str) -> String {
    without_tokens(&parts.redactor.text(text)).into_owned()
}

/// Counts a run that has ended, by its state and cause.
fn count_end(run: &Run) {
    if !run.state.is_final() {
        return;
    }
    let cause = run.failure.as_ref().map_or("", |(cause, _)| cause.code());
    metrics::counter!("outwork_runs_ended_total", "state" => run.state.word(), "cause" => cause)
        .increment(1);
}
