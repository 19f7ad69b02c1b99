//! From our request to genai's: messages, tools and options.
//!
//! Whatever provider it is, a call's arguments go back as an object, an answer's thinking goes back
//! only to the model that thought it, and nothing empty is sent.

use std::sync::Arc;

use genai::chat::{
    CacheControl, ChatMessage, ChatOptions, ChatRequest, ContentPart, CustomPart, MessageContent,
    MessageOptions, ReasoningEffort, Tool, ToolCall as GenaiCall, ToolResponse,
};
use outwork_domain::{Effort, ToolCall, ToolDefinition};
use serde_json::{Map, Value, json};

use super::hosted::Timeouts;
use super::watch::Watch;
use crate::{CallResult, Message, ModelOptions, Provider, Request, Thought};

/// Marks a thought whose signature is a whole block of the provider, kept as it came.
pub(super) const BLOCK_PREFIX: &str = "block:";

/// The request as genai wants it.
pub(super) fn chat_request(options: &ModelOptions, request: &Request<'_>) -> ChatRequest {
    let mut messages = Vec::with_capacity(request.messages.len() + 1);
    let of_message = |message| chat_message(options, message);
    let mut chat = if options.provider == Provider::Anthropic {
        messages.push(ChatMessage::system(request.system));
        messages.extend(request.messages.iter().map(of_message));
        // Two breakpoints of its cache: what never changes, and the conversation so far.
        let last = messages.len() - 1;
        for index in [0, last] {
            messages[index].options = Some(MessageOptions::from(CacheControl::Ephemeral));
        }
        ChatRequest::new(messages)
    } else {
        messages.extend(request.messages.iter().map(of_message));
        ChatRequest::new(messages).with_system(request.system)
    };
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|one| tool(options.provider, one));
        chat.tools = Some(tools.collect());
    }
    chat
}

fn chat_message(options: &ModelOptions, message: &Message) -> ChatMessage {
    match message {
        Message::Prompt { text, images } => {
            let mut parts = vec![ContentPart::from_text(text)];
            parts.extend(images.iter().map(|image| {
                ContentPart::from_binary_base64(image.media_type, Arc::clone(&image.base64), None)
            }));
            ChatMessage::user(parts)
        }
        Message::Answer {
            model,
            thinking,
            text,
            calls,
            ..
        } => {
            let mut parts = Vec::new();
            if *model == options.id {
                thinking
                    .iter()
                    .for_each(|thought| think(options.provider, thought, &mut parts));
            }
            if !text.trim().is_empty() {
                parts.push(ContentPart::from_text(text));
            }
            parts.extend(
                calls
                    .iter()
                    .map(|call| ContentPart::ToolCall(genai_call(call))),
            );
            ChatMessage::assistant(MessageContent::from_parts(parts))
        }
        Message::Results(results) => {
            let parts: Vec<ContentPart> = results.iter().map(response).collect();
            ChatMessage::tool(MessageContent::from_parts(parts))
        }
        Message::Nudge(text) => ChatMessage::user(text),
        Message::Summary(text) => ChatMessage::user(format!(
            "The history up to here was left out to save room. Summary of it:\n\n{text}"
        )),
    }
}

fn think(provider: Provider, thought: &Thought, parts: &mut Vec<ContentPart>) {
    let block = thought
        .signature
        .as_deref()
        .and_then(|one| one.strip_prefix(BLOCK_PREFIX));
    if let Some(data) = block.and_then(|block| serde_json::from_str::<Value>(block).ok()) {
        parts.push(ContentPart::Custom(CustomPart {
            model_iden: None,
            data,
        }));
        return;
    }
    if let Some(signature) = &thought.signature {
        parts.push(ContentPart::ThoughtSignature(signature.clone()));
    }
    // Anthropic takes thinking only as a pair with its signature, even when its text is empty.
    let paired = provider == Provider::Anthropic && thought.signature.is_some();
    if paired || (provider == Provider::OpenAi && !thought.text.is_empty()) {
        parts.push(ContentPart::ReasoningContent(thought.text.clone()));
    }
}

