//! From genai's stream of events to one whole answer.
//!
//! Deltas pass through; the answer itself is what the end of the stream carries, and only counts if
//! the provider's own final event was seen.

use std::collections::HashSet;

use futures::StreamExt as _;
use genai::chat::{
    ChatStream, ChatStreamEvent, ContentPart, MessageContent, StopReason as GenaiStop, StreamEnd,
    ToolCall as GenaiCall, Usage,
};
use outwork_domain::{StopReason, TokenUsage, ToolCall};

use super::to_genai::BLOCK_PREFIX;
use super::watch::{Seen, Watch};
use crate::{Answer, Delta, Message, Provider, Request, Thought};

/// Why a stream gave no answer.
#[derive(Debug)]
pub(super) enum Fault {
    /// genai says why.
    Reported(genai::Error),
    /// The stream ended before the answer did.
    CutOff,
}

/// Reads a stream to its end.
pub(super) async fn read(
    mut stream: ChatStream,
    deltas: &mut (dyn FnMut(Delta) + Send),
) -> Result<StreamEnd, Fault> {
    while let Some(event) = stream.next().await {
        match event.map_err(Fault::Reported)? {
            ChatStreamEvent::Chunk(chunk) => deltas(Delta::Text(chunk.content)),
            ChatStreamEvent::ReasoningChunk(chunk) => deltas(Delta::Thinking(chunk.content)),
            ChatStreamEvent::End(end) => return Ok(end),
            ChatStreamEvent::Start
            | ChatStreamEvent::ThoughtSignatureChunk(_)
            | ChatStreamEvent::ToolCallChunk(_)
            | ChatStreamEvent::Heartbeat => {}
        }
    }
    Err(Fault::CutOff)
}

/// The answer that a stream's end carries.
pub(super) fn answer_of(
    provider: Provider,
    request: &Request<'_>,
    end: StreamEnd,
    watch: &Watch,
) -> Result<Answer, Fault> {
    let seen = watch.seen();
    // For these genai makes up an end when the body stops early.
    let must_see_end = match provider {
        Provider::Anthropic | Provider::OpenAi => false,
        Provider::OpenAiResponses | Provider::Gemini | Provider::Ollama => true,
    };
    // It makes one up, without the calls, for a final event of this form that it cannot read, too.
    let is_made_up = provider == Provider::OpenAiResponses && end.captured_response_id.is_none();
    if is_made_up || (must_see_end && !seen.is_over && seen.refusal.is_empty()) {
        return Err(Fault::CutOff);
    }
    let mut answer = Answer {
        thinking: Vec::new(),
        text: String::new(),
        calls: Vec::new(),
        stop: StopReason::EndTurn,
        usage: seen
            .usage
            .or_else(|| end.captured_usage.as_ref().and_then(usage_of)),
    };
    for part in end
        .captured_content
        .into_iter()
        .flat_map(MessageContent::into_parts)
    {
        take_part(part, &mut answer);
    }
    place_reasoning(end.captured_reasoning_content, &mut answer.thinking);
    number_calls(request, &mut answer.calls);
    answer.stop = stop_of(end.captured_stop_reason.as_ref(), &seen, &answer);
    if answer.stop == StopReason::Refusal && answer.text.is_empty() {
        answer.text = seen.refusal;
    }
    Ok(answer)
}

fn take_part(part: ContentPart, answer: &mut Answer) {
    match part {
        ContentPart::Text(text) => answer.text.push_str(&text),
        ContentPart::ToolCall(GenaiCall {
            call_id,
            fn_name,
            fn_arguments,
            ..
        }) => answer.calls.push(ToolCall {
            id: call_id,
            name: fn_name,
            arguments: fn_arguments,
        }),
        ContentPart::ThoughtSignature(signature) => answer.thinking.push(Thought {
            text: String::new(),
            signature: Some(signature),
        }),
        ContentPart::ReasoningContent(text) => match answer.thinking.last_mut() {
            Some(thought) if thought.text.is_empty() => thought.text = text,
            Some(_) | None => answer.thinking.push(Thought {
                text,
                signature: None,
            }),
        },
        ContentPart::Custom(part) => answer.thinking.push(Thought {
            text: String::new(),
            signature: Some(format!("{BLOCK_PREFIX}{}", part.data)),
        }),
        ContentPart::Binary(_) | ContentPart::ToolResponse(_) => {}
    }
}

/// Puts reasoning that came apart from its signatures where people can read it.
fn place_reasoning(reasoning: Option<String>, thinking: &mut Vec<Thought>) {
    let Some(text) = reasoning.filter(|text| !text.is_empty()) else {
        return;
    };
    if thinking.iter().any(|thought| !thought.text.is_empty()) {
        return;
    }
    match thinking.first_mut() {
        Some(first) => first.text = text,
        None => thinking.push(Thought {
            text,
            signature: None,
        }),
    }
}

/// Ids that genai made up since the provider gave none begin anew in each answer; they go on instead.
fn number_calls(request: &Request<'_>, calls: &mut [ToolCall]) {
    let mut taken = HashSet::new();
    for message in request.messages {
        if let Message::Answer { calls, .. } = message {
            taken.extend(calls.iter().map(|call| call.id.as_str()));
        }
    }
    let mut next = taken.len();
    for call in calls {
        if let Some(stem) = made_up_stem(&call.id).filter(|_| taken.contains(call.id.as_str())) {
            call.id = format!("{stem}{next}");
            next += 1;
        }
    }
}

/// What is before the number in `call_0` and `call#shell#0`.
fn made_up_stem(id: &str) -> Option<&str> {
    let stem = id.trim_end_matches(|c: char| c.is_ascii_digit());
    let made_up = stem == "call_" || (stem.starts_with("call#") && stem.ends_with('#'));
    (made_up && stem.len() < id.len()).then_some(stem)
}

fn stop_of(reason: Option<&GenaiStop>, seen: &Seen, answer: &Answer) -> StopReason {
    let filtered = seen.incomplete.as_deref() == Some("content_filter");
    if filtered || !seen.refusal.is_empty() {
        return StopReason::Refusal;
    }
    match reason {
        Some(GenaiStop::MaxTokens(_)) => StopReason::Length,
        Some(GenaiStop::ContentFilter(_)) => StopReason::Refusal,
        Some(
            GenaiStop::Completed(_)
            | GenaiStop::ToolCall(_)
            | GenaiStop::StopSequence(_)
            | GenaiStop::Other(_),
        )
        | None => {
            if answer.calls.is_empty() {
                StopReason::EndTurn
            } else {
                StopReason::ToolUse
            }
        }
    }
}

fn usage_of(usage: &Usage) -> Option<TokenUsage> {
    let count = |tokens: Option<i32>| u64::try_from(tokens.unwrap_or(0)).unwrap_or(0);
    if usage.prompt_tokens.is_none() && usage.completion_tokens.is_none() {
        return None;
    }
    let details = usage.prompt_tokens_details.as_ref();
    Some(TokenUsage {
        input: count(usage.prompt_tokens),
        output: count(usage.completion_tokens),
        cache_read: count(details.and_then(|details| details.cached_tokens)),
        cache_write: count(details.and_then(|details| details.cache_creation_tokens)),
    })
}
