//! `GET /v0/me`.

use crate::support::{Server, get};

#[tokio::test]
async fn says_which_key_it_is() {
    let server = Server::start().await;
    let key = server.key("A@Example.com").await;
    let reply = server.ask(get("/v0/me").by(&key)).await;
    reply.good();
    assert_eq!(
        reply.text(),
        r#"{"apiKeyName":"Test key","createdAt":"2026-01-15T10:30:00.000Z","userEmail":"a@example.com"}"#
    );
}
