//! `POST /v0/agents/{id}/followup`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outwork_domain::{RunMode, Timestamp};
use outwork_store::runs;
use serde_json::{Value, json};

use super::create_agent::png;
use crate::support::{Server, post};

#[tokio::test]
async fn follow_ups_are_queued_and_taken_in_order() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "first").await;
    for text in ["second", "third"] {
        let body = json!({"prompt": {"text": text, "images": null}, "model": "ignored"});
        let ask = post(format!("/v0/agents/{id}/followup"))
            .by(&key)
            .json(&body);
        assert_eq!(server.ask(ask).await.good(), json!({"id": id}));
    }
    for expected in ["first", "second", "third"] {
        let claimed = server.claimed().await;
        assert_eq!(claimed.prompt, expected);
        server
            .event(
                claimed.fence,
                outwork_domain::run_state::RunEvent::WorkspacePrepared,
            )
            .await;
        server.succeed(claimed.fence, "Done.").await;
    }
}

/// Ours: the specification has no modes, so a prompt that names none is work, whatever came before.
#[tokio::test]
async fn a_run_plans_only_if_its_prompt_says_so() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let prompt = json!({"text": "Do it"});
    let source = json!({"repository": server.repositories.make("one.git")});
    let body = json!({"prompt": prompt, "source": source, "mode": "plan"});
    let made = server.ask(post("/v0/agents").by(&key).json(&body)).await;
    let id = made.good()["id"].as_str().unwrap().to_owned();
    let ask = async |body: Value| {
        let ask = post(format!("/v0/agents/{id}/followup")).by(&key);
        server.ask(ask.json(&body)).await
    };
    ask(json!({"prompt": prompt})).await.good();
    ask(json!({"prompt": prompt, "mode": "plan"})).await.good();
    ask(json!({"prompt": prompt, "mode": "agent"})).await.good();
    for mode in [json!("Plan"), json!(""), json!(7)] {
        let refused = ask(json!({"prompt": prompt, "mode": mode})).await;
        assert_eq!(refused.status, 400, "{mode}");
    }
    let mut reader = server.store.read().await.unwrap();
    let id = id.trim_start_matches("bc-").parse().unwrap();
    let runs = runs::list(&mut reader, id).await.unwrap();
    let modes: Vec<RunMode> = runs.iter().map(|run| run.mode).collect();
    let (plan, agent) = (RunMode::Plan, RunMode::Agent);
    assert_eq!(modes, [plan, agent, plan, agent]);
}

#[tokio::test]
async fn images_come_with_it() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "first").await;
    let fence = server.work().await;
    server.succeed(fence, "Done.").await;
    let images = json!([{"data": STANDARD.encode(png())}]);
    let body = json!({"prompt": {"text": "x", "images": images}});
    server
        .ask(
            post(format!("/v0/agents/{id}/followup"))
                .by(&key)
                .json(&body),
        )
        .await
        .good();
    let prompt = server.claimed_prompt().await;
    assert_eq!(prompt.images()[0].bytes(), png());
}

#[tokio::test]
async fn a_broken_body_is_refused() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "first").await;
    let ask = |body: String| {
        post(format!("/v0/agents/{id}/followup"))
            .by(&key)
            .body(body)
    };
    let bodies: [(Value, &str); 4] = [
        (json!({}), "prompt is required"),
        (json!({"prompt": {}}), "prompt.text is required"),
        (
            json!({"prompt": {"text": ""}}),
            "prompt.text must not be empty",
        ),
        (
            json!({"prompt": {"text": "x", "images": [{"data": "AAAA"}]}}),
            "prompt.images[0].data is not a png, jpeg, gif or webp image",
        ),
    ];
    for (body, message) in bodies {
        let (status, code, said) = server.ask(ask(body.to_string())).await.refusal();
        assert_eq!(
            (status, code.as_str(), said.as_str()),
            (400, "validation_error", message)
        );
    }
    assert_eq!(
        server.ask(ask(String::new())).await.refused(),
        (400, "missing_body".to_owned())
    );
    assert_eq!(server.states(&id).await, ["queued"]);
}

#[tokio::test]
async fn an_archived_agent_takes_none() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "first").await;
    server.archive(&id, Some(Timestamp::from_millis(1))).await;
    let body = json!({"prompt": {"text": "x"}});
    let reply = server
        .ask(
            post(format!("/v0/agents/{id}/followup"))
                .by(&key)
                .json(&body),
        )
        .await;
    assert_eq!(reply.refused(), (409, "agent_archived".to_owned()));
}

#[tokio::test]
async fn too_many_waiting_are_refused_with_a_time_to_come_again() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "first").await;
    let body = json!({"prompt": {"text": "x"}});
    let ask = || {
        post(format!("/v0/agents/{id}/followup"))
            .by(&key)
            .json(&body)
    };
    for _ in 1..100 {
        server.ask(ask()).await.good();
    }
    let reply = server.ask(ask()).await;
    assert_eq!(reply.refused(), (429, "usage_limit_exceeded".to_owned()));
    assert_eq!(reply.header("retry-after"), Some("60"));
}
