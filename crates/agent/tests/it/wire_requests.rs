//! The requests that the providers get, whole.

use std::time::Duration;

use outwork_agent::Provider;
use outwork_domain::Effort;
use outwork_domain::{EventBody, Image, StopReason, TokenUsage, ToolCall, ToolResult};
use outwork_stand_ins::model_server::{ModelServer, Reply};
use serde_json::{Value, json};

use crate::support::History;
use crate::wire::{FORMS, KEY, ask, fixture, id_of, model_of, options};

/// A run with everything in it, a malformed call too, and a follow-up.
fn history(provider: Provider) -> History {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0]);
    let mut history = History::new("What is in the picture?");
    let image = Image::from_bytes(png).unwrap();
    history.images.insert(history.run_id, vec![image]);
    let call = |id: &str, name: &str, arguments: Value| EventBody::ToolCalled {
        turn: 1,
        call: ToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments,
        },
    };
    let finished = |id: &str, result: ToolResult| EventBody::ToolFinished {
        call_id: id.to_owned(),
        result,
        took: Duration::ZERO,
    };
    let thought = |text: &str, signature: &str| EventBody::Thinking {
        turn: 1,
        text: text.to_owned(),
        signature: Some(signature.to_owned()),
    };
    let block = r#"block:{"type":"redacted_thinking","data":"ZGF0YQ"}"#;
    let model = id_of(provider);
    history.add(vec![
        EventBody::ModelRequested {
            turn: 1,
            model: model.clone(),
        },
        thought("A picture.", "c2lnbmVk"),
        thought("", block),
        EventBody::Text {
            turn: 1,
            text: "Let me see.".to_owned(),
        },
        call("c1", "shell", json!({"command": "file a.png"})),
        call("c2", "read", json!("{\"path\": \"a")),
        EventBody::AnswerEnded {
            turn: 1,
            stop: StopReason::ToolUse,
            usage: TokenUsage::default(),
        },
        finished("c1", ToolResult::ok("")),
        finished(
            "c2",
            ToolResult::error("the arguments are not a JSON object"),
        ),
        EventBody::ModelRequested { turn: 2, model },
        EventBody::Text {
            turn: 2,
            text: "A dot.".to_owned(),
        },
        EventBody::AnswerEnded {
            turn: 2,
            stop: StopReason::EndTurn,
            usage: TokenUsage::default(),
        },
    ]);
    history.prompt(2, "Thanks. Which colour?");
    history
}

async fn request_of(provider: Provider, effort: Option<Effort>) -> Value {
    let server = ModelServer::start().await.unwrap();
    let mut options = options(provider, &server);
    options.effort = effort;
    let model = model_of(options);
    let mut history = history(provider);
    if provider != Provider::Anthropic {
        // A whole block is Anthropic's alone.
        let is_block =
            |body: &EventBody| matches!(body, EventBody::Thinking { text, .. } if text.is_empty());
        history.events.retain(|event| !is_block(&event.body));
    }
    let (answer, _) = ask(&model, &history.conversation()).await;
    assert_eq!(answer.unwrap().text, "done");
    let request = server.requests().remove(0);
    assert_eq!(request.status(), Some(200));
    let key = match provider {
        Provider::Anthropic => request.header("x-api-key").unwrap().to_owned(),
        Provider::OpenAi | Provider::OpenAiResponses | Provider::Gemini | Provider::Ollama => {
            let bearer = request.header("authorization").unwrap();
            bearer.strip_prefix("Bearer ").unwrap().to_owned()
        }
    };
    assert_eq!(key, KEY);
    json!({"path": request.path, "body": request.json()})
}

#[tokio::test]
async fn anthropic_messages() {
    insta::assert_json_snapshot!(request_of(Provider::Anthropic, None).await);
}

#[tokio::test]
async fn openai_chat_completions() {
    insta::assert_json_snapshot!(request_of(Provider::OpenAi, None).await);
}

