//! Events as the wire shows them: one object a row, `type` names what happened.

use std::time::Duration;

use bytes::Bytes;
use outwork_domain::{
    Cause, Event, EventBody, Repository, StopReason, TokenUsage, ToolCall, ToolResult, ToolStatus,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::errors::Failure;
use crate::wire::{Moment, Text};

/// An event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event)]
pub(super) struct EventObject<'a> {
    seq: u64,
    run_id: String,
    attempt: u32,
    at: Moment,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
#[schema(as = Happening)]
enum What<'a> {
    #[schema(rename_all = "camelCase")]
    Prompt {
        text: &'a str,
        image_count: u32,
    },
    StateChanged {
        to: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        cause: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<&'a str>,
    },
    ModelRequested {
        turn: u32,
        model: &'a str,
    },
    #[schema(rename_all = "camelCase")]
    ModelRetried {
        turn: u32,
        reason: &'a str,
        wait_ms: u64,
    },
    TurnRestarted {
        turn: u32,
        reason: &'a str,
    },
    TextDelta {
        turn: u32,
        text: &'a str,
    },
    ThinkingDelta {
        turn: u32,
        text: &'a str,
    },
    ThinkingEnded {
        turn: u32,
        took_ms: u64,
    },
    Thinking {
        turn: u32,
        text: &'a str,
    },
    Text {
        turn: u32,
        text: &'a str,
    },
    ToolCalled {
        turn: u32,
        call: Call<'a>,
    },
    AnswerEnded {
        turn: u32,
        stop: &'static str,
        usage: Usage,
    },
    #[schema(rename_all = "camelCase")]
    ToolOutput {
        call_id: &'a str,
        text: &'a str,
    },
    #[schema(rename_all = "camelCase")]
    ToolFinished {
        call_id: &'a str,
        result: Outcome<'a>,
        took_ms: u64,
    },
    Nudged {
        turn: u32,
        text: &'a str,
    },
    LimitReached {
        limit: &'a str,
    },
    WorkspacePrepared {
        #[schema(value_type = String)]
        repository: Text<&'a Repository>,
        base: &'a str,
        branch: &'a str,
    },
    #[schema(rename_all = "camelCase")]
    Committed {
        #[schema(value_type = String)]
        repository: Text<&'a Repository>,
        commit: &'a str,
        subject: &'a str,
        file_count: u32,
        insertions: u64,
        deletions: u64,
    },
    NothingToPublish {
        #[schema(value_type = String)]
        repository: Text<&'a Repository>,
    },
    Pushed {
        #[schema(value_type = String)]
        repository: Text<&'a Repository>,
        branch: &'a str,
        commit: &'a str,
    },
    PullRequestOpened {
        #[schema(value_type = String)]
        repository: Text<&'a Repository>,
        number: u64,
        url: &'a str,
    },
    Spent {
        usage: Usage,
    },
    Note {
        text: &'a str,
    },
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ToolCall)]
struct Call<'a> {
    id: &'a str,
    name: &'a str,
    #[schema(value_type = Object)]
    arguments: &'a Value,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ToolResult)]
struct Outcome<'a> {
    status: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_status: Option<i32>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TokenUsage)]
struct Usage {
    input: u64,
    output: u64,
    cache_read: u64,
    cache_write: u64,
}

impl<'a> EventObject<'a> {
    pub(super) fn of(event: &'a Event) -> Self {
        Self {
            seq: event.seq.0,
            run_id: event.run_id.to_string(),
            attempt: event.attempt.0,
            at: Moment(event.at),
            what: What::of(&event.body),
        }
    }
}

/// Writes an event for a stream (the `text/event-stream` format of the HTML standard).
pub(super) fn write_frame(event: &Event) -> Result<Bytes, Failure> {
    let head = format!(
        "id: {}\nevent: {}\ndata: ",
        event.seq.0,
        kind_of(&event.body)
    );
    let mut frame = head.into_bytes();
    // JSON has no line break of its own, so the object is one line.
    serde_json::to_writer(&mut frame, &EventObject::of(event))
        .map_err(|error| Failure::internal(format!("an event cannot be written: {error}")))?;
    frame.extend_from_slice(b"\n\n");
    Ok(frame.into())
}

