//! The whole loop against the scripted server: transcripts that no provider would refuse.

use std::sync::Arc;

use outwork_agent::{Model, Outcome, Provider};
use outwork_domain::{EventBody, ToolStatus};
use outwork_stand_ins::model_server::{ModelServer, Recorded};
use serde_json::json;

use crate::support::{History, Kept, Memory, failure, finished};
use crate::wire::{FORMS, id_of, model_of, options};

struct Ran {
    outcome: Outcome,
    sink: Kept,
    requests: Vec<Arc<Recorded>>,
    history: History,
}

async fn run(provider: Provider, server: &ModelServer, prompt: &str) -> Ran {
    let model = model_of(options(provider, server));
    let mut history = History::new(prompt);
    let (outcome, sink) = attempt(&mut history, &model, provider).await;
    Ran {
        outcome,
        sink,
        requests: server.requests(),
        history,
    }
}

async fn attempt(
    history: &mut History,
    model: &Arc<dyn Model>,
    provider: Provider,
) -> (Outcome, Kept) {
    let mut sink = Kept::default();
    let mut start = history.start();
    start.model_id = id_of(provider);
    let mut environment = Memory::ok();
    let ended = outwork_agent::run_loop(&**model, &mut environment, &mut sink, start).await;
    history.add(sink.events());
    (ended.unwrap(), sink)
}

fn refused(requests: &[Arc<Recorded>]) -> usize {
    requests
        .iter()
        .filter(|one| one.status() == Some(400))
        .count()
}

#[tokio::test]
async fn ten_turns_with_thinking_and_several_calls_in_each_form() {
    let script = json!({"turns": [
        {"repeat": 10, "thinking": "step {i}", "text": "now {i}", "order": "interleaved",
         "piece_bytes": 3, "calls": [{"shell": "echo {i}"}, {"name": "read", "arguments": {"path": "f{i}"}}]},
        {"thinking": "all there", "text": "finished"},
    ]});
    for provider in FORMS {
        let server = ModelServer::start().await.unwrap();
        let prompt = format!("Go.\n[[script-json: {script}]]");
        let mut ran = run(provider, &server, &prompt).await;
        assert_eq!(ran.outcome, finished("finished"), "{provider}");
        assert_eq!((ran.requests.len(), refused(&ran.requests)), (11, 0));
        let results = ran.sink.results();
        assert_eq!(results.len(), 20);
        assert!(
            results
                .iter()
                .all(|(_, result)| result.status == ToolStatus::Ok)
        );

        let charged: u64 = ran
            .requests
            .iter()
            .map(|one| one.tokens().0 + one.tokens().1)
            .sum();
        let spent = ran.history.start().spending.tokens.total();
        assert_eq!(spent, charged, "{provider}");

        ran.history.prompt(2, "Again: [[script: 2 shell echo {i}]]");
        let model = model_of(options(provider, &server));
        let (outcome, _) = attempt(&mut ran.history, &model, provider).await;
        assert_eq!(outcome, finished("done"), "{provider}");
        assert_eq!(refused(&server.requests()), 0);
    }
}

/// What streamed, a letter each.
fn letter(body: &EventBody) -> Option<char> {
    if matches!(body, EventBody::ThinkingDelta { .. }) {
        return Some('t');
    }
    if matches!(body, EventBody::ThinkingEnded { .. }) {
        return Some('.');
    }
    matches!(body, EventBody::TextDelta { .. }).then_some('x')
}

/// Thinking is closed as soon as something else follows it, and nothing else is.
#[tokio::test]
async fn thinking_that_ends_is_told_at_once() {
    let script = json!({"turns": [
        {"thinking": "a long step", "text": "now", "piece_bytes": 3, "calls": [{"shell": "echo"}]},
        {"thinking": "only that", "calls": [{"shell": "echo"}]},
        {"text": "finished"},
    ]});
    for provider in FORMS {
        let server = ModelServer::start().await.unwrap();
        let prompt = format!("Go.\n[[script-json: {script}]]");
        let ran = run(provider, &server, &prompt).await;
        let kinds: String = ran.sink.streamed.iter().filter_map(letter).collect();
        let thoughts = kinds.matches("t.").count();
        assert_eq!(kinds.matches('.').count(), thoughts, "{provider}: {kinds}");
        assert!(!kinds.contains("tx"), "{provider}: {kinds}");
        let expected = if kinds.contains('t') { 2 } else { 0 };
        assert_eq!(thoughts, expected, "{provider}: {kinds}");
        if provider == Provider::Anthropic {
            assert_eq!(thoughts, 2, "{kinds}");
        }
    }
}

