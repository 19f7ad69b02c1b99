//! Events of a run as parts: which blocks are open, and what has been sent of them.

use outwork_domain::run_state::RunState;
use outwork_domain::{EventBody, RunId, ToolCall, ToolResult, ToolStatus};

use super::part::{FinishReason, Output, Part, Parts, PullRequestData, StatusData};
use crate::errors::Failure;
use crate::mintlify::status::{JobStatus, status_of};
use crate::wire::WireRunId;

/// What is said when nobody said why a run failed.
const NO_REASON: &str = "The run did not end well.";

/// Whether something of the run may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    /// It may.
    Yes,
    /// That was its end.
    No,
}

/// Writes a run as parts, event by event.
#[derive(Debug, Default)]
pub(super) struct Translator {
    step: Step,
    block: Option<Block>,
    /// Blocks so far: what their ids are made of.
    block_count: u32,
    told: Option<JobStatus>,
    /// The latest turns that came in pieces: their whole text is known already.
    text_turn: Option<u32>,
    reasoning_turn: Option<u32>,
}

/// Whether a model turn is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    Closed,
    Open,
}

/// Text or thinking that has begun and not ended.
#[derive(Debug)]
struct Block {
    kind: Kind,
    turn: u32,
    id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Reasoning,
}

impl Translator {
    /// What comes before everything.
    pub(super) fn open(&mut self, run_id: RunId, parts: &mut Parts) -> Result<(), Failure> {
        parts.push(&Part::Start {
            message_id: WireRunId(run_id),
        })?;
        self.status(JobStatus::Active, parts)
    }

    /// The parts of an event, which may be none.
    pub(super) fn write(&mut self, body: &EventBody, parts: &mut Parts) -> Result<More, Failure> {
        match body {
            EventBody::ModelRequested { .. } => {
                self.end_step(parts)?;
                self.begin_step(parts)?;
            }
            EventBody::TextDelta { turn, text } => {
                self.piece(Kind::Text, *turn, text, parts)?;
            }
            EventBody::ThinkingDelta { turn, text } => {
                self.piece(Kind::Reasoning, *turn, text, parts)?;
            }
            EventBody::Text { turn, text } => self.whole(Kind::Text, *turn, text, parts)?,
            EventBody::Thinking { turn, text, .. } => {
                self.whole(Kind::Reasoning, *turn, text, parts)?;
            }
            EventBody::ThinkingEnded { .. } => {}
            EventBody::TurnRestarted { .. } => {
                // What was sent stays with the reader; what comes now is another answer.
                (self.text_turn, self.reasoning_turn) = (None, None);
                self.end_block(parts)?;
            }
            EventBody::ToolCalled { call, .. } => self.called(call, parts)?,
            EventBody::ToolFinished {
                call_id, result, ..
            } => finished(call_id, result, parts)?,
            EventBody::PullRequestOpened { url, .. } => {
                let data = PullRequestData { url };
                parts.push(&Part::DataPullRequest { data })?;
            }
            EventBody::StateChanged { to, message, .. } if to.is_final() => {
                self.close(*to, message.as_deref(), parts)?;
                return Ok(More::No);
            }
            EventBody::Prompt { .. }
            | EventBody::StateChanged { .. }
            | EventBody::ModelRetried { .. }
            | EventBody::AnswerEnded { .. }
            | EventBody::ToolOutput { .. }
            | EventBody::Nudged { .. }
            | EventBody::LimitReached { .. }
            | EventBody::WorkspacePrepared { .. }
            | EventBody::Committed { .. }
            | EventBody::NothingToPublish { .. }
            | EventBody::Pushed { .. }
            | EventBody::Spent { .. }
            | EventBody::NetworkUsed { .. }
            | EventBody::Note { .. } => {}
        }
        Ok(More::Yes)
    }

    fn status(&mut self, status: JobStatus, parts: &mut Parts) -> Result<(), Failure> {
        if self.told == Some(status) {
            return Ok(());
        }
        self.told = Some(status);
        let data = StatusData { status };
        parts.push(&Part::DataStatus { data })
    }

    fn begin_step(&mut self, parts: &mut Parts) -> Result<(), Failure> {
        if self.step == Step::Open {
            return Ok(());
        }
        self.step = Step::Open;
        parts.push(&Part::StartStep)
    }

    fn end_step(&mut self, parts: &mut Parts) -> Result<(), Failure> {
        self.end_block(parts)?;
        if self.step == Step::Closed {
            return Ok(());
        }
        self.step = Step::Closed;
        parts.push(&Part::FinishStep)
    }

    fn end_block(&mut self, parts: &mut Parts) -> Result<(), Failure> {
        let Some(Block { kind, id, .. }) = self.block.take() else {
            return Ok(());
        };
        parts.push(&match kind {
            Kind::Text => Part::TextEnd { id: &id },
            Kind::Reasoning => Part::ReasoningEnd { id: &id },
        })
    }

