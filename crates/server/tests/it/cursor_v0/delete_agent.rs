//! `DELETE /v0/agents/{id}`.

use outwork_domain::Timestamp;
use serde_json::json;

use crate::support::{Server, delete, get};

#[tokio::test]
async fn a_deleted_agent_is_gone() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let (id, kept) = (
        server.launch(&key, "x").await,
        server.launch(&key, "y").await,
    );
    let path = format!("/v0/agents/{id}");
    let reply = server.ask(delete(path.clone()).by(&key)).await;
    assert_eq!(reply.good(), json!({"id": id}));
    assert_eq!(
        server.ask(get(path.clone()).by(&key)).await.refused().0,
        404
    );
    assert_eq!(server.ask(delete(path).by(&key)).await.refused().0, 404);
    let list = server.ask(get("/v0/agents").by(&key)).await.good();
    let left: Vec<&str> = list["agents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|agent| agent["id"].as_str().unwrap())
        .collect();
    assert_eq!(left, [kept]);
}

#[tokio::test]
async fn an_archived_agent_can_be_deleted() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.archive(&id, Some(Timestamp::from_millis(1))).await;
    server
        .ask(delete(format!("/v0/agents/{id}")).by(&key))
        .await
        .good();
}

#[tokio::test]
async fn a_running_agent_can_be_deleted_and_its_worker_writes_no_more() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    server
        .ask(delete(format!("/v0/agents/{id}")).by(&key))
        .await
        .good();
    assert!(server.is_stale(fence).await);
}
