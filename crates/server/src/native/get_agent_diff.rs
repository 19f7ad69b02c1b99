//! `GET /api/v1/agents/{id}/diff`: what an agent has changed, as published.

use axum::extract::State;

use crate::app::App;
use crate::auth::Caller;
use crate::path::PathAgent;
use crate::reply::{Answer, diff};

pub(super) async fn get_agent_diff(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
) -> Answer {
    Ok(diff(
        app.engine().diff_of_agent(caller.account_id(), id).await?,
    ))
}
