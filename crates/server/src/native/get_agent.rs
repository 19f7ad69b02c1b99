//! `GET /api/v1/agents/{id}`: an agent and its runs.

use axum::extract::State;
use outwork_domain::Seq;
use outwork_domain::limits::UNBEGUN_PROMPT_CHARS_MAX;
use outwork_store::{agents, attempts, events, runs};

use super::agent::{AgentBody, Beside, Known};
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::path::PathAgent;
use crate::reply::{Answer, json};

/// Reads an agent with all of its runs.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{id}",
    responses(
        (status = 200, description = "The agent as it is now.", body = AgentBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
    ),
)]
pub(super) async fn get_agent(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
) -> Answer {
    let mut reader = app.store().read().await?;
    let found = agents::find(&mut reader, caller.account_id(), id).await?;
    let view = found.ok_or_else(Failure::agent_not_found)?;
    let runs = runs::list(&mut reader, id).await?;
    let pushes = events::endings(&mut reader, id, Seq(u64::MAX)).await?;
    let isolation = attempts::latest_isolation(&mut reader, id).await?;
    let unbegun = runs::unbegun_prompts(&mut reader, id, UNBEGUN_PROMPT_CHARS_MAX).await?;
    drop(reader);
    let mut beside = Beside::of(&app, std::slice::from_ref(&view)).await?;
    let beside = beside.pop().unwrap_or_default();
    let known = Known {
        runs: &runs,
        pushes: &pushes,
        isolation: &isolation,
        unbegun: &unbegun,
    };
    json(&AgentBody::of(&view, &beside, known))
}
