//! From events back to a conversation: what a run that lost its worker goes on with.
//!
//! Only what is complete counts: prompts, answers with their end, results, nudges. Deltas, retries
//! and answers that broke off leave no trace. Several runs of one agent form one conversation.

use std::collections::HashMap;

use outwork_domain::limits::CALLS_PER_ANSWER_MAX;
use outwork_domain::{Event, EventBody, Image, ModelId, RunId, Spending, StopReason, ToolCall};

use crate::Thought;
use crate::conversation::{CallResult, Conversation, Message, PromptImage};

impl Conversation {
    /// Rebuilds the conversation of an agent from its events, in the order of their numbers.
    ///
    /// `images` are those of the prompts; a run without an entry had none.
    #[must_use]
    pub fn rebuild(events: &[Event], images: &HashMap<RunId, Vec<Image>>) -> Self {
        let mut conversation = Self::default();
        let mut draft = Draft::default();
        for event in events {
            conversation.take(event, images, &mut draft);
        }
        conversation
    }

    fn take(&mut self, event: &Event, images: &HashMap<RunId, Vec<Image>>, draft: &mut Draft) {
        match &event.body {
            EventBody::Prompt { text, .. } => {
                *draft = Draft::default();
                (self.turn, self.unanswered) = (0, None);
                let images = images.get(&event.run_id).map(Vec::as_slice);
                self.messages.push(Message::Prompt {
                    text: text.clone(),
                    images: images
                        .unwrap_or_default()
                        .iter()
                        .map(PromptImage::encode)
                        .collect(),
                });
            }
            EventBody::ModelRequested { turn, model } => {
                *draft = Draft::of(model.clone());
                self.unanswered = Some(*turn);
            }
            EventBody::TurnRestarted { .. } => draft.clear(),
            EventBody::Thinking {
                text, signature, ..
            } => draft.thinking.push(Thought {
                text: text.clone(),
                signature: signature.clone(),
            }),
            EventBody::Text { text, .. } => draft.text.push_str(text),
            EventBody::ToolCalled { call, .. } => draft.calls.push(call.clone()),
            EventBody::AnswerEnded { turn, stop, .. } => {
                self.messages.push(draft.finish(*stop));
                (self.turn, self.unanswered) = (*turn, None);
            }
            EventBody::ToolFinished {
                call_id, result, ..
            } => self.push_result(CallResult {
                call_id: call_id.clone(),
                result: result.clone(),
            }),
            EventBody::Nudged { text, .. } => self.messages.push(Message::Nudge(text.clone())),
            EventBody::StateChanged { .. }
            | EventBody::ModelRetried { .. }
            | EventBody::TextDelta { .. }
            | EventBody::ThinkingDelta { .. }
            | EventBody::ThinkingEnded { .. }
            | EventBody::ToolOutput { .. }
            | EventBody::LimitReached { .. }
            | EventBody::WorkspacePrepared { .. }
            | EventBody::Committed { .. }
            | EventBody::NothingToPublish { .. }
            | EventBody::Pushed { .. }
            | EventBody::PullRequestOpened { .. }
            | EventBody::Spent { .. }
            | EventBody::NetworkUsed { .. }
            | EventBody::Note { .. } => {}
        }
    }

    pub(crate) fn push_result(&mut self, result: CallResult) {
        if let Some(Message::Results(results)) = self.messages.last_mut() {
            results.push(result);
        } else {
            self.messages.push(Message::Results(vec![result]));
        }
    }
}

/// The answer that is being put together.
#[derive(Default)]
struct Draft {
    model: Option<ModelId>,
    thinking: Vec<Thought>,
    text: String,
    calls: Vec<ToolCall>,
}

impl Draft {
    fn of(model: ModelId) -> Self {
        Self {
            model: Some(model),
            ..Self::default()
        }
    }

    fn clear(&mut self) {
        self.thinking.clear();
        self.text.clear();
        self.calls.clear();
    }

    fn finish(&mut self, stop: StopReason) -> Message {
        Message::Answer {
            model: self.model.clone().unwrap_or_else(ModelId::script),
            thinking: std::mem::take(&mut self.thinking),
            text: std::mem::take(&mut self.text),
            calls: std::mem::take(&mut self.calls),
            stop,
        }
    }
}

/// Adds up what a run has spent by its events; the wall time is the caller's to fill in.
#[must_use]
pub fn spending_of(events: &[Event], run_id: RunId) -> Spending {
    let mut spending = Spending::default();
    let mut calls = 0_usize;
    for event in events.iter().filter(|event| event.run_id == run_id) {
        match &event.body {
            EventBody::ToolCalled { .. } => calls += 1,
            EventBody::AnswerEnded { usage, .. } => {
                spending.turns += 1;
                spending.tokens = spending.tokens.plus(*usage);
                spending.tool_calls += count_of(calls);
                calls = 0;
            }
            EventBody::ModelRequested { .. } => calls = 0,
            EventBody::Prompt { .. }
            | EventBody::StateChanged { .. }
            | EventBody::ModelRetried { .. }
            | EventBody::TurnRestarted { .. }
            | EventBody::TextDelta { .. }
            | EventBody::ThinkingDelta { .. }
            | EventBody::ThinkingEnded { .. }
            | EventBody::Thinking { .. }
            | EventBody::Text { .. }
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
            | EventBody::Note { .. } => {}
        }
    }
    spending
}

fn count_of(calls: usize) -> u32 {
    u32::try_from(calls.min(CALLS_PER_ANSWER_MAX)).unwrap_or(u32::MAX)
}
