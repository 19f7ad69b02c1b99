//! `GET /v0/repositories`.

use std::time::Duration;

use serde_json::json;

use crate::support::{Server, get};

#[tokio::test]
async fn names_local_repositories() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let list = || server.ask(get("/v0/repositories").by(&key));
    let empty = r#"{"repositories":[]}"#;
    assert_eq!(list().await.text(), empty);
    let url = server.repositories.make("tools.git");
    let expected = json!({"owner": "local", "name": "tools.git", "repository": url});
    // The list is read again behind whoever asks.
    let there = async {
        loop {
            let found = list().await;
            if found.text() != empty {
                return found.good();
            }
            tokio::task::yield_now().await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(20), there).await;
    assert_eq!(found.unwrap(), json!({"repositories": [expected]}));
}