#[tokio::test]
async fn openai_responses() {
    insta::assert_json_snapshot!(request_of(Provider::OpenAiResponses, None).await);
}

#[tokio::test]
async fn efforts_are_asked_for_in_each_providers_words() {
    let anthropic = request_of(Provider::Anthropic, Some(Effort::High)).await;
    assert_eq!(anthropic["body"]["model"], "claude-sonnet-4-5");
    assert_eq!(anthropic["body"]["thinking"]["type"], "enabled");
    let chat = request_of(Provider::OpenAi, Some(Effort::Low)).await;
    assert_eq!(chat["body"]["reasoning_effort"], "low");
    let responses = request_of(Provider::OpenAiResponses, Some(Effort::Medium)).await;
    assert_eq!(responses["body"]["reasoning"]["effort"], "medium");
}

#[tokio::test]
async fn the_effort_of_a_run_outweighs_the_configured_one() {
    let server = ModelServer::start().await.unwrap();
    let mut options = options(Provider::OpenAi, &server);
    options.effort = Some(Effort::Low);
    let model = model_of(options);
    let conversation = history(Provider::OpenAi).conversation();
    for (effort, expected) in [(None, "low"), (Some(Effort::High), "high")] {
        let (answer, _) = crate::wire::ask_with(&model, &conversation, effort).await;
        answer.unwrap();
        let asked = server.requests().pop().unwrap().json();
        assert_eq!(asked["reasoning_effort"], expected);
    }
}

#[tokio::test]
async fn names_go_out_as_they_are_configured() {
    for provider in FORMS {
        for name in ["a-high", "x::y-max", "vendor/model-none"] {
            let server = ModelServer::start().await.unwrap();
            let mut options = options(provider, &server);
            options.model = name.to_owned();
            let model = model_of(options);
            crate::wire::ask_hello(&model).await.unwrap();
            let body = server.requests().remove(0).json();
            assert_eq!(body["model"], name, "{provider}");
            for field in ["reasoning_effort", "thinking", "output_config"] {
                assert_eq!(body.get(field), None, "{provider} {name}");
            }
            let effort = body.pointer("/reasoning/effort");
            assert_eq!(effort, None, "{provider} {name}");
        }
    }
}

#[tokio::test]
async fn thinking_goes_back_only_to_the_model_that_thought_it() {
    let server = ModelServer::start().await.unwrap();
    let mut history = history(Provider::Anthropic);
    for event in &mut history.events {
        if let EventBody::ModelRequested { model, .. } = &mut event.body {
            *model = "another".parse().unwrap();
        }
    }
    for provider in FORMS {
        let model = model_of(options(provider, &server));
        ask(&model, &history.conversation()).await.0.unwrap();
        let body = String::from_utf8(server.requests().pop().unwrap().body.clone()).unwrap();
        for trace in ["c2lnbmVk", "A picture.", "redacted_thinking"] {
            assert!(!body.contains(trace), "{provider}: {trace}");
        }
    }
}

#[tokio::test]
async fn a_server_without_a_key_gets_none() {
    for provider in FORMS {
        let server = ModelServer::start().await.unwrap();
        let mut options = options(provider, &server);
        options.api_key = None;
        crate::wire::ask_hello(&model_of(options)).await.unwrap();
        let request = server.requests().remove(0);
        assert_eq!(request.header("authorization"), None);
        assert_eq!(request.header("x-api-key"), None);
    }
}

#[tokio::test]
async fn gemini_and_ollama_are_asked_at_their_own_addresses() {
    for (provider, path) in [
        (
            Provider::Gemini,
            "/v1/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
        ),
        (Provider::Ollama, "/v1/api/chat"),
    ] {
        let server = ModelServer::start().await.unwrap();
        server.reply_next(Reply::stream(fixture(provider)));
        let model = model_of(options(provider, &server));
        let (answer, _) = ask(&model, &history(provider).conversation()).await;
        answer.unwrap();
        assert_eq!(server.requests().remove(0).path, path);
    }
}
