//! An event as frames.

use std::time::Duration;

use bytes::Bytes;
use outwork_domain::run_state::RunState;
use outwork_domain::{AgentId, Event, EventBody, NetworkVerdict, ToolCall, ToolResult, said};
use serde::Serialize;

use super::ended::{Ended, ResultData};
use super::event_id::EventId;
use super::frame::Frames;
use super::tools::Known;
use super::update::{TurnUsage, Update, UserMessage};
use crate::cursor_v1::status::{RunStatus, run_status};
use crate::errors::Failure;
use crate::wire::{WireAgentId, WireRunId};

/// What the frames of an event need beside it; fixed before it was written.
#[derive(Debug)]
pub(super) enum Beside {
    /// Nothing.
    Nothing,
    /// The call whose result it is; none if nobody knows it.
    Call(Option<ToolCall>),
    /// The run that it ended.
    Ended(Box<Ended>),
}

/// The data of `status`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatusData {
    pub(super) run_id: WireRunId,
    pub(super) status: RunStatus,
}

#[derive(Debug, Serialize)]
struct TextData<'a> {
    text: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct Nothing {}

/// The frames of an event; none for what v1 does not tell.
///
/// For one moment the simplified event comes first, then the update with the same id.
pub(super) fn translate(agent: AgentId, event: &Event, beside: &Beside) -> Result<Bytes, Failure> {
    let mut pen = Pen {
        id: EventId::of(event),
        frames: Frames::default(),
    };
    match &event.body {
        EventBody::Prompt { text, approves, .. } => {
            let text = said(text, *approves);
            let user_message = UserMessage::new(WireAgentId(agent), text);
            pen.update(&Update::UserMessageAppended { user_message })?;
        }
        EventBody::TextDelta { text, .. } => {
            pen.simple("assistant", &TextData { text })?;
            pen.update(&Update::TextDelta { text })?;
        }
        EventBody::ThinkingDelta { text, .. } => {
            pen.simple("thinking", &TextData { text })?;
            pen.update(&Update::ThinkingDelta { text })?;
        }
        EventBody::ThinkingEnded { took, .. } => {
            let thinking_duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            pen.update(&Update::ThinkingCompleted {
                thinking_duration_ms,
            })?;
        }
        EventBody::ToolCalled { call, .. } => pen.called(call)?,
        EventBody::ToolFinished { result, took, .. } => {
            if let Beside::Call(Some(call)) = beside {
                pen.finished(call, result, *took)?;
            }
        }
        EventBody::Spent { usage } => {
            let usage = TurnUsage::of(*usage);
            pen.update(&Update::TurnEnded { usage })?;
        }
        EventBody::StateChanged { to, .. } => {
            if let Beside::Ended(ended) = beside {
                pen.ended(event, *to, ended)?;
            }
        }
        // Of all updates the one that clients take and build nothing from.
        EventBody::Note { text } => pen.update(&Update::Summary { summary: text })?,
        EventBody::NetworkUsed { host, verdict, .. } => match verdict {
            NetworkVerdict::Allowed => {}
            NetworkVerdict::Refused(why) | NetworkVerdict::Failed(why) => {
                let summary = &format!("{host}: {why}");
                pen.update(&Update::Summary { summary })?;
            }
        },
        EventBody::ModelRequested { .. }
        | EventBody::ModelRetried { .. }
        | EventBody::TurnRestarted { .. }
        | EventBody::Thinking { .. }
        | EventBody::Text { .. }
        | EventBody::AnswerEnded { .. }
        | EventBody::ToolOutput { .. }
        | EventBody::Nudged { .. }
        | EventBody::LimitReached { .. }
        | EventBody::WorkspacePrepared { .. }
        | EventBody::Committed { .. }
        | EventBody::NothingToPublish { .. }
        | EventBody::Pushed { .. }
        | EventBody::PullRequestOpened { .. } => {}
    }
    Ok(pen.frames.into_bytes())
}

/// Writes the frames of one event.
struct Pen {
    id: EventId,
    frames: Frames,
}

impl Pen {
    fn simple(&mut self, event: &str, data: &impl Serialize) -> Result<(), Failure> {
        self.frames.push(Some(self.id), event, data)
    }

    fn update(&mut self, update: &Update<'_>) -> Result<(), Failure> {
        self.frames
            .push(Some(self.id), "interaction_update", update)
    }

    fn called(&mut self, call: &ToolCall) -> Result<(), Failure> {
        let (data, tool_call) = Known::of(call).started(&call.id);
        self.simple("tool_call", &data)?;
        self.update(&Update::ToolCallStarted {
            call_id: &call.id,
            model_call_id: &call.id,
            tool_call: &tool_call,
        })
    }

    fn finished(
        &mut self,
        call: &ToolCall,
        result: &ToolResult,
        took: Duration,
    ) -> Result<(), Failure> {
        let (data, tool_call) = Known::of(call).completed(call, result, took);
        self.simple("tool_call", &data)?;
        self.update(&Update::ToolCallCompleted {
            call_id: &call.id,
            model_call_id: &call.id,
            tool_call: &tool_call,
        })
    }

    /// The last status, without an id, then the result, then `done` with the result's id.
    fn ended(&mut self, event: &Event, to: RunState, ended: &Ended) -> Result<(), Failure> {
        let status = run_status(to, event.attempt);
        let run_id = WireRunId(event.run_id);
        let last = StatusData { run_id, status };
        self.frames.push(None, "status", &last)?;
        self.simple("result", &ResultData::of(event, status, ended))?;
        self.done()
    }

    fn done(&mut self) -> Result<(), Failure> {
        self.simple("done", &Nothing {})
    }
}

/// What somebody still gets who has seen the result already.
pub(super) fn farewell(id: EventId) -> Result<Bytes, Failure> {
    let mut pen = Pen {
        id,
        frames: Frames::default(),
    };
    pen.done()?;
    Ok(pen.frames.into_bytes())
}
