//! What a model gets to read: the prompts, answers and tool results of all runs of an agent.
//!
//! Rebuilt from events (see `rebuild`), grown by the loop, repaired before every request (see
//! `repair`). Images are encoded once and shared by every request after that.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outwork_domain::{Image, ModelId, StopReason, ToolCall, ToolResult};

use crate::Thought;

/// An image of a prompt, encoded as providers want it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptImage {
    /// Such as `image/png`.
    pub media_type: &'static str,
    /// The bytes in base64.
    pub base64: Arc<str>,
}

impl PromptImage {
    /// Encodes an image.
    #[must_use]
    pub fn encode(image: &Image) -> Self {
        Self {
            media_type: image.format().media_type(),
            base64: STANDARD.encode(image.bytes()).into(),
        }
    }
}

/// The result of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallResult {
    /// The call.
    pub call_id: String,
    /// What it gave.
    pub result: ToolResult,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The prompt that a run began with.
    Prompt {
        /// Its text.
        text: String,
        /// Its images.
        images: Vec<PromptImage>,
    },
    /// An answer of a model.
    Answer {
        /// Who answered.
        model: ModelId,
        /// Its thinking.
        thinking: Vec<Thought>,
        /// Its text.
        text: String,
        /// Its tool calls.
        calls: Vec<ToolCall>,
        /// Why it ended.
        stop: StopReason,
    },
    /// The results of the calls of the answer before it.
    Results(Vec<CallResult>),
    /// A message of the loop itself.
    Nudge(String),
    /// What stands for the messages that were taken out to save room.
    Summary(String),
}

impl Message {
    /// Bytes that it weighs in a request, roughly.
    pub(crate) fn weight(&self) -> usize {
        match self {
            // What an image costs does not follow its bytes; providers charge about this much.
            Self::Prompt { text, images } => text.len() + images.len() * IMAGE_WEIGHT,
            Self::Answer {
                thinking,
                text,
                calls,
                ..
            } => {
                let thinking: usize = thinking.iter().map(|thought| thought.text.len()).sum();
                let calls: usize = calls.iter().map(weight_of_call).sum();
                thinking + text.len() + calls
            }
            Self::Results(results) => results.iter().map(|one| one.result.text.len() + 40).sum(),
            Self::Nudge(text) | Self::Summary(text) => text.len(),
        }
    }
}

/// 1,600 tokens of 4 bytes.
const IMAGE_WEIGHT: usize = 6_400;

fn weight_of_call(call: &ToolCall) -> usize {
    let arguments = match &call.arguments {
        serde_json::Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| key.len() + value.as_str().map_or(16, str::len))
            .sum(),
        serde_json::Value::String(text) => text.len(),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Array(_) => 16,
    };
    call.name.len() + arguments + 40
}

/// The conversation of an agent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conversation {
    pub(crate) messages: Vec<Message>,
    /// The last turn of the current run that was answered; 0 before its first.
    pub(crate) turn: u32,
    /// The turn that was asked and never answered, since its attempt ended.
    pub(crate) unanswered: Option<u32>,
}

impl Conversation {
    /// The messages in order.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The last turn of the current run that was answered; 0 before its first.
    #[must_use]
    pub const fn turn(&self) -> u32 {
        self.turn
    }

    /// The messages of the current run, its prompt first.
    pub(crate) fn current_run(&self) -> &[Message] {
        current_run(&self.messages)
    }

    /// Bytes that it weighs in a request, roughly.
    pub(crate) fn weight(&self) -> usize {
        self.messages.iter().map(Message::weight).sum()
    }
}

/// The messages from the last prompt on.
pub(crate) fn current_run(messages: &[Message]) -> &[Message] {
    let is_prompt = |message: &Message| matches!(message, Message::Prompt { .. });
    let start = messages.iter().rposition(is_prompt).unwrap_or(0);
    &messages[start..]
}
