//! What the raw frames of a stream say and genai's events do not.
//!
//! Refusals, the reason of an incomplete answer, the code of an error within the stream, frames
//! that do not parse, and whether the provider's final event came at all.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use genai::chat::{ChatFrameSink, FrameCtx, RawFrameRef};
use outwork_domain::TokenUsage;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::Provider;

/// What was seen of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Frames of any kind.
    pub(super) frame_count: u64,
    /// The provider said that the answer is over.
    pub(super) is_over: bool,
    /// The words of a refusal.
    pub(super) refusal: String,
    /// Why the answer is incomplete, if it is.
    pub(super) incomplete: Option<String>,
    /// A failure that the provider reported within the stream.
    pub(super) failure: Option<StreamFailure>,
    /// A frame that is no JSON.
    pub(super) broken: Option<String>,
    /// What the answer cost, where genai does not count.
    pub(super) usage: Option<TokenUsage>,
}

/// A failure reported within a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct StreamFailure {
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(default)]
    pub(super) message: Option<String>,
}

/// Reads along one stream.
pub(super) struct Watch {
    provider: Provider,
    seen: Mutex<Seen>,
}

impl Watch {
    pub(super) fn new(provider: Provider) -> Arc<Self> {
        Arc::new(Self {
            provider,
            seen: Mutex::default(),
        })
    }

    pub(super) fn seen(&self) -> Seen {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChatFrameSink for Watch {
    fn on_frame(&self, _context: &FrameCtx, frame: RawFrameRef<'_>) {
        let mut seen = self.lock();
        seen.frame_count += 1;
        if frame.data.is_empty() {
            return;
        }
        match self.provider {
            Provider::Anthropic if frame.data.contains("\"usage\"") => {
                take::<AnthropicFrame>(frame.data, &mut seen);
            }
            Provider::Anthropic => {}
            Provider::OpenAi if frame.data.contains("\"refusal\"") => {
                take::<ChatFrame>(frame.data, &mut seen);
            }
            Provider::OpenAi => {}
            Provider::OpenAiResponses => take::<ResponsesFrame>(frame.data, &mut seen),
            Provider::Gemini => take::<GeminiFrame>(frame.data, &mut seen),
            Provider::Ollama => {
                for line in frame.data.lines().filter(|line| !line.trim().is_empty()) {
                    take::<OllamaFrame>(line, &mut seen);
                }
            }
        }
    }
}

trait Frame {
    fn note(self, seen: &mut Seen);
}

fn take<F: Frame + for<'de> Deserialize<'de>>(text: &str, seen: &mut Seen) {
    match serde_json::from_str::<F>(text) {
        Ok(frame) => frame.note(seen),
        Err(error) => seen.broken = Some(format!("a frame of the stream does not parse: {error}")),
    }
}

#[derive(Deserialize)]
struct ChatFrame {
    #[serde(default)]
    choices: Vec<ChatChoice>,
}

#[derive(Deserialize)]
struct ChatChoice {
    #[serde(default)]
    delta: ChatDelta,
}

#[derive(Default, Deserialize)]
struct ChatDelta {
    #[serde(default)]
    refusal: Option<String>,
}

impl Frame for ChatFrame {
    fn note(self, seen: &mut Seen) {
        let refusals = self
            .choices
            .into_iter()
            .filter_map(|choice| choice.delta.refusal);
        seen.refusal.extend(refusals);
    }
}

#[derive(Deserialize)]
struct ResponsesFrame {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    delta: Option<String>,
    #[serde(default)]
    response: Option<ResponsesBody>,
}

#[derive(Deserialize)]
struct ResponsesBody {
    #[serde(default)]
    incomplete_details: Option<Incomplete>,
    #[serde(default)]
    error: Option<StreamFailure>,
}

#[derive(Deserialize)]
struct Incomplete {
    #[serde(default)]
    reason: Option<String>,
}

impl Frame for ResponsesFrame {
    fn note(self, seen: &mut Seen) {
        let body = self.response;
        match self.kind.as_str() {
            "response.refusal.delta" => seen.refusal.extend(self.delta),
            "response.completed" => seen.is_over = true,
            "response.incomplete" => {
                seen.is_over = true;
                let reason = body.and_then(|body| body.incomplete_details?.reason);
                seen.incomplete = Some(reason.unwrap_or_default());
            }
            "response.failed" => {
                seen.is_over = true;
                seen.failure = body.and_then(|body| body.error);
            }
            _ => {}
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GeminiFrame {
    #[serde(default)]
    candidates: Vec<GeminiCandidate>,
    #[serde(default)]
    prompt_feedback: Option<GeminiFeedback>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GeminiCandidate {
    #[serde(default)]
    finish_reason: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GeminiFeedback {
    #[serde(default)]
    block_reason: Option<String>,
}

impl Frame for GeminiFrame {
    fn note(self, seen: &mut Seen) {
        seen.is_over |= self
            .candidates
            .iter()
            .any(|one| one.finish_reason.is_some());
        if let Some(reason) = self
            .prompt_feedback
            .and_then(|feedback| feedback.block_reason)
        {
            seen.refusal.push_str(&reason);
        }
    }
}

#[derive(Deserialize)]
struct OllamaFrame {
    #[serde(default)]
    done: bool,
    #[serde(default)]
    prompt_eval_count: Value,
    #[serde(default)]
    prompt_eval_cached_count: Value,
    #[serde(default)]
    eval_count: Value,
}

impl Frame for OllamaFrame {
    fn note(self, seen: &mut Seen) {
        seen.is_over |= self.done;
        if let Some(input) = self.prompt_eval_count.as_u64() {
            seen.usage = Some(TokenUsage {
                input,
                output: self.eval_count.as_u64().unwrap_or(0),
                cache_read: self.prompt_eval_cached_count.as_u64().unwrap_or(0),
                cache_write: 0,
            });
        }
    }
}

/// `message_start` counts the input, `message_delta` the output so far.
#[derive(Deserialize)]
struct AnthropicFrame {
    #[serde(default)]
    message: Value,
    #[serde(default)]
    usage: Value,
}

impl Frame for AnthropicFrame {
    fn note(self, seen: &mut Seen) {
        for usage in [
            self.message.get("usage").unwrap_or(&Value::Null),
            &self.usage,
        ] {
            let count = |name: &str| usage.get(name).and_then(Value::as_u64);
            let (input, output) = (count("input_tokens"), count("output_tokens"));
            if input.is_none() && output.is_none() {
                continue;
            }
            let so_far = seen.usage.get_or_insert_default();
            if let Some(fresh) = input {
                so_far.cache_read = count("cache_read_input_tokens").unwrap_or(so_far.cache_read);
                so_far.cache_write =
                    count("cache_creation_input_tokens").unwrap_or(so_far.cache_write);
                let cached = so_far.cache_read.saturating_add(so_far.cache_write);
                so_far.input = fresh.saturating_add(cached);
            }
            so_far.output = output.unwrap_or(so_far.output);
        }
    }
}
