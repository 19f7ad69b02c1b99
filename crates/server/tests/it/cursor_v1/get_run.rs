//! `GET /v1/agents/{id}/runs/{runId}`: what is there, and from when on.

use outwork_domain::Cause;
use outwork_engine::Clock as _;
use outwork_store::{Error, RepositoryChange, agents};
use serde_json::{Value, json};

use crate::support::{Key, Server, get};

async fn run(server: &Server, key: &Key, id: &str) -> Value {
    let agent = server.read(key, &format!("/v1/agents/{id}")).await;
    let run_id = agent["latestRunId"].as_str().unwrap();
    let path = format!("/v1/agents/{id}/runs/{run_id}");
    server.read(key, &path).await
}

#[tokio::test]
async fn the_end_brings_text_and_duration() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    let before = run(&server, &key, &id).await;
    assert_eq!(before["status"], "RUNNING");
    for field in ["result", "durationMs", "git", "error"] {
        assert_eq!(before.get(field), None, "{field}");
    }
    server
        .clock
        .advance(std::time::Duration::from_millis(1_500));
    server.say(fence, "Thinking.").await;
    let during = run(&server, &key, &id).await;
    assert_eq!(during["updatedAt"], "2026-01-15T10:30:01.500Z");
    server.clock.advance(std::time::Duration::from_millis(500));
    server.succeed(fence, "All done.").await;
    let after = run(&server, &key, &id).await;
    assert_eq!(
        (&after["status"], &after["result"]),
        (&json!("FINISHED"), &json!("All done."))
    );
    assert_eq!(after["durationMs"], 2_000);
    assert_eq!(after["updatedAt"], "2026-01-15T10:30:02.000Z");
}

#[tokio::test]
async fn what_was_pushed_is_on_every_run() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("tools.git");
    let body = json!({"prompt": {"text": "x"}, "repos": [{"url": repository}]});
    let created = server.create(&key, &body).await;
    let id = created["agent"]["id"].as_str().unwrap();
    let fence = server.work().await;
    assert_eq!(run(&server, &key, id).await.get("git"), None);
    let change = RepositoryChange {
        branch: Some("outwork/x-2".parse().unwrap()),
        head: Some("1".repeat(40).parse().unwrap()),
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
    let git = run(&server, &key, id).await["git"].clone();
    let bare = repository.strip_prefix("file://").unwrap();
    assert_eq!(
        git,
        json!({"branches": [{"repoUrl": bare, "branch": "outwork/x-2",
            "prUrl": "https://outwork.example.com/pulls/1"}]})
    );
}

#[tokio::test]
async fn a_failure_says_why() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    let message = "The branch main is gone.";
    server.fail(fence, Cause::BaseNotFound, message).await;
    let failed = run(&server, &key, &id).await;
    assert_eq!(failed["status"], "ERROR");
    assert_eq!(
        failed["error"],
        json!({"message": message, "code": "base_not_found"})
    );

    let id = server.launch(&key, "y").await;
    server.expire_waiting().await;
    let expired = run(&server, &key, &id).await;
    assert_eq!(expired["status"], "EXPIRED");
    assert_eq!(expired["error"]["code"], "expired");
}

#[tokio::test]
async fn a_run_of_another_agent_is_unknown() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let [one, two] = [
        server.launch(&key, "x").await,
        server.launch(&key, "y").await,
    ];
    let theirs = run(&server, &key, &two).await["id"].clone();
    let expected = r#"{"error":{"code":"run_not_found","message":"Run not found"}}"#;
    let never = "run-00000000-0000-4000-8000-000000000001";
    for run_id in [theirs.as_str().unwrap(), never, "run-1", "nonsense"] {
        let path = format!("/v1/agents/{one}/runs/{run_id}");
        let reply = server.ask(get(path).by(&key)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.text()),
            (404, expected),
            "{run_id}"
        );
    }
}
