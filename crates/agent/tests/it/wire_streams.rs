//! Streams as the providers send them, whole and broken; fixtures after their public references.

use std::time::Duration;

use outwork_agent::{Answer, Delta, ModelError, Provider, Thought, Timeouts};
use outwork_domain::{StopReason, TokenUsage, ToolCall};
use outwork_stand_ins::model_server::{Ending, ModelServer, Reply};
use serde_json::{Value, json};

use crate::support::History;
use crate::wire::{
    FORMS, ask, ask_hello, fixture, model_of, options, short_fixture, with_timeouts,
};

fn expected(provider: Provider) -> Answer {
    let thought = |text: &str, signature: &str| Thought {
        text: text.to_owned(),
        signature: Some(signature.to_owned()),
    };
    let call = |id: &str, name: &str, arguments: Value| ToolCall {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments,
    };
    let (thinking, ids, usage) = match provider {
        Provider::Anthropic => (
            vec![
                thought("First look, then fix.", "EqQBCgIYAhIM1gbcDa9GJwZA"),
                thought(
                    "",
                    r#"block:{"type":"redacted_thinking","data":"EmwKAhgBEgy3va3pzix"}"#,
                ),
            ],
            ["toolu_01T1x1", "toolu_01T1x2"],
            [1_312, 89, 1_000, 300],
        ),
        Provider::OpenAi => (
            vec![],
            ["call_DdmO9p", "call_ABqc3z"],
            [1_117, 46, 1_024, 0],
        ),
        Provider::OpenAiResponses => (
            vec![thought("", "gAAAAABoISQ24OyVRYb")],
            ["call_oyh9J0", "call_EkbHgW"],
            [1_312, 89, 1_024, 0],
        ),
        Provider::Gemini => (
            vec![thought("", "CiQBcsjafE")],
            ["call#shell#0", "call#read#1"],
            [54, 15, 0, 0],
        ),
        Provider::Ollama => (vec![], ["call_a", "call_b"], [169, 15, 0, 0]),
    };
    Answer {
        thinking,
        text: "Größe: ✓".to_owned(),
        calls: vec![
            call(ids[0], "shell", json!({"command": "ls -l"})),
            call(ids[1], "read", json!({"path": "a.md"})),
        ],
        stop: StopReason::ToolUse,
        usage: Some(TokenUsage {
            input: usage[0],
            output: usage[1],
            cache_read: usage[2],
            cache_write: usage[3],
        }),
    }
}

const ALL: [Provider; 5] = [
    Provider::Anthropic,
    Provider::OpenAi,
    Provider::OpenAiResponses,
    Provider::Gemini,
    Provider::Ollama,
];

async fn answer_to(provider: Provider, reply: Reply) -> Result<Answer, ModelError> {
    let server = ModelServer::start().await.unwrap();
    server.reply_next(reply);
    ask_hello(&model_of(options(provider, &server))).await
}

#[tokio::test]
async fn each_form_gives_the_whole_answer_and_its_pieces() {
    for provider in ALL {
        let server = ModelServer::start().await.unwrap();
        server.reply_next(Reply::stream(fixture(provider)));
        let model = model_of(options(provider, &server));
        let history = History::new("hello");
        let (answer, deltas) = ask(&model, &history.conversation()).await;
        assert_eq!(answer, Ok(expected(provider)), "{provider}");
        let text: String = deltas
            .iter()
            .map(|delta| match delta {
                Delta::Text(text) => text.as_str(),
                Delta::Thinking(_) => "",
            })
            .collect();
        assert_eq!(text, "Größe: ✓", "{provider}");
        let thinking = deltas.contains(&Delta::Thinking("First look, ".to_owned()));
        assert_eq!(thinking, provider == Provider::Anthropic);
    }
}

#[tokio::test]
async fn m7_bytes_may_come_one_by_one() {
    for provider in ALL {
        let reply = Reply::stream(fixture(provider)).in_chunks(1, Duration::ZERO);
        let answer = answer_to(provider, reply).await;
        assert_eq!(answer, Ok(expected(provider)), "{provider}");
    }
}

#[tokio::test]
async fn m7_crlf_and_comments() {
    for provider in FORMS {
        let odd = fixture(provider).replace('\n', "\r\n");
        let odd = format!(": comment\r\n\r\n{odd}");
        let answer = answer_to(provider, Reply::stream(odd.clone())).await;
        assert_eq!(answer, Ok(expected(provider)), "{provider}");
        // A line end that is split in two ends the event for genai, which only the form whose
        // events have names minds: there the answer is asked for again.
        let reply = Reply::stream(odd).in_chunks(1, Duration::ZERO);
        let answer = answer_to(provider, reply).await;
        if provider == Provider::Anthropic {
            assert!(
                matches!(answer, Err(ModelError::Broken { .. })),
                "{answer:?}"
            );
        } else {
            assert_eq!(answer, Ok(expected(provider)), "{provider}");
        }
    }
}

