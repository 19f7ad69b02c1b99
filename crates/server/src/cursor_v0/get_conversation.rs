//! `GET /v0/agents/{id}/conversation`: prompts that were begun and complete texts, nothing else.

use axum::extract::State;
use outwork_domain::{AgentId, Event, EventBody, said};
use outwork_store::{agents, events};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::path::PathAgent;
use crate::reply::{Answer, json};
use crate::wire::WireAgentId;

#[derive(Debug, Serialize, ToSchema)]
struct ConversationBody<'a> {
    id: WireAgentId,
    messages: Vec<MessageBody<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
struct MessageBody<'a> {
    id: String,
    #[serde(rename = "type")]
    #[schema(pattern = "^(user|assistant)_message$", example = "user_message")]
    kind: &'static str,
    text: &'a str,
}

/// Reads an agent's prompts and answers.
#[utoipa::path(
    get,
    path = "/v0/agents/{id}/conversation",
    responses(
        (status = 200, description = "The messages, oldest first.", body = ConversationBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's."),
    ),
)]
pub(super) async fn get_conversation(
    State(app): State<App>,
    caller: Caller,
    PathAgent(id): PathAgent,
) -> Answer {
    let mut reader = app.store().read().await?;
    let found = agents::find(&mut reader, caller.account_id(), id).await?;
    found.ok_or_else(Failure::agent_not_found)?;
    let events = events::conversation(&mut reader, id).await?;
    drop(reader);
    let messages = events
        .iter()
        .filter_map(|event| message(id, event))
        .collect();
    json(&ConversationBody {
        id: WireAgentId(id),
        messages,
    })
}

fn message(agent_id: AgentId, event: &Event) -> Option<MessageBody<'_>> {
    let (kind, text) = match &event.body {
        EventBody::Prompt { text, approves, .. } => ("user_message", said(text, *approves)),
        EventBody::Text { text, .. } => ("assistant_message", text.as_str()),
        EventBody::StateChanged { .. }
        | EventBody::ModelRequested { .. }
        | EventBody::ModelRetried { .. }
        | EventBody::TurnRestarted { .. }
        | EventBody::TextDelta { .. }
        | EventBody::ThinkingDelta { .. }
        | EventBody::ThinkingEnded { .. }
        | EventBody::Thinking { .. }
        | EventBody::ToolCalled { .. }
        | EventBody::AnswerEnded { .. }
        | EventBody::ToolOutput { .. }
        | EventBody::ToolFinished { .. }
        | EventBody::Nudged { .. }
        | EventBody::LimitReached { .. }
        | EventBody::WorkspacePrepared { .. }
        | EventBody::Committed { .. }
        | EventBody::NothingToPublish { .. }
        | EventBody::Pushed { .. }
        | EventBody::PullRequestOpened { .. }
        | EventBody::Spent { .. }
        | EventBody::NetworkUsed { .. }
        | EventBody::Note { .. } => return None,
    };
    let id = format!("msg_{}_{}", agent_id.uuid().simple(), event.seq.0);
    Some(MessageBody { id, kind, text })
}
