//! Events as the wire shows them: one object a row, `type` names what happened.

use std::time::Duration;

use bytes::Bytes;
use outwork_domain::{
    Cause, Event, EventBody, NetworkVerdict, Repository, StopReason, TokenUsage, ToolCall,
    ToolResult, ToolStatus, said,
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
        /// What the user said; `Approved the plan.` if a plan was approved.
        text: &'a str,
        image_count: u32,
        /// The run whose plan was approved.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, format = "uuid")]
        approves: Option<String>,
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
    #[schema(rename_all = "camelCase")]
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
    /// Commands reached for a host; `verdict` is `allowed`, `refused` or `failed`.
    #[schema(rename_all = "camelCase")]
    NetworkUsed {
        host: &'a str,
        verdict: &'static str,
        /// Why it was refused or failed, and what can be done about it.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
        count: u64,
        sent_bytes: u64,
        received_bytes: u64,
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
            EventBody::Prompt {
                text,
                image_count,
                approves,
            } => Self::Prompt {
                text: said(text, *approves),
                image_count: *image_count,
                approves: approves.map(|run| run.to_string()),
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
            EventBody::NetworkUsed {
                host,
                verdict,
                count,
                sent_bytes,
                received_bytes,
            } => {
                let (verdict, reason) = words_of_verdict(verdict);
                Self::NetworkUsed {
                    host,
                    verdict,
                    reason,
                    count: *count,
                    sent_bytes: *sent_bytes,
                    received_bytes: *received_bytes,
                }
            }
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

fn words_of_verdict(verdict: &NetworkVerdict) -> (&'static str, Option<&str>) {
    match verdict {
        NetworkVerdict::Allowed => ("allowed", None),
        NetworkVerdict::Refused(why) => ("refused", Some(why)),
        NetworkVerdict::Failed(why) => ("failed", Some(why)),
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
        EventBody::NetworkUsed { .. } => "network_used",
        EventBody::Note { .. } => "note",
    }
}

#[cfg(test)]
mod tests;
