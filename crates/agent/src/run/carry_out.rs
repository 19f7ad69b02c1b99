//! Carrying out the calls of one answer.
//!
//! Calls run one after the other in their order. The results go out together with the note that
//! the next request begins; only a lost environment or a used-up budget sends them out before.

use std::time::Duration;

use outwork_domain::limits::{CALLS_PER_ANSWER_MAX, MALFORMED_CALLS_MAX};
use outwork_domain::{Cause, EventBody, StopReason, ToolCall, ToolResult};
use tokio::time::Instant;

use super::Outcome;
use super::check_call::fault_of;
use super::drive::Run;
use super::outcome::Ended;
use super::repeats::Finding;
use crate::conversation::CallResult;
use crate::{Conduct, Message};

impl Run<'_> {
    pub(super) async fn carry_out(
        &mut self,
        calls: Vec<ToolCall>,
        stop: StopReason,
    ) -> Result<(), Ended> {
        self.conversation
            .messages
            .push(Message::Results(Vec::new()));
        let count = calls.len();
        let (mut good, mut malformed) = (0_u32, None);
        let mut finding = Finding::Fine;
        for (index, call) in calls.into_iter().enumerate() {
            if index >= CALLS_PER_ANSWER_MAX {
                self.refuse_surplus(index, call.id);
            } else if let Some(fault) = self.fault_of_call(&call, stop, count - index) {
                self.count_call().await?;
                self.finish(call.id, ToolResult::error(&fault), Duration::ZERO);
                malformed = Some(fault);
            } else {
                self.count_call().await?;
                let began = Instant::now();
                let result = self.call(&call).await?;
                self.room.note_call(&call.name, &result);
                finding = finding.max(self.streaks.repeats.note(&call, &result));
                self.finish(call.id, result, began.elapsed());
                good += 1;
            }
        }
        self.judge_malformed(good, malformed).await?;
        self.judge_repeats(finding).await
    }

    /// What is wrong with a call by itself, before anything is carried out.
    fn fault_of_call(&self, call: &ToolCall, stop: StopReason, left: usize) -> Option<String> {
        if stop == StopReason::Length && left == 1 {
            let text = "the answer was cut off by its length limit in the middle of this call, so \
                it was not carried out; make smaller calls";
            return Some(text.to_owned());
        }
        if self.streaks.renamed.contains(&call.id) {
            let text = "the id of this call was used before, so it was not carried out; \
                call the tool again with an id of its own";
            return Some(text.to_owned());
        }
        fault_of(call, &self.tools)
    }

    fn refuse_surplus(&mut self, index: usize, call_id: String) {
        if index == CALLS_PER_ANSWER_MAX {
            self.limit(format!("{CALLS_PER_ANSWER_MAX} tool calls in one answer"));
        }
        let text = format!(
            "only the first {CALLS_PER_ANSWER_MAX} calls of an answer are carried out; \
             this one was not: call the tool again if you still need it"
        );
        self.finish(call_id, ToolResult::error(text), Duration::ZERO);
    }

    fn finish(&mut self, call_id: String, result: ToolResult, took: Duration) {
        self.outbox.push(EventBody::ToolFinished {
            call_id: call_id.clone(),
            result: result.clone(),
            took,
        });
        self.conversation
            .push_result(CallResult { call_id, result });
    }

    async fn judge_malformed(&mut self, good: u32, fault: Option<String>) -> Result<(), Ended> {
        let Some(fault) = fault.filter(|_| good == 0) else {
            self.streaks.malformed = 0;
            return Ok(());
        };
        self.streaks.malformed += 1;
        if self.streaks.malformed < MALFORMED_CALLS_MAX {
            return Ok(());
        }
        self.limit(format!("{MALFORMED_CALLS_MAX} malformed answers in a row"));
        self.flush().await?;
        let message = format!("the model kept making malformed tool calls: {fault}");
        Err(Outcome::failed(Cause::ModelProtocol, message).into())
    }

    async fn judge_repeats(&mut self, finding: Finding) -> Result<(), Ended> {
        if self.model.conduct() == Conduct::Scripted {
            return Ok(());
        }
        match finding {
            Finding::Fine => Ok(()),
            Finding::Looping => {
                self.limit("repeated calls");
                self.nudge(
                    "You are repeating the same calls and getting the same results. Stop, think \
                     about what they tell you, and try something else or finish.",
                );
                Ok(())
            }
            Finding::StillLooping => {
                self.limit("repeated calls, after being told");
                self.flush().await?;
                let message = "the model kept repeating the same calls with the same results";
                Err(Outcome::failed(Cause::LoopDetected, message).into())
            }
        }
    }

    async fn call(&mut self, call: &ToolCall) -> Result<ToolResult, Ended> {
        let sink = &mut *self.sink;
        let mut output = |text: &str| {
            sink.stream(EventBody::ToolOutput {
                call_id: call.id.clone(),
                text: text.to_owned(),
            });
        };
        match self.environment.call(call, &mut output).await {
            Ok(result) => Ok(result),
            Err(lost) => {
                // What the calls before it gave is progress, and the next attempt needs it.
                self.flush().await?;
                Err(lost.into())
            }
        }
    }
}