impl<'a> What<'a> {
    #[expect(clippy::too_many_lines, reason = "one arm a kind of event")]
    fn of(body: &'a EventBody) -> Self {
        match body {
            EventBody::Prompt { text, image_count } => Self::Prompt {
                text,
                image_count: *image_count,
            },
            EventBody::StateChanged { to, cause, message } => Self::StateChanged {
                to: to.word(),
                cause: cause.map(Cause::code),
                message: message.as_deref(),
            },
            EventBody::ModelRequested { turn, model } => Self::ModelRequested {
                turn: *turn,
                model: model.as_str(),
            },
            EventBody::ModelRetried { turn, reason, wait } => Self::ModelRetried {
                turn: *turn,
                reason,
                wait_ms: millis(*wait),
            },
            EventBody::TurnRestarted { turn, reason } => Self::TurnRestarted {
                turn: *turn,
                reason,
            },
            EventBody::TextDelta { turn, text } => Self::TextDelta { turn: *turn, text },
            EventBody::ThinkingDelta { turn, text } => Self::ThinkingDelta { turn: *turn, text },
            EventBody::ThinkingEnded { turn, took } => Self::ThinkingEnded {
                turn: *turn,
                took_ms: millis(*took),
            },
            // The signature is between us and the provider.
            EventBody::Thinking {
                turn,
                text,
                signature: _,
            } => Self::Thinking { turn: *turn, text },
            EventBody::Text { turn, text } => Self::Text { turn: *turn, text },
            EventBody::ToolCalled { turn, call } => Self::ToolCalled {
                turn: *turn,
                call: Call::of(call),
            },
            EventBody::AnswerEnded { turn, stop, usage } => Self::AnswerEnded {
                turn: *turn,
                stop: word_of_stop(*stop),
                usage: Usage::of(*usage),
            },
            EventBody::ToolOutput { call_id, text } => Self::ToolOutput { call_id, text },
            EventBody::ToolFinished {
                call_id,
                result,
                took,
            } => Self::ToolFinished {
                call_id,
                result: Outcome::of(result),
                took_ms: millis(*took),
            },
            EventBody::Nudged { turn, text } => Self::Nudged { turn: *turn, text },
            EventBody::LimitReached { limit } => Self::LimitReached { limit },
            EventBody::WorkspacePrepared {
                repository,
                base,
                branch,
            } => Self::WorkspacePrepared {
                repository: Text(repository),
                base: base.as_str(),
                branch: branch.as_str(),
            },
            EventBody::Committed {
                repository,
                commit,
                subject,
                file_count,
                insertions,
                deletions,
            } => Self::Committed {
                repository: Text(repository),
                commit: commit.as_str(),
                subject,
                file_count: *file_count,
                insertions: *insertions,
                deletions: *deletions,
            },
            EventBody::NothingToPublish { repository } => Self::NothingToPublish {
                repository: Text(repository),
            },
            EventBody::Pushed {
                repository,
                branch,
                commit,
            } => Self::Pushed {
                repository: Text(repository),
                branch: branch.as_str(),
                commit: commit.as_str(),
            },
            EventBody::PullRequestOpened {
                repository,
                number,
                url,
            } => Self::PullRequestOpened {
                repository: Text(repository),
                number: number.0,
                url,
            },
            EventBody::Spent { usage } => Self::Spent {
                usage: Usage::of(*usage),
            },
            EventBody::Note { text } => Self::Note { text },
        }
    }
}

impl<'a> Call<'a> {
    fn of(call: &'a ToolCall) -> Self {
        Self {
            id: &call.id,
            name: &call.name,
            arguments: &call.arguments,
        }
    }
}

impl<'a> Outcome<'a> {
    fn of(result: &'a ToolResult) -> Self {
        let status = match result.status {
            ToolStatus::Ok => "ok",
            ToolStatus::Error => "error",
            ToolStatus::Interrupted => "interrupted",
        };
        Self {
            status,
            text: &result.text,
            exit_status: result.exit_status,
        }
    }
}

impl Usage {
    const fn of(usage: TokenUsage) -> Self {
        let TokenUsage {
            input,
            output,
            cache_read,
            cache_write,
        } = usage;
        Self {
            input,
            output,
            cache_read,
            cache_write,
        }
    }
}

const fn word_of_stop(stop: StopReason) -> &'static str {
    match stop {
        StopReason::EndTurn => "end_turn",
        StopReason::ToolUse => "tool_use",
        StopReason::Length => "length",
        StopReason::Refusal => "refusal",
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The word that `type` holds, for the `event:` line of a stream.
const fn kind_of(body: &EventBody) -> &'static str {
    match body {
        EventBody::Prompt { .. } => "prompt",
        EventBody::StateChanged { .. } => "state_changed",
        EventBody::ModelRequested { .. } => "model_requested",
        EventBody::ModelRetried { .. } => "model_retried",
        EventBody::TurnRestarted { .. } => "turn_restarted",
        EventBody::TextDelta { .. } => "text_delta",
        EventBody::ThinkingDelta { .. } => "thinking_delta",
        EventBody::ThinkingEnded { .. } => "thinking_ended",
        EventBody::Thinking { .. } => "thinking",
        EventBody::Text { .. } => "text",
        EventBody::ToolCalled { .. } => "tool_called",
        EventBody::AnswerEnded { .. } => "answer_ended",
        EventBody::ToolOutput { .. } => "tool_output",
        EventBody::ToolFinished { .. } => "tool_finished",
        EventBody::Nudged { .. } => "nudged",
        EventBody::LimitReached { .. } => "limit_reached",
        EventBody::WorkspacePrepared { .. } => "workspace_prepared",
        EventBody::Committed { .. } => "committed",
        EventBody::NothingToPublish { .. } => "nothing_to_publish",
        EventBody::Pushed { .. } => "pushed",
        EventBody::PullRequestOpened { .. } => "pull_request_opened",
        EventBody::Spent { .. } => "spent",
        EventBody::Note { .. } => "note",
    }
}

