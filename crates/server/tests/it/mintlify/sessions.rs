//! v1: the stream, reading, listing, and the older paths.

use std::time::Duration;

use axum::body::to_bytes;
use axum::response::Response;
use futures::FutureExt as _;
use outwork_domain::{Cause, EventBody, Guidance, Readiness};
use outwork_store::guidance;
use serde_json::{Value, json};

use super::support::{Docs, refused};
use crate::support::{get, post};

fn task(text: &str) -> Value {
    json!({"messages": [{"role": "user", "content": text}]})
}

impl Docs {
    async fn start(&self, path: &str, body: &Value) -> (Response, Value) {
        let request = post(path).json(body).by(&self.key).request();
        let response = self.server.send(request).await;
        assert_eq!(response.status(), 200);
        let id = response.headers()["x-session-id"].to_str().unwrap();
        let id = json!(id);
        (response, id)
    }

    async fn agent_of(&self, id: &Value) -> outwork_domain::Agent {
        let mut reader = self.server.store.read().await.unwrap();
        let id = id.as_str().unwrap().parse().unwrap();
        let found = outwork_store::agents::find(&mut reader, self.key.account_id, id).await;
        found.unwrap().unwrap().agent
    }
}

/// The parts of a stream that has ended.
async fn parts(response: Response) -> Vec<Value> {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let text = std::str::from_utf8(&bytes).unwrap();
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    let frames = text.split_terminator("\n\n");
    let data = frames.filter_map(|frame| frame.strip_prefix("data: "));
    data.filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

fn kinds(parts: &[Value]) -> Vec<&str> {
    parts
        .iter()
        .map(|part| part["type"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_stream_shows_the_run_to_its_end() {
    let docs = Docs::new().await;
    let (response, id) = docs.start("/v1/agent/docs/job", &task("Add a guide")).await;
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!(header("x-vercel-ai-ui-message-stream"), "v1");
    assert_eq!(header("cache-control"), "no-cache");
    let branch = header("x-branch-name");
    assert!(branch.starts_with("mintlify/"), "{branch}");
    assert_eq!(docs.job(&id).await["source"]["ref"], json!(branch));

    let fence = docs.server.work().await;
    let delta = EventBody::TextDelta {
        turn: 1,
        text: "Hel".to_owned(),
    };
    docs.server.append(fence, vec![delta]).await;
    docs.server.say(fence, "Hello").await;
    docs.server.succeed(fence, "Done.").await;
    let parts = parts(response).await;
    assert_eq!(
        kinds(&parts),
        [
            "start",
            "data-status",
            "start-step",
            "text-start",
            "text-delta",
            "text-end",
            "finish-step",
            "data-status",
            "finish",
        ]
    );
    assert!(parts[0]["messageId"].as_str().unwrap().starts_with("run-"));
    assert_eq!(parts[8]["finishReason"], "stop");
}

#[tokio::test]
async fn a_repeated_request_streams_the_same_job() {
    let docs = Docs::new().await;
    let send = async || {
        let ask = post("/v1/agent/docs/job")
            .json(&task("x"))
            .header("idempotency-key", "k");
        docs.server.send(ask.by(&docs.key).request()).await
    };
    let first = send().await;
    let fence = docs.server.work().await;
    docs.server
        .fail(fence, Cause::ScriptFailed, "It broke.")
        .await;
    let again = send().await;
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(
        first.headers()["x-session-id"],
        again.headers()["x-session-id"]
    );
    let (first, again) = (parts(first).await, parts(again).await);
    assert_eq!(first, again);
    assert_eq!(
        again[again.len() - 2],
        json!({"type": "error", "errorText": "It broke."})
    );
}

#[tokio::test]
async fn who_goes_away_does_not_stop_the_job() {
    let docs = Docs::new().await;
    let (response, id) = docs.start("/v1/agent/docs/job", &task("x")).await;
    drop(response);
    let fence = docs.server.work().await;
    docs.server.succeed(fence, "Done.").await;
    assert_eq!(docs.job(&id).await["status"], "completed");
}

/// What is known of the key may be used for a second.
#[tokio::test]
async fn a_stream_ends_with_its_key() {
    let docs = Docs::new().await;
    let (response, _) = docs.start("/v1/agent/docs/job", &task("x")).await;
    let fence = docs.server.work().await;
    docs.server.revoke(&docs.key).await;
    let ended = async {
        let mut reading = std::pin::pin!(parts(response));
        loop {
            docs.server.say(fence, "more").await;
            if let Some(parts) = reading.as_mut().now_or_never() {
                break parts;
            }
            tokio::task::yield_now().await;
        }
    };
    let parts = tokio::time::timeout(Duration::from_secs(20), ended).await;
    let parts = parts.unwrap();
    assert_eq!(parts.last().unwrap()["type"], "error", "{parts:?}");
    assert!(parts.iter().all(|part| part["type"] != "finish"));
}

#[tokio::test]
async fn a_session_is_read_and_listed_under_all_its_paths() {
    let docs = Docs::new().await;
    let id = docs.create("Add a quickstart guide").await["id"].clone();
    let job = docs.job(&id).await;
    let session = docs.session(&id).await;
    let expected = json!({
        "sessionId": id,
        "subdomain": "acme",
        "branch": job["source"]["ref"],
        "haulted": false,
        "haultReason": "processing",
        "pullRequestLink": "",
        "messageToUser": "",
        "todos": [],
        "userId": docs.key.account_id.to_string(),
        "title": "Add a quickstart guide",
        "createdAt": "2026-01-15T10:30:00.000Z",
    });
    assert_eq!(session, expected);
    let text = id.as_str().unwrap();
    for path in [
        format!("/agent/acme/job/{text}"),
        format!("/v1/agent/acme/job/{text}"),
    ] {
        assert_eq!(docs.ask(get(path)).await.good(), expected);
    }
    let fence = docs.server.work().await;
    docs.open_pull_request(&id, "https://h/pulls/7").await;
    docs.server.succeed(fence, "Done.").await;
    let session = docs.session(&id).await;
    for (field, value) in [
        ("haulted", json!(true)),
        ("haultReason", json!("completed")),
        ("pullRequestLink", json!("https://h/pulls/7")),
        ("messageToUser", json!("Done.")),
    ] {
        assert_eq!(session[field], value, "{field}");
    }
    docs.message(&id, "two").await.good();
    let fence = docs.server.work().await;
    docs.server
        .fail(fence, Cause::PushDenied, "The branch is protected.")
        .await;
    let session = docs.session(&id).await;
    assert_eq!(session["haultReason"], "github_missconfigured");
    assert_eq!(session["messageToUser"], "The branch is protected.");
}

#[tokio::test]
async fn sessions_are_listed_newest_first_in_pages() {
    let docs = Docs::new().await;
    let mut ids = Vec::new();
    for prompt in ["a", "b", "c"] {
        docs.server.clock.advance(Duration::from_secs(1));
        ids.insert(0, docs.create(prompt).await["id"].clone());
    }
    let listed = async |path: &str| {
        let list = docs.ask(get(path)).await.good();
        let all = list["allSessions"].as_array().unwrap().iter();
        all.map(|one| one["sessionId"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(listed("/v1/agent/docs/jobs").await, ids);
    assert_eq!(listed("/agent/acme/jobs").await, ids);
    assert_eq!(listed("/v1/agent/docs/jobs?take=2").await, ids[..2]);
    assert_eq!(listed("/v1/agent/docs/jobs?skip=1&take=1").await, ids[1..2]);
    assert_eq!(listed("/v1/agent/docs/jobs?skip=3").await, ids[3..]);
    for query in ["take=0", "take=101", "take=x", "skip=-1", "skip="] {
        let reply = docs.ask(get(format!("/v1/agent/docs/jobs?{query}"))).await;
        assert_eq!(reply.status, 400, "{query}");
    }
    let nowhere = docs.ask(get("/agent/nowhere/jobs")).await;
    assert_eq!(refused(&nowhere), (404, "Project not found".to_owned()));
}

#[tokio::test]
async fn what_the_caller_says_becomes_of_the_agent() {
    let docs = Docs::with(|project| {
        project
            .models
            .insert("opus".to_owned(), "script".parse().unwrap());
        project.instructions = "rules/AGENTS.md".parse().unwrap();
    })
    .await;
    let body = json!({
        "messages": [
            {"role": "system", "content": "Write in French."},
            {"role": "user", "content": "Add a guide"},
        ],
        "asDraft": true,
        "model": "opus",
        "branch": "guides/new",
    });
    let (response, id) = docs.start("/v1/agent/job/docs", &body).await;
    assert_eq!(response.headers()["x-branch-name"], "guides/new");
    let agent = docs.agent_of(&id).await;
    assert_eq!(agent.pull_request.readiness, Readiness::Draft);
    assert_eq!(agent.model.id.as_str(), "script");
    let mut reader = docs.server.store.read().await.unwrap();
    let told = guidance::of_agent(&mut reader, agent.id).await.unwrap();
    let expected = Guidance {
        text: Some("Write in French.".to_owned()),
        file: Some("rules/AGENTS.md".parse().unwrap()),
    };
    assert_eq!(told, expected);
    assert_eq!(docs.server.claimed_prompt().await.text(), "Add a guide");
}

#[tokio::test]
async fn a_branch_that_is_there_is_worked_on() {
    let docs = Docs::new().await;
    docs.server
        .repositories
        .commit("docs.git", "topic", Some("main"), "more\n");
    let body = |branch: &str| {
        let mut body = task("x");
        body["branch"] = json!(branch);
        body
    };
    let (_, id) = docs.start("/v1/agent/docs/job", &body("topic")).await;
    let wish = docs.agent_of(&id).await.repositories[0].branch_wish.clone();
    assert_eq!(
        wish,
        outwork_domain::BranchWish::Existing("topic".parse().unwrap())
    );
    let reply = docs
        .ask(post("/v1/agent/docs/job").json(&body("main")))
        .await;
    let (status, text) = refused(&reply);
    assert!(status == 400 && text.contains("default branch"), "{text}");
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_the_first_byte() {
    let docs = Docs::new().await;
    for (more, part) in [
        (json!({"messages": null}), "messages"),
        (
            json!({"messages": [{"role": "tool", "content": "x"}]}),
            "messages[0].role",
        ),
        (json!({"branch": "a..b"}), "branch"),
        (json!({"model": "gpt-9"}), "model"),
        (json!({"asDraft": "yes"}), "asDraft"),
    ] {
        let mut body = task("x");
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let reply = docs.ask(post("/v1/agent/docs/job").json(&body)).await;
        let (status, text) = refused(&reply);
        assert!(
            status == 400 && text.contains(part),
            "{body}: {status} {text}"
        );
    }
    let reply = docs
        .ask(post("/v1/agent/nowhere/job").json(&task("x")))
        .await;
    assert_eq!(refused(&reply), (404, "Project not found".to_owned()));
}
