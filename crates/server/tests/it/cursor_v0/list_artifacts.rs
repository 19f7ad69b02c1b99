//! `GET /v0/agents/{id}/artifacts`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Server, get};

#[tokio::test]
async fn shows_the_newest_hundred() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let path = format!("/v0/agents/{id}/artifacts");
    assert_eq!(
        server.ask(get(path.clone()).by(&key)).await.text(),
        r#"{"artifacts":[]}"#
    );
    for n in 0..101 {
        server
            .leave_artifact(&id, &format!("shots/{n}.png"), b"pixels")
            .await;
        server.clock.advance(Duration::from_secs(1));
    }
    let body = server.ask(get(path).by(&key)).await.good();
    let all = body["artifacts"].as_array().unwrap();
    assert_eq!(all.len(), 100);
    let newest = json!({
        "absolutePath": "/opt/cursor/artifacts/shots/100.png",
        "sizeBytes": 6,
        "updatedAt": "2026-01-15T10:31:40.000Z",
    });
    assert_eq!(all[0], newest);
    let path = |artifact: &Value| artifact["absolutePath"].as_str().unwrap().to_owned();
    assert_eq!(path(&all[99]), "/opt/cursor/artifacts/shots/1.png");
}
