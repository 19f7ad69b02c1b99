//! `GET /v1/agents/{id}/artifacts` and its download.

use serde_json::json;

use crate::support::{Server, get};

#[tokio::test]
async fn artifacts_are_listed_and_linked_by_relative_paths() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.leave_artifact(&id, "shots/a b.png", b"bytes").await;
    let list = server
        .read(&key, &format!("/v1/agents/{id}/artifacts"))
        .await;
    assert_eq!(
        list,
        json!({"items": [{"path": "artifacts/shots/a b.png", "sizeBytes": 5,
            "updatedAt": "2026-01-15T10:30:00.000Z"}]})
    );
    let path = format!("/v1/agents/{id}/artifacts/download?path=artifacts/shots/a%20b.png");
    let link = server.read(&key, &path).await;
    assert_eq!(link["expiresAt"], "2026-01-15T10:45:00.000Z");
    let url = link["url"].as_str().unwrap();
    let place = url.strip_prefix("https://outwork.example.com").unwrap();
    let reply = server.ask(get(place)).await;
    assert_eq!((reply.status.as_u16(), reply.text()), (200, "bytes"));
}

#[tokio::test]
async fn a_wrong_path_is_told_from_an_unknown_one() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.leave_artifact(&id, "a.png", b"bytes").await;
    for (query, status, code) in [
        ("", 400, "validation_error"),
        ("?path=", 400, "validation_error"),
        ("?path=/artifacts/a.png", 400, "validation_error"),
        ("?path=/opt/cursor/artifacts/a.png", 400, "validation_error"),
        ("?path=artifacts/../a.png", 400, "validation_error"),
        ("?path=artifacts/%2e%2e/a.png", 400, "validation_error"),
        ("?path=a.png", 404, "artifact_not_found"),
        ("?path=artifacts/b.png", 404, "artifact_not_found"),
        ("?path=artifacts/", 404, "artifact_not_found"),
    ] {
        let path = format!("/v1/agents/{id}/artifacts/download{query}");
        let reply = server.ask(get(path).by(&key)).await;
        assert_eq!(reply.refused(), (status, code.to_owned()), "{query}");
    }
}
