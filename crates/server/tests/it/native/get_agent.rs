//! `GET /api/v1/agents/{id}`.

use std::time::Duration;

use outwork_domain::{Cause, Timestamp};
use serde_json::{Value, json};

use crate::support::{Server, get, post};

#[tokio::test]
async fn shows_the_agent_and_all_of_its_runs() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("tools.git");
    let id = server.launch_on(&key, &repository, "First\nmore").await;
    let first = server.work().await;
    server.clock.advance(Duration::from_secs(1));
    server
        .fail(first, Cause::ScriptFailed, "a block failed")
        .await;
    let body = json!({"prompt": {"text": "second"}});
    server
        .ask(
            post(format!("/v0/agents/{id}/followup"))
                .by(&key)
                .json(&body),
        )
        .await
        .good();
    let second = server.work().await;
    let agent = server
        .ask(get(format!("/api/v1/agents/{id}")).by(&key))
        .await
        .good();
    let branch = agent["repositories"][0]["branch"].as_str().unwrap();
    assert!(branch.starts_with("outwork/first-"), "{branch}");
    let requests = [0, 1].map(|at| agent["runs"][at]["requestId"].as_str().unwrap());
    assert!(requests.iter().all(|id| id.len() == 36) && requests[0] != requests[1]);
    let expected = json!({
        "id": id, "name": "First", "model": "script", "state": "working",
        "repositories": [{"repository": repository, "branch": branch}],
        "runCount": 2, "tokens": 0,
        "createdAt": "2026-01-15T10:30:00.000Z",
        "updatedAt": "2026-01-15T10:30:01.000Z",
        "runs": [
            {
                "id": first.run_id.to_string(), "number": 1, "mode": "agent", "model": "script",
                "requestId": requests[0], "state": "failed", "attempt": 1, "isolation": "full",
                "cause": "script_failed", "message": "a block failed",
                "createdAt": "2026-01-15T10:30:00.000Z",
                "startedAt": "2026-01-15T10:30:00.000Z",
                "endedAt": "2026-01-15T10:30:01.000Z",
            },
            {
                "id": second.run_id.to_string(), "number": 2, "mode": "agent", "model": "script",
                "requestId": requests[1], "state": "working", "attempt": 1, "isolation": "full",
                "createdAt": "2026-01-15T10:30:01.000Z",
                "startedAt": "2026-01-15T10:30:01.000Z",
            },
        ],
    });
    assert_eq!(agent, expected);
    server.succeed(second, "Done.").await;
    let agent = server
        .ask(get(format!("/api/v1/agents/{id}")).by(&key))
        .await
        .good();
    assert_eq!(
        (&agent["summary"], &agent["runs"][1]["summary"]),
        (&json!("Done."), &json!("Done."))
    );
    assert_eq!(agent["state"], "succeeded");
}

#[tokio::test]
async fn a_run_has_its_prompt_until_it_begins() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "First").await;
    let prompts = async |id: &str| -> Vec<Value> {
        let agent = server.ask(get(format!("/api/v1/agents/{id}")).by(&key));
        let agent = agent.await.good();
        let runs = agent["runs"].as_array().unwrap().iter();
        runs.map(|run| run["prompt"].clone()).collect()
    };
    assert_eq!(prompts(&id).await, [json!("First")]);
    let first = server.work().await;
    let other = server.launch(&key, "Of another agent").await;
    let long = "ü".repeat(20_001);
    for (text, mode) in [("*Then* this", "plan"), (long.as_str(), "agent")] {
        let body = json!({"prompt": {"text": text}, "mode": mode});
        let follow_up = post(format!("/v0/agents/{id}/followup")).by(&key);
        server.ask(follow_up.json(&body)).await.good();
    }
    let cut = "ü".repeat(20_000);
    assert_eq!(
        prompts(&id).await,
        [json!(null), json!("*Then* this"), json!(cut)]
    );
    assert_eq!(prompts(&other).await, [json!("Of another agent")]);
    server.succeed(first, "Done.").await;
    // The other agent's run and the first follow-up; the second waits for that.
    server.work().await;
    server.work().await;
    assert_eq!(prompts(&id).await, [json!(null), json!(null), json!(cut)]);
    assert_eq!(prompts(&other).await, [json!(null)]);
    // Stopping ends what waits before it began; its text is still to be had.
    let stop = post(format!("/v0/agents/{id}/stop")).by(&key);
    server.ask(stop).await.good();
    let agent = server.ask(get(format!("/api/v1/agents/{id}")).by(&key));
    assert_eq!(agent.await.good()["runs"][2]["state"], "cancelled");
    assert_eq!(prompts(&id).await, [json!(null), json!(null), json!(cut)]);
}

#[tokio::test]
async fn a_refusal_is_a_problem() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let foreign = server.launch(&other, "x").await;
    let mut bodies = Vec::new();
    for id in [
        foreign.as_str(),
        "bc-00000000-0000-4000-8000-000000000001",
        "bc-none",
    ] {
        for rest in ["", "/events", "/diff"] {
            let reply = server
                .ask(get(format!("/api/v1/agents/{id}{rest}")).by(&key))
                .await;
            assert_eq!(
                reply.refused(),
                (404, "agent_not_found".to_owned()),
                "{id}{rest}"
            );
            assert_eq!(
                reply.header("content-type"),
                Some("application/problem+json")
            );
            bodies.push(reply.bytes);
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "no telling them apart");
    let malformed = server.ask(get("/api/v1/agents/x").by(&key)).await;
    assert_eq!(malformed.refused(), (400, "validation_error".to_owned()));
}

#[tokio::test]
async fn an_archived_agent_can_be_read() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.archive(&id, Some(Timestamp::from_millis(1))).await;
    server
        .ask(get(format!("/api/v1/agents/{id}")).by(&key))
        .await
        .good();
}