    /// A piece of a block, which begins with its first piece.
    fn piece(
        &mut self,
        kind: Kind,
        turn: u32,
        text: &str,
        parts: &mut Parts,
    ) -> Result<(), Failure> {
        *self.turn_of(kind) = Some(turn);
        let is_same = |block: &Block| block.kind == kind && block.turn == turn;
        if !self.block.as_ref().is_some_and(is_same) {
            self.end_block(parts)?;
            self.begin_step(parts)?;
            self.block_count += 1;
            let id = format!("b{}", self.block_count);
            parts.push(&match kind {
                Kind::Text => Part::TextStart { id: &id },
                Kind::Reasoning => Part::ReasoningStart { id: &id },
            })?;
            self.block = Some(Block { kind, turn, id });
        }
        let Some(Block { id, .. }) = &self.block else {
            return Ok(());
        };
        parts.push(&match kind {
            Kind::Text => Part::TextDelta { id, delta: text },
            Kind::Reasoning => Part::ReasoningDelta { id, delta: text },
        })
    }

    /// The whole of a block: the end of what came in pieces, else all of it at once.
    fn whole(
        &mut self,
        kind: Kind,
        turn: u32,
        text: &str,
        parts: &mut Parts,
    ) -> Result<(), Failure> {
        let came = *self.turn_of(kind) == Some(turn);
        if !came && !text.is_empty() {
            self.piece(kind, turn, text, parts)?;
        }
        if self.block.as_ref().is_some_and(|block| block.kind == kind) {
            self.end_block(parts)?;
        }
        Ok(())
    }

    const fn turn_of(&mut self, kind: Kind) -> &mut Option<u32> {
        match kind {
            Kind::Text => &mut self.text_turn,
            Kind::Reasoning => &mut self.reasoning_turn,
        }
    }

    fn called(&mut self, call: &ToolCall, parts: &mut Parts) -> Result<(), Failure> {
        self.end_block(parts)?;
        self.begin_step(parts)?;
        parts.push(&Part::ToolInputAvailable {
            tool_call_id: &call.id,
            tool_name: &call.name,
            input: &call.arguments,
            dynamic: true,
        })
    }

    /// The end of the run.
    fn close(
        &mut self,
        to: RunState,
        message: Option<&str>,
        parts: &mut Parts,
    ) -> Result<(), Failure> {
        self.end_step(parts)?;
        self.status(status_of(to), parts)?;
        match to {
            RunState::Cancelled => parts.push(&Part::Abort {
                reason: "cancelled",
            })?,
            RunState::Succeeded => parts.push(&Part::Finish {
                finish_reason: FinishReason::Stop,
            })?,
            RunState::Failed
            | RunState::Expired
            | RunState::Queued
            | RunState::Preparing
            | RunState::Working
            | RunState::Publishing
            | RunState::Cancelling => {
                let error_text = message.unwrap_or(NO_REASON);
                parts.push(&Part::Error { error_text })?;
                parts.push(&Part::Finish {
                    finish_reason: FinishReason::Error,
                })?;
            }
        }
        parts.done();
        Ok(())
    }
}

fn finished(call_id: &str, result: &ToolResult, parts: &mut Parts) -> Result<(), Failure> {
    parts.push(&match result.status {
        ToolStatus::Ok => Part::ToolOutputAvailable {
            tool_call_id: call_id,
            output: Output {
                text: &result.text,
                exit_code: result.exit_status,
            },
            dynamic: true,
        },
        ToolStatus::Error | ToolStatus::Interrupted => Part::ToolOutputError {
            tool_call_id: call_id,
            error_text: &result.text,
            dynamic: true,
        },
    })
}

#[cfg(test)]
mod tests {
    use outwork_domain::{Cause, ModelId};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    /// The parts of a run, and whether its end was among them.
    fn parts(bodies: &[EventBody]) -> (Vec<Value>, More) {
        let mut translator = Translator::default();
        let mut parts = Parts::default();
        translator
            .open(RunId::new(Uuid::nil()), &mut parts)
            .unwrap();
        let mut more = More::Yes;
        for body in bodies {
            more = translator.write(body, &mut parts).unwrap();
        }
        let bytes = parts.into_bytes();
        let text = std::str::from_utf8(&bytes).unwrap();
        let lines = text.split_terminator("\n\n").map(|line| {
            let data = line.strip_prefix("data: ").unwrap();
            serde_json::from_str(data).unwrap_or_else(|_| json!(data))
        });
        (lines.collect(), more)
    }

    fn kinds(bodies: &[EventBody]) -> Vec<String> {
        let (parts, _) = parts(bodies);
        let kind = |part: &Value| part["type"].as_str().unwrap_or("[DONE]").to_owned();
        parts.iter().map(kind).skip(2).collect()
    }

    fn asked(turn: u32) -> EventBody {
        EventBody::ModelRequested {
            turn,
            model: ModelId::script(),
        }
    }

    fn delta(turn: u32, text: &str) -> EventBody {
        EventBody::TextDelta {
            turn,
            text: text.to_owned(),
        }
    }

    fn text(turn: u32, text: &str) -> EventBody {
        EventBody::Text {
            turn,
            text: text.to_owned(),
        }
    }

    fn thought(turn: u32) -> EventBody {
        EventBody::Thinking {
            turn,
            text: "Hm.".to_owned(),
            signature: None,
        }
    }

