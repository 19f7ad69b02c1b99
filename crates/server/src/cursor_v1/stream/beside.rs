//! Reads what the frames of an event need beside it.

use outwork_domain::{AccountId, AgentId, Event, EventBody};
use outwork_store::{agents, events, runs};

use super::ended::{Ended, Git};
use super::translate::Beside;
use crate::app::App;
use crate::errors::Failure;

/// What that event's frames need.
pub(super) async fn beside(
    app: &App,
    whose: (AccountId, AgentId),
    event: &Event,
) -> Result<Beside, Failure> {
    if let EventBody::ToolFinished { call_id, .. } = &event.body {
        let mut reader = app.store().read().await?;
        let call = events::call(&mut reader, whose.1, event.run_id, call_id, event.seq).await?;
        return Ok(Beside::Call(call));
    }
    if !ends_its_run(event) {
        return Ok(Beside::Nothing);
    }
    let mut reader = app.store().read().await?;
    let view = agents::find(&mut reader, whose.0, whose.1).await?;
    let agent = view.ok_or_else(Failure::agent_not_found)?.agent;
    let run = runs::find(&mut reader, event.run_id).await?;
    let run = run.ok_or_else(Failure::agent_not_found)?;
    let endings = events::endings(&mut reader, whose.1, event.seq).await?;
    let git = Git::of(&endings, &agent.repositories);
    Ok(Beside::Ended(Box::new(Ended { run, git })))
}

/// Whether nothing of its run comes behind it.
pub(super) fn ends_its_run(event: &Event) -> bool {
    matches!(&event.body, EventBody::StateChanged { to, .. } if to.is_final())
}
