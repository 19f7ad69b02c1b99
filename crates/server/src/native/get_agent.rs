//! `GET /api/v1/agents/{id}`: an agent and its runs.

use axum::extract::State;
use outwork_domain::{Agent, PullRequestState, Seq};
use outwork_store::{
    Error, Reader, agents, attempts, events, forge_pull_requests, pull_requests, runs,
};

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
    let states = states_of(&mut reader, &app, &view.agent).await?;
    drop(reader);
    let mut beside = Beside::of(&app, std::slice::from_ref(&view)).await?;
    let beside = beside.pop().unwrap_or_default();
    let known = Known {
        runs: &runs,
        pushes: &pushes,
        isolation: &isolation,
    };
    json(&AgentBody::of(&view, &beside, known, &states))
}

/// What became of the pull requests of an agent's repositories, in their order.
async fn states_of(
    reader: &mut Reader,
    app: &App,
    agent: &Agent,
) -> Result<Vec<Option<PullRequestState>>, Error> {
    let on_forges = forge_pull_requests::list_of_agent(reader, agent.id).await?;
    let mut states = Vec::with_capacity(agent.repositories.len());
    for one in &agent.repositories {
        let Some(url) = &one.pull_request_url else {
            states.push(None);
            continue;
        };
        let known = on_forges.iter().find(|known| known.url == *url);
        states.push(match known {
            Some(known) => Some(known.state),
            None => {
                let number = app.engine().number_of_pull_request(url);
                match number {
                    Some(number) => pull_requests::get(reader, agent.account_id, number)
                        .await?
                        .map(|kept| kept.state),
                    None => None,
                }
            }
        });
    }
    Ok(states)
}
