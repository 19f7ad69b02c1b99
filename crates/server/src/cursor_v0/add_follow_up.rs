//! `POST /v0/agents/{id}/followup`: another prompt, answered in order of arrival.

use axum::extract::State;
use outwork_domain::limits::BODY_WITH_IMAGES_BYTES_MAX;
use serde::Deserialize;

use super::agent::IdBody;
use super::prompt::{PromptBody, read_prompt};
use crate::app::App;
use crate::auth::Caller;
use crate::body::{JsonBody, Object};
use crate::path::PathAgent;
use crate::reply::{Answer, json};

#[derive(Debug, Deserialize)]
pub(super) struct FollowUpBody {
    prompt: Option<Object<PromptBody>>,
}

pub(super) async fn add_follow_up(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
    JsonBody(body): JsonBody<FollowUpBody, BODY_WITH_IMAGES_BYTES_MAX>,
) -> Answer {
    let prompt = read_prompt(body.prompt)?;
    app.engine()
        .add_follow_up(caller.account_id(), id, prompt)
        .await?;
    json(&IdBody::of(id))
}