#[cfg(test)]
mod tests {
    use outwork_domain::run_state::RunState;
    use outwork_domain::{Attempt, BranchName, CommitId, ModelId, PullRequestNumber};
    use outwork_domain::{RunId, Seq, Timestamp};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn event(body: EventBody) -> Event {
        Event {
            seq: Seq(7),
            run_id: RunId::new(Uuid::nil()),
            attempt: Attempt(2),
            at: Timestamp::from_millis(1_768_473_000_000),
            body,
        }
    }

    fn text() -> String {
        "one\ntwo".to_owned()
    }

    fn commit() -> CommitId {
        "0123456789abcdef0123456789abcdef01234567".parse().unwrap()
    }

    fn repository() -> Repository {
        "https://h/acme/tools".parse().unwrap()
    }

    fn branch() -> BranchName {
        "outwork/x-1".parse().unwrap()
    }

    /// What the model said and did.
    fn of_turns() -> Vec<EventBody> {
        let call = ToolCall {
            id: "c1".into(),
            name: "shell".into(),
            arguments: json!({"a": [1]}),
        };
        let result = ToolResult {
            exit_status: Some(3),
            ..ToolResult::error("no")
        };
        let usage = TokenUsage {
            input: 1,
            output: 2,
            cache_read: 3,
            cache_write: 4,
        };
        let ms = Duration::from_millis(1_500);
        let call_id = || "c1".to_owned();
        vec![
            EventBody::ModelRequested {
                turn: 1,
                model: ModelId::script(),
            },
            EventBody::ModelRetried {
                turn: 1,
                reason: text(),
                wait: ms,
            },
            EventBody::TurnRestarted {
                turn: 1,
                reason: text(),
            },
            EventBody::TextDelta {
                turn: 1,
                text: text(),
            },
            EventBody::ThinkingDelta {
                turn: 1,
                text: text(),
            },
            EventBody::ThinkingEnded { turn: 1, took: ms },
            EventBody::Thinking {
                turn: 1,
                text: text(),
                signature: Some("secret".into()),
            },
            EventBody::Text {
                turn: 1,
                text: text(),
            },
            EventBody::ToolCalled { turn: 1, call },
            EventBody::AnswerEnded {
                turn: 1,
                stop: StopReason::ToolUse,
                usage,
            },
            EventBody::ToolOutput {
                call_id: call_id(),
                text: text(),
            },
            EventBody::ToolFinished {
                call_id: call_id(),
                result,
                took: ms,
            },
            EventBody::Nudged {
                turn: 1,
                text: text(),
            },
        ]
    }

    /// What happened around the model.
    fn of_runs() -> Vec<EventBody> {
        let (to, cause) = (RunState::Failed, Some(Cause::PushDenied));
        let url = "http://h/pulls/4".to_owned();
        vec![
            EventBody::Prompt {
                text: text(),
                image_count: 2,
            },
            EventBody::StateChanged {
                to: RunState::Queued,
                cause: None,
                message: None,
            },
            EventBody::StateChanged {
                to,
                cause,
                message: Some(text()),
            },
            EventBody::LimitReached { limit: text() },
            EventBody::WorkspacePrepared {
                repository: repository(),
                base: commit(),
                branch: branch(),
            },
            EventBody::Committed {
                repository: repository(),
                commit: commit(),
                subject: text(),
                file_count: 1,
                insertions: 2,
                deletions: 3,
            },
            EventBody::NothingToPublish {
                repository: repository(),
            },
            EventBody::Pushed {
                repository: repository(),
                branch: branch(),
                commit: commit(),
            },
            EventBody::PullRequestOpened {
                repository: repository(),
                number: PullRequestNumber(4),
                url,
            },
            EventBody::Spent {
                usage: TokenUsage {
                    input: 1,
                    ..TokenUsage::default()
                },
            },
            EventBody::Note { text: text() },
        ]
    }

    #[test]
    fn every_kind_has_its_fields() {
        let events: Vec<Event> = of_runs().into_iter().chain(of_turns()).map(event).collect();
        for event in &events {
            let object = serde_json::to_value(EventObject::of(event)).unwrap();
            assert_eq!(object["type"], kind_of(&event.body));
        }
        let objects: Vec<EventObject<'_>> = events.iter().map(EventObject::of).collect();
        insta::assert_json_snapshot!(objects);
    }

    #[test]
    fn a_frame_is_three_lines_and_an_empty_one() {
        let frame = write_frame(&event(EventBody::Note { text: text() })).unwrap();
        let frame = std::str::from_utf8(&frame).unwrap();
        let lines: Vec<&str> = frame.split('\n').collect();
        assert_eq!(lines.len(), 5, "{frame}");
        assert_eq!(&lines[..2], ["id: 7", "event: note"]);
        assert!(lines[2].starts_with(r#"data: {"seq":7,"#), "{frame}");
        assert_eq!(lines[3..], ["", ""]);
    }
}
