//! `DELETE /v0/agents/{id}`: for ever, an archived agent too.

use axum::extract::State;

use super::agent::IdBody;
use crate::app::App;
use crate::auth::Caller;
use crate::path::PathAgent;
use crate::reply::{Answer, json};

pub(super) async fn delete_agent(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
) -> Answer {
    app.engine().delete_agent(caller.account_id(), id).await?;
    json(&IdBody::of(id))
}