fn genai_call(call: &ToolCall) -> GenaiCall {
    let arguments = if call.arguments.is_object() {
        call.arguments.clone()
    } else {
        // What is no object was answered with an error; no provider would take it back.
        Value::Object(Map::new())
    };
    GenaiCall {
        call_id: call.id.clone(),
        fn_name: call.name.clone(),
        fn_arguments: arguments,
        thought_signatures: None,
    }
}

fn response(one: &CallResult) -> ContentPart {
    let text = match one.result.text.as_str() {
        "" => "(no output)",
        text => text,
    };
    ContentPart::ToolResponse(ToolResponse::new(one.call_id.clone(), text))
}

fn tool(provider: Provider, definition: &ToolDefinition) -> Tool {
    let tool = Tool::new(definition.name)
        .with_description(definition.description)
        .with_schema(definition.parameters.clone());
    if provider == Provider::OpenAiResponses {
        // Strict schemas, its default, would make every argument required.
        return tool.with_strict(false);
    }
    tool
}

/// The options of one request.
pub(super) fn chat_options(
    options: &ModelOptions,
    timeouts: Timeouts,
    watch: Arc<Watch>,
) -> ChatOptions {
    let mut chat = ChatOptions::default()
        .with_capture_usage(!counts_itself(options.provider))
        .with_capture_content(true)
        .with_capture_tool_calls(true)
        .with_capture_reasoning_content(is_reasoning_model(options))
        .with_stream_header_timeout(timeouts.headers)
        .with_stream_read_timeout(timeouts.silence)
        .with_raw_frame_sink_arc(watch);
    chat.reasoning_effort = effort(options);
    chat.extra_body = extra_body(options);
    chat
}

/// Whether the watch counts tokens: for these genai adds counts up in 32 bits without a check.
pub(super) const fn counts_itself(provider: Provider) -> bool {
    match provider {
        Provider::Anthropic | Provider::Ollama => true,
        Provider::OpenAi | Provider::OpenAiResponses | Provider::Gemini => false,
    }
}

fn effort(options: &ModelOptions) -> Option<ReasoningEffort> {
    let wished = options.effort.map(|effort| match effort {
        Effort::Low => ReasoningEffort::Low,
        Effort::Medium => ReasoningEffort::Medium,
        Effort::High => ReasoningEffort::High,
    });
    match options.provider {
        // A budget is nothing that these two send, and keeps genai from reading an effort out of
        // the name (`gpt-5.1-codex-max`).
        Provider::OpenAi | Provider::OpenAiResponses => wished.or(Some(ReasoningEffort::Budget(0))),
        Provider::Anthropic | Provider::Gemini | Provider::Ollama => wished,
    }
}

fn extra_body(options: &ModelOptions) -> Option<Value> {
    match options.provider {
        Provider::Anthropic | Provider::OpenAi => Some(json!({"model": options.model})),
        Provider::OpenAiResponses => {
            let mut body = json!({"model": options.model});
            if is_reasoning_model(options) {
                // Summaries are refused to accounts that are not verified; the encrypted reasoning,
                // which is what the next request needs, is not.
                body["reasoning"] = options
                    .effort
                    .map_or(Value::Null, |effort| json!({"effort": effort.word()}));
            }
            Some(body)
        }
        Provider::Gemini | Provider::Ollama => None,
    }
}

/// Whether reasoning may be asked for; the responses API refuses that for models without it.
fn is_reasoning_model(options: &ModelOptions) -> bool {
    if options.provider != Provider::OpenAiResponses {
        return true;
    }
    let name = options.model.rsplit('/').next().unwrap_or_default();
    let known = ["gpt-5", "gpt-6", "o1", "o3", "o4", "codex"];
    options.effort.is_some() || known.iter().any(|prefix| name.starts_with(prefix))
}
