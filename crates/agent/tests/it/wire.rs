//! What all provider tests share: models of the scripted server, and one long conversation.

use std::sync::Arc;
use std::time::Duration;

use outwork_agent::{
    Answer, Conversation, Delta, Model, ModelError, ModelOptions, Models, Provider, Request,
    Timeouts,
};
use outwork_domain::{Effort, ModelId, RunMode, ToolDefinition};
use outwork_stand_ins::model_server::ModelServer;
use serde_json::json;

pub const KEY: &str = "sk-test-0123456789abcdef";

pub const FORMS: [Provider; 3] = [
    Provider::Anthropic,
    Provider::OpenAi,
    Provider::OpenAiResponses,
];

pub fn fixture(provider: Provider) -> &'static str {
    match provider {
        Provider::Anthropic => include_str!("fixtures/anthropic_messages.sse"),
        Provider::OpenAi => include_str!("fixtures/openai_chat.sse"),
        Provider::OpenAiResponses => include_str!("fixtures/openai_responses.sse"),
        Provider::Gemini => include_str!("fixtures/gemini.sse"),
        Provider::Ollama => include_str!("fixtures/ollama.ndjson"),
    }
}

/// A stream of a few hundred bytes: a text and a call.
pub fn short_fixture(provider: Provider) -> &'static str {
    match provider {
        Provider::Anthropic => include_str!("fixtures/anthropic_messages_short.sse"),
        Provider::OpenAi => include_str!("fixtures/openai_chat_short.sse"),
        Provider::OpenAiResponses => include_str!("fixtures/openai_responses_short.sse"),
        Provider::Gemini | Provider::Ollama => fixture(provider),
    }
}

/// The process-wide TLS provider, as the binary installs it.
pub fn install_tls() {
    // The second test of a process finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

pub fn options(provider: Provider, server: &ModelServer) -> ModelOptions {
    let model = match provider {
        Provider::Anthropic => "claude-sonnet-4-5",
        Provider::OpenAi => "gpt-4.1",
        Provider::OpenAiResponses => "gpt-5.1-codex-max",
        Provider::Gemini => "gemini-2.5-pro",
        Provider::Ollama => "qwen3",
    };
    ModelOptions {
        id: id_of(provider),
        provider,
        model: model.to_owned(),
        base_url: Some(server.base_url()),
        api_key: Some(KEY.to_owned().into()),
        context_tokens: None,
        effort: None,
    }
}

pub fn id_of(provider: Provider) -> ModelId {
    provider.name().parse().unwrap()
}

pub fn model_of(options: ModelOptions) -> Arc<dyn Model> {
    let timeouts = Timeouts {
        headers: Duration::from_millis(500),
        silence: Duration::from_millis(500),
    };
    with_timeouts(options, timeouts)
}

pub fn with_timeouts(options: ModelOptions, timeouts: Timeouts) -> Arc<dyn Model> {
    install_tls();
    let id = options.id.clone();
    Models::with_timeouts(vec![options], timeouts)
        .unwrap()
        .get(&id)
        .unwrap()
}

pub fn tools() -> Vec<ToolDefinition> {
    let tool = |name, field: &str| ToolDefinition {
        name,
        description: "A tool.",
        parameters: json!({
            "type": "object",
            "properties": {field: {"type": "string"}},
            "required": [field],
            "additionalProperties": false,
        }),
    };
    vec![tool("shell", "command"), tool("read", "path")]
}

/// Asks with a conversation; gives the answer and what streamed.
pub async fn ask(
    model: &Arc<dyn Model>,
    conversation: &Conversation,
) -> (Result<Answer, ModelError>, Vec<Delta>) {
    ask_with(model, conversation, None).await
}

/// The same with an effort of the run's own.
pub async fn ask_with(
    model: &Arc<dyn Model>,
    conversation: &Conversation,
    effort: Option<Effort>,
) -> (Result<Answer, ModelError>, Vec<Delta>) {
    let mut deltas = Vec::new();
    let tools = tools();
    let request = Request {
        system: "You are a test.",
        messages: conversation.messages(),
        tools: &tools,
        effort,
        mode: RunMode::Agent,
    };
    let answer = model
        .answer(&request, &mut |delta| deltas.push(delta))
        .await;
    (answer, deltas)
}

/// Asks with nothing but a prompt.
pub async fn ask_hello(model: &Arc<dyn Model>) -> Result<Answer, ModelError> {
    let history = crate::support::History::new("hello");
    ask(model, &history.conversation()).await.0
}
