//! `GET /v1/agents/{id}`, and who may see what.

use outwork_engine::Clock;
use serde_json::json;

use crate::support::{Ask, Server, delete, get, post};

#[tokio::test]
async fn ids_are_compared_without_case() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let path = format!("/v1/agents/{}", id.to_uppercase());
    assert_eq!(server.read(&key, &path).await["id"], json!(id));
}

#[tokio::test]
async fn agents_of_v0_are_agents() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let v0 = server.agent(&key, &id).await;
    let agent = server.read(&key, &format!("/v1/agents/{id}")).await;
    assert_eq!(agent["repos"][0]["url"], v0["source"]["repository"]);
    assert_eq!(
        (agent["status"].as_str(), v0["status"].as_str()),
        (Some("ACTIVE"), Some("CREATING"))
    );
}

/// Every route that names an agent, and one that names a run.
fn asks(id: &str) -> Vec<Ask> {
    let path = |rest: &str| format!("/v1/agents/{id}{rest}");
    let run = "/runs/run-00000000-0000-4000-8000-000000000001";
    vec![
        get(path("")),
        delete(path("")),
        get(path("/runs")),
        post(path("/runs")).json(&json!({"prompt": {"text": "x"}})),
        get(path(run)),
        get(path("/artifacts")),
        get(path("/artifacts/download?path=artifacts/a")),
    ]
}

/// Unknown, foreign, deleted and malformed ids cannot be told apart, on any route.
#[tokio::test]
async fn a_foreign_id_is_as_one_that_never_was() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let other = server.key("b@example.com").await;
    let foreign = server.launch(&other, "x").await;
    let deleted = server.launch(&key, "x").await;
    let path = format!("/v1/agents/{deleted}");
    server.ask(delete(path).by(&key)).await.good();
    let ids = [
        "bc-00000000-0000-4000-8000-000000000001",
        "bc-00000000-0000-0000-0000-000000000000",
        &foreign,
        &deleted,
        "bc-1",
        "nonsense",
        "%00",
    ];
    let expected = r#"{"error":{"code":"agent_not_found","message":"Agent not found"}}"#;
    for id in ids {
        for ask in asks(id) {
            let place = format!("{} {}", ask.method, ask.path);
            let reply = server.ask(ask.by(&key)).await;
            assert_eq!(
                (reply.status.as_u16(), reply.text()),
                (404, expected),
                "{place}"
            );
        }
    }
}

#[tokio::test]
async fn a_key_is_needed_everywhere() {
    let server = Server::start().await;
    let mut all = asks("bc-00000000-0000-4000-8000-000000000001");
    all.extend(["/v1/agents", "/v1/me", "/v1/models", "/v1/repositories"].map(get));
    all.push(post("/v1/agents").json(&json!({"prompt": {"text": "x"}})));
    all.push(post("/v1/sub-tokens").json(&json!({"forUserId": 1})));
    for ask in all {
        let place = format!("{} {}", ask.method, ask.path);
        let reply = server.ask(ask).await;
        assert_eq!(reply.refused(), (401, "unauthorized".to_owned()), "{place}");
    }
}

#[tokio::test]
async fn deleted_is_deleted_in_every_dialect() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.archive(&id, Some(server.clock.now())).await;
    let path = format!("/v1/agents/{id}");
    assert_eq!(
        server.ask(delete(&path).by(&key)).await.good(),
        json!({"id": id})
    );
    for path in [path, format!("/v0/agents/{id}")] {
        assert_eq!(server.ask(get(path).by(&key)).await.status, 404);
    }
}
