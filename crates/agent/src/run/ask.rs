//! One turn's request: budget, room, the request with its retries, and the stored answer.

use std::collections::HashSet;

use outwork_domain::limits::{BROKEN_STREAMS_MAX, MODEL_PATIENCE};
use outwork_domain::{Cause, EventBody, TokenUsage, ToolCall};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::Outcome;
use super::drive::Run;
use super::outcome::Ended;
use super::patience::{Patience, Verdict};
use crate::repair::unused_id;
use crate::{Answer, Conduct, Delta, Message, ModelError, Request};

/// More tokens than any answer or conversation has; a provider that says more is not believed.
const ABSURD_TOKENS: u64 = 50_000_000;

/// Whether readers have seen pieces of an answer that now does not count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Streamed {
    Nothing,
    Something,
}

impl Run<'_> {
    /// Asks the model for the next answer and stores it.
    pub(super) async fn ask(&mut self) -> Result<(), Ended> {
        self.check_budget().await?;
        self.keep_room().await?;
        self.conversation.repair();
        let turn = self.conversation.turn + 1;
        self.outbox.push(EventBody::ModelRequested {
            turn,
            model: self.model_id.clone(),
        });
        self.flush().await?;
        let answer = self.answer(turn).await?;
        self.store(turn, answer).await
    }

    /// The answer, after as many tries as are allowed.
    async fn answer(&mut self, turn: u32) -> Result<Answer, Ended> {
        let mut patience = Patience::default();
        loop {
            let mut streamed = Streamed::Nothing;
            let error = match self.try_once(turn, &mut streamed).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let is_broken = matches!(error, ModelError::Broken { .. });
            if is_broken || streamed == Streamed::Something {
                let reason = error.to_string();
                self.outbox.push(EventBody::TurnRestarted { turn, reason });
            }
            if let ModelError::TooLong { reason } = error {
                self.make_room_after_refusal(&reason).await?;
                self.conversation.repair();
            } else {
                self.wait_or_give_up(turn, error, &mut patience).await?;
            }
            self.flush().await?;
            self.check_budget().await?;
        }
    }

    async fn try_once(&mut self, turn: u32, streamed: &mut Streamed) -> Result<Answer, ModelError> {
        let request = Request {
            system: &self.system,
            messages: &self.conversation.messages,
            tools: &self.tools,
            effort: self.effort,
            mode: self.mode,
        };
        let sink = &mut *self.sink;
        let mut thinking: Option<Instant> = None;
        let mut deltas = |delta| {
            *streamed = Streamed::Something;
            match delta {
                Delta::Text(text) => {
                    if let Some(since) = thinking.take() {
                        let took = since.elapsed();
                        sink.stream(EventBody::ThinkingEnded { turn, took });
                    }
                    sink.stream(EventBody::TextDelta { turn, text });
                }
                Delta::Thinking(text) => {
                    thinking.get_or_insert_with(Instant::now);
                    sink.stream(EventBody::ThinkingDelta { turn, text });
                }
            }
        };
        let answer = self.model.answer(&request, &mut deltas).await;
        if let Some(since) = thinking {
            let took = since.elapsed();
            self.sink.stream(EventBody::ThinkingEnded { turn, took });
        }
        answer
    }

    /// Waits before the next try, or ends the run if there is none.
    pub(super) async fn wait_or_give_up(
        &mut self,
        turn: u32,
        error: ModelError,
        patience: &mut Patience,
    ) -> Result<(), Ended> {
        let jitter = (self.jitter)();
        let (cause, message) = match patience.judge(error, jitter) {
            Verdict::Wait { reason, wait } => {
                self.outbox
                    .push(EventBody::ModelRetried { turn, reason, wait });
                self.flush().await?;
                tokio::time::sleep(wait).await;
                return Ok(());
            }
            Verdict::AtOnce => return Ok(()),
            Verdict::OutOfPatience { reason } => {
                let minutes = MODEL_PATIENCE.as_secs() / 60;
                self.limit(format!("{minutes} minutes of patience with the model"));
                let message = format!("the model did not answer for {minutes} minutes: {reason}");
                (Cause::ModelUnavailable, message)
            }
            Verdict::TooManyBroken { reason } => {
                self.limit(format!("{BROKEN_STREAMS_MAX} broken streams in one turn"));
                let message = format!("the model's answer broke off again and again: {reason}");
                (Cause::ModelUnavailable, message)
            }
            Verdict::Final { cause, message } => (cause, message),
        };
        self.flush().await?;
        Err(Outcome::failed(cause, message).into())
    }

    /// Makes the answer whole, charges it, and appends it: the first of the turn's two appends.
    async fn store(&mut self, turn: u32, answer: Answer) -> Result<(), Ended> {
        let Answer {
            thinking,
            text,
            mut calls,
            stop,
            usage,
        } = answer;
        self.tidy(&mut calls);
        let answer = Message::Answer {
            model: self.model_id.clone(),
            thinking: thinking.clone(),
            text: text.clone(),
            calls: calls.clone(),
            stop,
        };
        let usage = self.charge(usage, &answer);
        for thought in thinking {
            self.outbox.push(EventBody::Thinking {
                turn,
                text: thought.text,
                signature: thought.signature,
            });
        }
        if !text.is_empty() {
            self.outbox.push(EventBody::Text { turn, text });
        }
        let called = |call| EventBody::ToolCalled { turn, call };
        self.outbox.extend(calls.into_iter().map(called));
        self.outbox
            .push(EventBody::AnswerEnded { turn, stop, usage });
        self.conversation.turn = turn;
        self.conversation.messages.push(answer);
        self.room.note(usage, self.conversation.weight());
        self.flush().await
    }

    /// Gives each call an id of its own; no arguments at all are an empty object.
    fn tidy(&mut self, calls: &mut [ToolCall]) {
        let mut taken: HashSet<String> = HashSet::new();
        for message in &self.conversation.messages {
            if let Message::Answer { calls, .. } = message {
                taken.extend(calls.iter().map(|call| call.id.clone()));
            }
        }
        self.streaks.renamed.clear();
        for call in calls {
            let id = unused_id(&call.id, |id| taken.contains(id));
            if id != call.id {
                self.streaks.renamed.insert(id.clone());
                call.id.clone_from(&id);
            }
            taken.insert(id);
            let none = call.arguments.is_null() || call.arguments.as_str() == Some("");
            if none {
                call.arguments = Value::Object(Map::new());
            }
        }
    }

    fn charge(&mut self, usage: Option<TokenUsage>, answer: &Message) -> TokenUsage {
        let believed = usage.filter(|usage| {
            let total = usage.total();
            self.model.conduct() == Conduct::Scripted || (total > 0 && total < ABSURD_TOKENS)
        });
        let usage = believed.unwrap_or_else(|| {
            self.note_estimate();
            TokenUsage {
                input: self.tokens_of(self.system.len() + self.conversation.weight()),
                output: self.tokens_of(answer.weight()),
                ..TokenUsage::default()
            }
        });
        self.meter.spent.turns += 1;
        self.meter.spent.tokens = self.meter.spent.tokens.plus(usage);
        usage
    }

    fn note_estimate(&mut self) {
        if !std::mem::replace(&mut self.streaks.estimated, true) {
            self.outbox.push(EventBody::Note {
                text: "the provider gives no usable token counts; they are estimated".to_owned(),
            });
        }
    }
}
