//! `GET /api/v1/agents/{id}/diff`.

use crate::support::{Server, get};

#[tokio::test]
async fn an_agent_that_published_nothing_has_an_empty_one() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let reply = server
        .ask(get(format!("/api/v1/agents/{id}/diff")).by(&key))
        .await;
    assert_eq!((reply.status.as_u16(), reply.text()), (200, ""));
    assert_eq!(
        reply.header("content-type"),
        Some("text/x-diff; charset=utf-8")
    );
}
