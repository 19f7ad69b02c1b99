//! `GET /v0/agents/{id}`: the status through a life, and what is no agent of the caller's.

use outwork_domain::Cause;
use outwork_domain::run_state::{RunEvent, Then};
use outwork_engine::Clock as _;
use outwork_store::{Error, RepositoryChange, agents};
use serde_json::{Value, json};

use crate::support::{Server, get, post};

#[tokio::test]
async fn the_status_follows_the_run_and_never_goes_back() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let status = async || server.agent(&key, &id).await["status"].clone();
    assert_eq!(status().await, "CREATING");
    let fence = server.claim().await;
    assert_eq!(status().await, "CREATING");
    server.event(fence, RunEvent::WorkspacePrepared).await;
    assert_eq!(status().await, "RUNNING");
    server
        .event(fence, RunEvent::AttemptFailed(Then::Retry))
        .await;
    assert_eq!(status().await, "RUNNING");
    let fence = server.claim().await;
    assert_eq!(status().await, "RUNNING");
    server.event(fence, RunEvent::WorkspacePrepared).await;
    server.event(fence, RunEvent::LoopFinished).await;
    assert_eq!(status().await, "RUNNING");
    server.event(fence, RunEvent::Published).await;
    assert_eq!(status().await, "FINISHED");
}

#[tokio::test]
async fn a_failed_run_is_an_error_and_a_follow_up_makes_it_run_again() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    server
        .fail(fence, Cause::ScriptFailed, "a block failed")
        .await;
    assert_eq!(server.agent(&key, &id).await["status"], "ERROR");
    let path = format!("/v0/agents/{id}/followup");
    let body = json!({"prompt": {"text": "again"}});
    server.ask(post(path).by(&key).json(&body)).await.good();
    assert_eq!(server.agent(&key, &id).await["status"], "RUNNING");
}

#[tokio::test]
async fn an_expired_run_is_expired() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.expire_waiting().await;
    assert_eq!(server.agent(&key, &id).await["status"], "EXPIRED");
}

#[tokio::test]
async fn summary_branch_and_pull_request_appear_once_they_are_known() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let before = server.agent(&key, &id).await;
    assert_eq!(
        (before.get("summary"), before["target"].get("prUrl")),
        (None, None)
    );
    let fence = server.work().await;
    let repository = before["source"]["repository"].as_str().unwrap();
    let change = RepositoryChange {
        branch: Some("outwork/x-2".parse().unwrap()),
        pull_request_url: Some("https://outwork.example.com/pulls/1".to_owned()),
        ..RepositoryChange::of(repository.parse().unwrap())
    };
    let now = server.clock.now();
    let changed: Result<(), Error> = server
        .store
        .write(move |tx| {
            Box::pin(
                async move { agents::update_repository(tx, fence.agent_id, &change, now).await },
            )
        })
        .await;
    changed.unwrap();
    server.succeed(fence, "All done.").await;
    let after = server.agent(&key, &id).await;
    assert_eq!(after["summary"], "All done.");
    assert_eq!(after["target"]["branchName"], "outwork/x-2");
    assert_eq!(
        after["target"]["prUrl"],
        "https://outwork.example.com/pulls/1"
    );
}

#[tokio::test]
async fn an_archived_agent_shows_its_last_status() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    server.succeed(fence, "Done.").await;
    let before: Value = server.agent(&key, &id).await;
    server.archive(&id, Some(fence_time())).await;
    assert_eq!(server.agent(&key, &id).await, before);
}

fn fence_time() -> outwork_domain::Timestamp {
    outwork_domain::Timestamp::from_millis(1_768_473_000_000)
}

#[tokio::test]
async fn ids_are_compared_without_case() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let path = format!("/v0/agents/{}", id.to_uppercase());
    assert_eq!(server.ask(get(path).by(&key)).await.good()["id"], json!(id));
}

/// Unknown, foreign, deleted and never possible ids cannot be told apart, on any route.
#[tokio::test]
async fn a_foreign_id_is_as_one_that_never_was() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let foreign = server.launch(&other, "x").await;
    let deleted = server.launch(&key, "x").await;
    server
        .ask(crate::support::delete(format!("/v0/agents/{deleted}")).by(&key))
        .await
        .good();
    let ids = [
        "bc-00000000-0000-4000-8000-000000000001",
        &foreign,
        &deleted,
        "bc-abc123",
        "bc_abc123",
    ];
    let prompt = json!({"prompt": {"text": "x"}});
    let asks: [fn(String) -> crate::support::Ask; 6] = [
        |agent| get(agent),
        |agent| get(format!("{agent}/conversation")),
        |agent| get(format!("{agent}/artifacts")),
        |agent| {
            get(format!(
                "{agent}/artifacts/download?path=/opt/cursor/artifacts/a"
            ))
        },
        |agent| post(format!("{agent}/stop")),
        crate::support::delete,
    ];
    for ask in asks {
        for id in ids {
            let reply = server.ask(ask(format!("/v0/agents/{id}")).by(&key)).await;
            assert_eq!(reply.status, 404, "{id}");
            assert_eq!(
                reply.text(),
                r#"{"error":{"code":"agent_not_found","message":"Agent not found"}}"#
            );
        }
    }
    for id in ids {
        let ask = post(format!("/v0/agents/{id}/followup"))
            .by(&key)
            .json(&prompt);
        let reply = server.ask(ask).await;
        assert_eq!(reply.refused(), (404, "agent_not_found".to_owned()), "{id}");
    }
    assert_eq!(server.agent(&other, &foreign).await["id"], json!(foreign));
}

#[tokio::test]
async fn a_server_without_its_store_says_when_to_come_again() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.store.close().await;
    let reply = server.ask(get(format!("/v0/agents/{id}")).by(&key)).await;
    assert_eq!(reply.refused(), (503, "unavailable".to_owned()));
    assert_eq!(reply.header("retry-after"), Some("2"));
}

#[tokio::test]
async fn a_malformed_id_is_told_as_such() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let long = "a".repeat(65);
    for id in [
        "x",
        "bc",
        "bc-",
        "run-1",
        "bc-a_b",
        "bc-a%20b",
        "bc-%ff",
        &format!("bc-{long}"),
    ] {
        let reply = server.ask(get(format!("/v0/agents/{id}")).by(&key)).await;
        assert_eq!(
            reply.refused(),
            (400, "validation_error".to_owned()),
            "{id}"
        );
    }
}