    fn ended(to: RunState, cause: Option<Cause>) -> EventBody {
        EventBody::StateChanged {
            to,
            cause,
            message: cause.map(|_| "It broke.".to_owned()),
        }
    }

    fn called(id: &str) -> EventBody {
        EventBody::ToolCalled {
            turn: 1,
            call: ToolCall {
                id: id.to_owned(),
                name: "shell".to_owned(),
                arguments: json!({"command": "true"}),
            },
        }
    }

    fn done(id: &str, result: ToolResult) -> EventBody {
        EventBody::ToolFinished {
            call_id: id.to_owned(),
            result,
            took: std::time::Duration::ZERO,
        }
    }

    #[test]
    fn a_whole_run() {
        let bodies = [
            asked(1),
            EventBody::ThinkingDelta {
                turn: 1,
                text: "Hm.".to_owned(),
            },
            delta(1, "I "),
            delta(1, "look."),
            thought(1),
            text(1, "I look."),
            called("c1"),
            called("c2"),
            done("c1", ToolResult::ok("fine")),
            done("c2", ToolResult::error("no")),
            asked(2),
            text(2, "Done."),
            ended(RunState::Publishing, None),
            EventBody::PullRequestOpened {
                repository: "/r".parse().unwrap(),
                number: outwork_domain::PullRequestNumber(7),
                url: "https://h/pulls/7".to_owned(),
            },
            ended(RunState::Succeeded, None),
        ];
        let (parts, more) = parts(&bodies);
        assert_eq!(more, More::No);
        let call = json!({"command": "true"});
        let input = |id: &str| json!({"type": "tool-input-available", "toolCallId": id, "toolName": "shell", "input": call, "dynamic": true});
        let expected = [
            json!({"type": "start", "messageId": "run-00000000-0000-0000-0000-000000000000"}),
            json!({"type": "data-status", "data": {"status": "active"}}),
            json!({"type": "start-step"}),
            json!({"type": "reasoning-start", "id": "b1"}),
            json!({"type": "reasoning-delta", "id": "b1", "delta": "Hm."}),
            json!({"type": "reasoning-end", "id": "b1"}),
            json!({"type": "text-start", "id": "b2"}),
            json!({"type": "text-delta", "id": "b2", "delta": "I "}),
            json!({"type": "text-delta", "id": "b2", "delta": "look."}),
            json!({"type": "text-end", "id": "b2"}),
            input("c1"),
            input("c2"),
            json!({"type": "tool-output-available", "toolCallId": "c1", "output": {"text": "fine"}, "dynamic": true}),
            json!({"type": "tool-output-error", "toolCallId": "c2", "errorText": "no", "dynamic": true}),
            json!({"type": "finish-step"}),
            json!({"type": "start-step"}),
            json!({"type": "text-start", "id": "b3"}),
            json!({"type": "text-delta", "id": "b3", "delta": "Done."}),
            json!({"type": "text-end", "id": "b3"}),
            json!({"type": "data-pull-request", "data": {"url": "https://h/pulls/7"}}),
            json!({"type": "finish-step"}),
            json!({"type": "data-status", "data": {"status": "completed"}}),
            json!({"type": "finish", "finishReason": "stop"}),
            json!("[DONE]"),
        ];
        assert_eq!(parts, expected);
    }

    #[test]
    fn each_end_has_its_last_part() {
        let last = |to, cause| {
            let (mut parts, more) = parts(&[ended(to, cause)]);
            assert_eq!(more, More::No);
            assert_eq!(parts.pop(), Some(json!("[DONE]")));
            parts.split_off(3)
        };
        let error = |text| json!({"type": "error", "errorText": text});
        let finish = json!({"type": "finish", "finishReason": "error"});
        let broke = last(RunState::Failed, Some(Cause::ScriptFailed));
        assert_eq!(broke, [error("It broke."), finish.clone()]);
        assert_eq!(last(RunState::Expired, None), [error(NO_REASON), finish]);
        let cancelled = last(RunState::Cancelled, None);
        assert_eq!(cancelled, [json!({"type": "abort", "reason": "cancelled"})]);
    }

    #[test]
    fn an_answer_that_broke_off_is_followed_by_another() {
        let restarted = EventBody::TurnRestarted {
            turn: 1,
            reason: "broken".to_owned(),
        };
        let bodies = [
            asked(1),
            delta(1, "I l"),
            restarted,
            asked(1),
            text(1, "I look."),
        ];
        assert_eq!(
            kinds(&bodies),
            [
                "start-step",
                "text-start",
                "text-delta",
                "text-end",
                "finish-step",
                "start-step",
                "text-start",
                "text-delta",
                "text-end",
            ]
        );
    }

    #[test]
    fn blocks_are_closed_before_anything_else_begins() {
        let bodies = [asked(1), delta(1, "a"), called("c"), delta(2, "b")];
        assert_eq!(
            kinds(&bodies),
            [
                "start-step",
                "text-start",
                "text-delta",
                "text-end",
                "tool-input-available",
                "text-start",
                "text-delta",
            ]
        );
    }
}