#[tokio::test]
async fn m7_unknown_kinds_are_ignored() {
    for provider in FORMS {
        let unknown = match provider {
            Provider::Anthropic => "event: weather\ndata: {\"type\":\"weather\"}\n\n",
            Provider::OpenAiResponses => {
                "event: response.weather\ndata: {\"type\":\"response.weather\",\"sun\":[]}\n\n"
            }
            Provider::OpenAi | Provider::Gemini | Provider::Ollama => {
                "data: {\"object\":\"weather\",\"choices\":[]}\n\n"
            }
        };
        let stream = fixture(provider).replacen("\n\n", &format!("\n\n{unknown}"), 2);
        let answer = answer_to(provider, Reply::stream(stream)).await;
        assert_eq!(answer, Ok(expected(provider)), "{provider}");
    }
}

#[tokio::test]
async fn m7_a_frame_that_does_not_parse_breaks_the_answer() {
    for provider in FORMS {
        let kind = match provider {
            Provider::Anthropic => "event: content_block_delta\n",
            Provider::OpenAiResponses => "event: response.output_text.delta\n",
            Provider::OpenAi | Provider::Gemini | Provider::Ollama => "",
        };
        let stream =
            fixture(provider).replacen("\n\n", &format!("\n\n{kind}data: {{\"a\":\n\n"), 1);
        let answer = answer_to(provider, Reply::stream(stream)).await;
        assert!(
            matches!(answer, Err(ModelError::Broken { .. })),
            "{provider}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn a_frame_of_a_megabyte_is_taken() {
    let long = "x".repeat(1_000_000);
    let stream = fixture(Provider::OpenAi).replace("✓", &long);
    let answer = answer_to(Provider::OpenAi, Reply::stream(stream))
        .await
        .unwrap();
    assert_eq!(answer.text.len(), "Größe: ".len() + long.len());
}

/// M5: whatever is missing of the stream, no answer comes of it; after its last event it is one,
/// however the connection ends then.
async fn cut_everywhere(provider: Provider) {
    let server = ModelServer::start().await.unwrap();
    let model = model_of(options(provider, &server));
    let stream = short_fixture(provider);
    for cut in 0..stream.len() {
        server.reply_next(Reply::stream(stream).cut_after(cut, Ending::Close));
        let answer = ask_hello(&model).await;
        let is_broken = matches!(answer, Err(ModelError::Broken { .. }));
        assert!(is_broken, "{provider} at {cut}: {answer:?}");
    }
    for ending in [Ending::Close, Ending::Reset, Ending::Silence] {
        server.reply_next(Reply::stream(stream).cut_after(stream.len(), ending));
        let answer = ask_hello(&model).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.calls.len()), ("Größe", 1));
    }
}

#[tokio::test]
async fn m5_cut_at_every_byte_anthropic() {
    cut_everywhere(Provider::Anthropic).await;
}

#[tokio::test]
async fn m5_cut_at_every_byte_openai() {
    cut_everywhere(Provider::OpenAi).await;
}

#[tokio::test]
async fn m5_cut_at_every_byte_openai_responses() {
    cut_everywhere(Provider::OpenAiResponses).await;
}

#[tokio::test]
async fn m5_a_body_that_ends_in_order_but_early_is_broken_too() {
    for provider in ALL {
        let server = ModelServer::start().await.unwrap();
        let model = model_of(options(provider, &server));
        let stream = fixture(provider);
        let end = if provider == Provider::Ollama {
            "\n"
        } else {
            "\n\n"
        };
        let boundaries: Vec<usize> = stream
            .match_indices(end)
            .map(|(at, _)| at + end.len())
            .collect();
        let (last, early) = boundaries.split_last().unwrap();
        for ending in [Ending::Clean, Ending::Reset] {
            for cut in early.iter().chain([&0]) {
                server.reply_next(Reply::stream(stream).cut_after(*cut, ending));
                let answer = ask_hello(&model).await;
                let is_broken = matches!(answer, Err(ModelError::Broken { .. }));
                assert!(is_broken, "{provider} {ending:?} at {cut}: {answer:?}");
            }
        }
        server.reply_next(Reply::stream(stream).cut_after(*last, Ending::Close));
        assert_eq!(
            ask_hello(&model).await,
            Ok(expected(provider)),
            "{provider}"
        );
    }
}

#[tokio::test]
async fn m4_bytes_that_flow_slowly_are_no_silence() {
    let server = ModelServer::start().await.unwrap();
    let timeouts = Timeouts {
        headers: Duration::from_secs(20),
        silence: Duration::from_millis(400),
    };
    let model = with_timeouts(options(Provider::OpenAi, &server), timeouts);
    // Five times the limit in all, an eighth of it at a time.
    let stream = fixture(Provider::OpenAi);
    let pause = Duration::from_millis(50);
    server.reply_next(Reply::stream(stream).in_chunks(stream.len() / 40, pause));
    assert_eq!(ask_hello(&model).await, Ok(expected(Provider::OpenAi)));
}

