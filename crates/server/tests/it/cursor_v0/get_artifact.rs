//! `GET /v0/agents/{id}/artifacts/download` and what its link gives.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Key, Reply, Server, delete, get};

const NAME: &str = "shots/a b;ü.png";
const ABSOLUTE: &str = "/opt/cursor/artifacts/shots/a%20b%3B%C3%BC.png";

async fn link(server: &Server, key: &Key, id: &str) -> Value {
    let path = format!("/v0/agents/{id}/artifacts/download?path={ABSOLUTE}");
    server.ask(get(path).by(key)).await.good()
}

fn path_of(link: &Value) -> String {
    let url = link["url"].as_str().unwrap();
    url.strip_prefix("https://outwork.example.com")
        .unwrap()
        .to_owned()
}

async fn open(server: &Server, path: &str) -> Reply {
    server.ask(get(path)).await
}

#[tokio::test]
async fn the_link_gives_the_bytes_without_a_key() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.leave_artifact(&id, NAME, b"<script>").await;
    let link = link(&server, &key, &id).await;
    assert_eq!(link["expiresAt"], "2026-01-15T10:45:00.000Z");
    let reply = open(&server, &path_of(&link)).await;
    assert_eq!(
        (reply.status.as_u16(), reply.bytes.as_slice()),
        (200, b"<script>".as_slice())
    );
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("content-length", "8"),
        (
            "content-disposition",
            "attachment; filename=\"a_b__.png\"; filename*=UTF-8''a%20b%3B%C3%BC.png",
        ),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(reply.header(name), Some(value));
    }
}

#[tokio::test]
async fn the_link_ends_after_fifteen_minutes() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.leave_artifact(&id, NAME, b"x").await;
    let path = path_of(&link(&server, &key, &id).await);
    server.clock.advance(Duration::from_secs(15 * 60 - 1));
    assert_eq!(open(&server, &path).await.status, 200);
    server.clock.advance(Duration::from_secs(1));
    let late = open(&server, &path).await;
    assert_eq!(
        (late.status.as_u16(), late.text()),
        (403, "This link has expired\n")
    );
}

#[tokio::test]
async fn a_changed_link_gives_nothing() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let (id, other) = (
        server.launch(&key, "x").await,
        server.launch(&key, "y").await,
    );
    for agent in [&id, &other] {
        server.leave_artifact(agent, NAME, b"x").await;
        server.leave_artifact(agent, "b.png", b"x").await;
    }
    let path = path_of(&link(&server, &key, &id).await);
    let (place, query) = path.split_once('?').unwrap();
    let (expires, signature) = query.split_once('&').unwrap();
    let later = expires.replace("expires=1", "expires=2");
    let bent = if signature.ends_with('0') { "1" } else { "0" };
    let bent = format!("{}{bent}", &signature[..signature.len() - 1]);
    for changed in [
        path.replace(&id, &other),
        format!("/artifacts/{id}/b.png?{query}"),
        format!("{place}?{later}&{signature}"),
        format!("{place}?{expires}&{bent}"),
        format!("{place}?{expires}&signature=zz"),
        format!("{place}?{expires}&{}", &signature[..signature.len() - 2]),
        format!("{place}?{expires}"),
        format!("{place}?{signature}"),
        place.to_owned(),
    ] {
        assert_ne!(changed, path);
        assert_eq!(open(&server, &changed).await.status, 403, "{changed}");
    }
    assert_eq!(open(&server, &path).await.status, 200, "the control");
}

#[tokio::test]
async fn the_link_ends_with_its_agent() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.leave_artifact(&id, NAME, b"x").await;
    let path = path_of(&link(&server, &key, &id).await);
    server
        .ask(delete(format!("/v0/agents/{id}")).by(&key))
        .await
        .good();
    assert_eq!(open(&server, &path).await.status, 404);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.leave_artifact(&id, "a.png", b"x").await;
    for path in [
        "/opt/cursor/artifacts/b.png",
        "/opt/cursor/artifacts/",
        "/opt/cursor/artifacts/../../../etc/passwd",
        "/opt/cursor/artifacts//a.png",
        "/etc/passwd",
        "a.png",
    ] {
        let ask = get(format!("/v0/agents/{id}/artifacts/download?path={path}")).by(&key);
        let refused = server.ask(ask).await.refused();
        assert_eq!(refused, (404, "artifact_not_found".to_owned()), "{path}");
    }
    for query in ["", "?path=", "?Path=/opt/cursor/artifacts/a.png"] {
        let ask = get(format!("/v0/agents/{id}/artifacts/download{query}")).by(&key);
        let refused = server.ask(ask).await.refused();
        assert_eq!(refused, (400, "validation_error".to_owned()), "{query}");
    }
}
