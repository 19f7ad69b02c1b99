//! Publishes the repositories of a run, one after the other, each for itself.
//!
//! What cannot be published in one does not keep the others back: what they have come to is written
//! before the run fails or is tried again, and a repetition finds it done.

use std::sync::Arc;

use outwork_domain::run_state::RunEvent;
use outwork_domain::{AgentRepository, Class, EventBody, NoChange, PullRequestCreation, RunMode};
use outwork_store::{Claim, Transition};

use super::desk::Desk;
use super::error::AttemptError;
use super::prepare::{Prepared, of_repository};
use super::publication::{Difference, Publication};
use super::{RunParts, intake_folder};
use crate::ledger::Step;

/// Publishes the workspace; gives the last step of the run with its summary, which the caller writes.
pub(super) async fn publish(
    parts: &Arc<RunParts>,
    claim: &Claim,
    prepared: &Prepared,
    desk: &mut Desk,
    summary: &str,
) -> Result<Step, AttemptError> {
    let mut step = Step::of(Transition::of(RunEvent::Published));
    // Readers go by the sentence, so a model's own word for it must not pass.
    let summary = NoChange::unsaid(summary);
    step.transition.summary = Some(summary.to_owned());
    // A plan changes nothing, so there is nothing to look for.
    if claim.run.mode == RunMode::Plan {
        return Ok(step);
    }
    let intake = intake_folder(&parts.data_dir, claim.run.id);
    let mut failures = Vec::new();
    let mut differences = Vec::new();
    for (number, checkout) in prepared.checkouts.iter().enumerate() {
        let publication = Publication {
            parts,
            claim,
            checkout,
            history: &prepared.history,
            intake: intake.join(number.to_string()),
            summary,
        };
        match publication.publish(desk).await {
            Ok(published) => {
                step.events.extend(published.events);
                step.repositories.push(published.change);
                differences.push(published.difference);
            }
            Err(error @ AttemptError::Ledger(_)) => return Err(error),
            Err(error) => {
                if checkout.ours.folder.is_some() {
                    let text = format!("not published: {}", error.message());
                    let text = of_repository(&checkout.ours, &text);
                    step.events.push(EventBody::Note { text });
                }
                failures.push(error);
            }
        }
    }
    match worst(failures) {
        None => {
            step.transition.summary = Some(told(claim, summary, &differences, &step));
            Ok(step)
        }
        Some(error) => {
            write_early(parts, claim, step).await?;
            Err(error)
        }
    }
}

/// The summary, which says so if nothing came of a wish for a pull request, or nothing new to one.
fn told(claim: &Claim, summary: &str, differences: &[Difference], step: &Step) -> String {
    let is_wanted = claim.agent.pull_request.creation == PullRequestCreation::Automatic;
    let is_empty = !differences.is_empty() && !differences.contains(&Difference::Some);
    let is_shown = step
        .repositories
        .iter()
        .any(|change| change.pull_request_url.is_some());
    if !is_wanted || !is_empty || is_shown {
        return summary.to_owned();
    }
    let was_shown = |one: &AgentRepository| one.pull_request_url.is_some();
    let said = if claim.agent.repositories.iter().any(was_shown) {
        NoChange::NothingNew
    } else {
        NoChange::NothingToShow
    };
    said.behind(summary)
}

/// The failure that decides: one that another attempt may mend goes before all others.
fn worst(mut failures: Vec<AttemptError>) -> Option<AttemptError> {
    let mendable = failures
        .iter()
        .position(|error| error.class() == Class::Retry);
    (!failures.is_empty()).then(|| failures.swap_remove(mendable.unwrap_or(0)))
}

/// Writes what was achieved although the run does not end well.
async fn write_early(parts: &Arc<RunParts>, claim: &Claim, step: Step) -> Result<(), AttemptError> {
    let mut events = step.events;
    for change in step.repositories {
        let with_it = std::mem::take(&mut events);
        parts
            .ledger
            .append_with(&claim.fence, with_it, change)
            .await?;
    }
    if !events.is_empty() {
        parts.ledger.append(&claim.fence, events).await?;
    }
    Ok(())
}