#[tokio::test]
async fn m5_a_cut_stream_restarts_the_turn_and_nothing_of_it_runs() {
    let script = json!({"turns": [
        {"text": "on it", "calls": [{"shell": "echo {i}"}],
         "fault": {"times": 3, "cut_after": 400, "ending": "close"}},
    ]});
    for provider in FORMS {
        let server = ModelServer::start().await.unwrap();
        let ran = run(provider, &server, &format!("[[script-json: {script}]]")).await;
        assert_eq!(ran.outcome, finished("done"), "{provider}");
        let events = ran.sink.events();
        let restarts = events
            .iter()
            .filter(|event| matches!(event, EventBody::TurnRestarted { turn: 1, .. }));
        assert_eq!(restarts.count(), 3, "{provider}");
        assert_eq!(ran.sink.results().len(), 1);
        let same = ran.requests.iter().take(4).map(|one| one.sha256());
        let mut same: Vec<String> = same.collect();
        same.dedup();
        assert_eq!(same.len(), 1, "the same request again");
        assert_eq!(refused(&ran.requests), 0);
    }
}

#[tokio::test]
async fn m8_malformed_calls_go_back_in_a_form_that_providers_take() {
    let script = json!({"turns": [
        {"calls": [{"arguments": "{\"command\": \"ls"}, {"shell": "echo 1"}]},
        {"calls": [{"name": "nothing", "arguments": {"x": 1}}]},
        {"calls": [{"id": "same", "shell": "echo 2"}, {"id": "same", "shell": "echo 3"}]},
        {"calls": [{"id": "same", "shell": "echo 4"}]},
    ]});
    for provider in FORMS {
        let server = ModelServer::start().await.unwrap();
        let ran = run(provider, &server, &format!("[[script-json: {script}]]")).await;
        assert_eq!(ran.outcome, finished("done"), "{provider}");
        assert_eq!(refused(&ran.requests), 0, "{provider}");
        let bad = ran.sink.results().into_iter();
        let bad = bad
            .filter(|(_, result)| result.status == ToolStatus::Error)
            .count();
        assert_eq!(bad, 4, "{provider}");
    }
}

#[tokio::test]
async fn m13_empty_answers_and_m6_cut_off_ones_leave_whole_transcripts() {
    let script = json!({"turns": [
        {"text": "half", "stop": "length"},
        {"calls": [{"shell": "echo 1"}], "stop": "length"},
        {"text": "whole"},
    ]});
    for provider in FORMS {
        let server = ModelServer::start().await.unwrap();
        let ran = run(provider, &server, &format!("[[script-json: {script}]]")).await;
        assert_eq!(ran.outcome, finished("whole"), "{provider}");
        assert_eq!(refused(&ran.requests), 0, "{provider}");

        let silent = json!({"turns": [{"thinking": "hm"}]});
        let server = ModelServer::start().await.unwrap();
        let ran = run(provider, &server, &format!("[[script-json: {silent}]]")).await;
        assert_eq!(failure(&ran.outcome).0, "model_protocol", "{provider}");
        assert_eq!(
            (ran.requests.len(), refused(&ran.requests)),
            (3, 0),
            "{provider}"
        );
    }
}

#[tokio::test]
async fn m14_refusals_of_each_form() {
    let script = json!({"turns": [{"text": "I will not.", "stop": "refusal"}]});
    for provider in FORMS {
        let server = ModelServer::start().await.unwrap();
        let ran = run(provider, &server, &format!("[[script-json: {script}]]")).await;
        assert_eq!(
            failure(&ran.outcome),
            ("model_refused", "the model declined: I will not."),
            "{provider}"
        );
    }
}

#[tokio::test]
async fn m16_usage_that_cannot_be_is_estimated() {
    for figures in ["missing", "zero", "absurd"] {
        let script = json!({"turns": [{"text": "hi", "usage": figures}]});
        for provider in FORMS {
            let server = ModelServer::start().await.unwrap();
            let ran = run(provider, &server, &format!("[[script-json: {script}]]")).await;
            assert_eq!(ran.outcome, finished("hi"));
            let spent = ran.history.start().spending.tokens.total();
            assert!(
                (100..5_000).contains(&spent),
                "{provider} {figures}: {spent}"
            );
        }
    }
}

#[tokio::test]
async fn m1_one_breaker_a_provider_and_others_unaffected() {
    let server = ModelServer::start().await.unwrap();
    let other = ModelServer::start().await.unwrap();
    let model = model_of(options(Provider::OpenAi, &server));
    let script = json!({"turns": [{"text": "x", "fault": {"status": 503}}]});
    let history = History::new(&format!("[[script-json: {script}]]"));
    let conversation = history.conversation();
    for _ in 0..20 {
        crate::wire::ask(&model, &conversation).await.0.unwrap_err();
    }
    assert_eq!(
        server.request_count(),
        5,
        "after five failures requests are held back"
    );
    let healthy = model_of(options(Provider::OpenAi, &other));
    crate::wire::ask_hello(&healthy).await.unwrap();
}
