//! `GET /v0/models`.

use crate::support::{Server, get};

#[tokio::test]
async fn names_what_a_launch_may_name() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let reply = server.ask(get("/v0/models").by(&key)).await;
    reply.good();
    assert_eq!(reply.text(), r#"{"models":["script"]}"#);
}
