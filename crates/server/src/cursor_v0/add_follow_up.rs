//! `POST /v0/agents/{id}/followup`: another prompt, answered in order of arrival.

use axum::extract::State;
use outwork_domain::limits::BODY_WITH_IMAGES_BYTES_MAX;
use outwork_engine::{FollowUp, WhenBusy};
use serde::Deserialize;

use super::agent::IdBody;
use super::prompt::{PromptBody, read_prompt};
use crate::app::App;
use crate::auth::Caller;
use crate::body::{JsonBody, Object};
use crate::observe::RequestId;
use crate::path::PathAgent;
use crate::reply::{Answer, json};

#[derive(Debug, Deserialize)]
pub(super) struct FollowUpBody {
    prompt: Option<Object<PromptBody>>,
}

pub(super) async fn add_follow_up(
    State(app): State<App>,
    caller: Caller,
    request_id: RequestId,
    PathAgent(id): PathAgent,
    JsonBody(body): JsonBody<FollowUpBody, BODY_WITH_IMAGES_BYTES_MAX>,
) -> Answer {
    let follow_up = FollowUp {
        prompt: read_prompt(body.prompt)?,
        mode: None,
        model: None,
        when_busy: WhenBusy::Queue,
        request_id: request_id.to_string(),
    };
    app.engine()
        .add_follow_up(caller.account_id(), id, follow_up)
        .await?;
    json(&IdBody::of(id))
}