#[tokio::test]
async fn m4_silence_breaks_the_answer() {
    for provider in FORMS {
        let stream = fixture(provider);
        let middle = stream.len() / 2;
        for cut in [0, middle] {
            let reply = Reply::stream(stream).cut_after(cut, Ending::Silence);
            let answer = answer_to(provider, reply).await;
            let reason = "the stream fell silent".to_owned();
            assert_eq!(
                answer,
                Err(ModelError::Broken { reason }),
                "{provider} at {cut}"
            );
        }
    }
}

#[tokio::test]
async fn m6_and_m14_stop_reasons() {
    let swap = |provider, from: &str, to: &str| {
        let stream = fixture(provider);
        assert!(stream.contains(from), "{from}");
        answer_to(provider, Reply::stream(stream.replace(from, to)))
    };
    for (provider, from, to, stop) in [
        (
            Provider::Anthropic,
            "\"stop_reason\":\"tool_use\"",
            "\"stop_reason\":\"max_tokens\"",
            StopReason::Length,
        ),
        (
            Provider::Anthropic,
            "\"stop_reason\":\"tool_use\"",
            "\"stop_reason\":\"refusal\"",
            StopReason::Refusal,
        ),
        (
            Provider::OpenAi,
            "\"finish_reason\":\"tool_calls\"",
            "\"finish_reason\":\"length\"",
            StopReason::Length,
        ),
        (
            Provider::OpenAi,
            "\"finish_reason\":\"tool_calls\"",
            "\"finish_reason\":\"content_filter\"",
            StopReason::Refusal,
        ),
        (
            Provider::OpenAi,
            "{\"content\":\"✓\"}",
            "{\"refusal\":\"I cannot.\"}",
            StopReason::Refusal,
        ),
        (
            Provider::OpenAiResponses,
            "response.output_text.delta",
            "response.refusal.delta",
            StopReason::Refusal,
        ),
        (
            Provider::Gemini,
            "\"finishReason\":\"STOP\"",
            "\"finishReason\":\"MAX_TOKENS\"",
            StopReason::Length,
        ),
        (
            Provider::Gemini,
            "\"finishReason\":\"STOP\"",
            "\"finishReason\":\"SAFETY\"",
            StopReason::Refusal,
        ),
        (
            Provider::Ollama,
            "\"done_reason\":\"stop\"",
            "\"done_reason\":\"length\"",
            StopReason::Length,
        ),
    ] {
        let answer = swap(provider, from, to).await.unwrap();
        assert_eq!(answer.stop, stop, "{provider} {to}");
    }
}

#[tokio::test]
async fn m6_an_incomplete_response_says_why() {
    let whole = fixture(Provider::OpenAiResponses);
    for (reason, stop) in [
        ("max_output_tokens", StopReason::Length),
        ("content_filter", StopReason::Refusal),
    ] {
        let end = whole.rfind("event: response.completed").unwrap();
        let details = format!("\"incomplete_details\":{{\"reason\":\"{reason}\"}}");
        let last = whole[end..]
            .replace("response.completed", "response.incomplete")
            .replace(
                "\"status\":\"completed\",\"error\"",
                "\"status\":\"incomplete\",\"error\"",
            )
            .replace("\"incomplete_details\":null", &details);
        let stream = format!("{}{last}", &whole[..end]);
        let answer = answer_to(Provider::OpenAiResponses, Reply::stream(stream)).await;
        assert_eq!(answer.unwrap().stop, stop, "{reason}");
    }
}

#[tokio::test]
async fn m6_a_call_cut_off_by_length_has_text_for_arguments() {
    for (provider, from, to) in [
        (
            Provider::Anthropic,
            "{\\\"path\\\":\\\"a.md\\\"}",
            "{\\\"path\\\":\\\"a",
        ),
        (
            Provider::OpenAi,
            "\"arguments\":\"\\\"a.md\\\"}\"",
            "\"arguments\":\"\\\"a\"",
        ),
    ] {
        let stream = fixture(provider);
        assert!(stream.contains(from), "{from}");
        let answer = answer_to(provider, Reply::stream(stream.replace(from, to))).await;
        let call = answer.unwrap().calls.remove(1);
        assert_eq!(call.arguments, json!("{\"path\":\"a"), "{provider}");
    }
}

#[tokio::test]
async fn m16_missing_and_impossible_usage_is_none() {
    for (provider, from) in [
        (Provider::Anthropic, "\"usage\":"),
        (Provider::OpenAi, "\"usage\":"),
        (Provider::OpenAiResponses, "\"usage\":"),
    ] {
        let stream = fixture(provider).replace(from, "\"waste\":");
        let answer = answer_to(provider, Reply::stream(stream)).await.unwrap();
        assert_eq!(answer.usage, None, "{provider}");
    }
}
