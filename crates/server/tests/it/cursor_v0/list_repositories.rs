//! `GET /v0/repositories`.

use serde_json::json;

use crate::support::{Server, get};

#[tokio::test]
async fn names_local_repositories() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let list = || server.ask(get("/v0/repositories").by(&key));
    assert_eq!(list().await.text(), r#"{"repositories":[]}"#);
    let url = server.repositories.make("tools.git");
    let expected = json!({"owner": "local", "name": "tools.git", "repository": url});
    assert_eq!(list().await.good(), json!({"repositories": [expected]}));
}
