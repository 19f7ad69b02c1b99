//! `/v0/private-workers…`: empty lists, refusals in words, and failures of their own shape.

use serde_json::{Value, json};

use crate::support::{Ask, Server, delete, get, post};

#[tokio::test]
async fn there_are_none() {
    let server = Server::start().await;
    let key = server.service_key("bot@example.com").await;
    for (path, expected) in [
        ("", json!({"workers": [], "totalCount": 0})),
        (
            "?status=idle&scope=team_pool&limit=100",
            json!({"workers": [], "totalCount": 0}),
        ),
        (
            "/summary",
            json!({"teamSummary": {"totalConnected": 0, "inUse": 0, "idle": 0}}),
        ),
        ("/pools?scope=all&includeStale=true", json!({"pools": []})),
    ] {
        let path = format!("/v0/private-workers{path}");
        assert_eq!(server.read(&key, &path).await, expected, "{path}");
    }
}

fn error(text: &str) -> Value {
    json!({"error": text})
}

#[tokio::test]
async fn what_needs_one_is_refused() {
    let server = Server::start().await;
    let key = server.service_key("bot@example.com").await;
    let refusal = error(
        "private workers cannot be connected to this server: runs are executed by the server itself",
    );
    let asks = |base: &str| -> Vec<Ask> {
        let path = |rest: &str| format!("{base}{rest}");
        vec![
            post(path("/pools")).json(&json!({})),
            delete(path("/pools?scope=user&pool_name=x")),
            get(path("/pending-requests")),
            get(path("/pending-requests/stream?cursor=x")),
            post(path("/claim")),
            post(path("/tokens")),
            post(path("/claims/1/release")),
            post(path("/claims/1/fail")),
        ]
    };
    for ask in asks("/v0/private-workers") {
        let place = format!("{} {}", ask.method, ask.path);
        let reply = server.ask(ask.by(&key)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.json()),
            (403, refusal.clone()),
            "{place}"
        );
    }
}

#[tokio::test]
async fn failures_are_one_text() {
    let server = Server::start().await;
    let service = server.service_key("bot@example.com").await;
    let user = server.key("a@example.com").await;
    for (ask, status, text) in [
        (
            get("/v0/private-workers"),
            401,
            "Missing API key: send it as the user name of Basic or as a Bearer token",
        ),
        (
            get("/v0/private-workers").by(&user),
            403,
            "This needs the API key of a service",
        ),
        (
            get("/v0/private-workers/w-1").by(&service),
            404,
            "Worker not found",
        ),
        (
            get("/v0/private-workers?status=x").by(&service),
            400,
            "status must be one of all, in_use, idle",
        ),
        (
            get("/v0/private-workers?pageToken=x").by(&service),
            400,
            "pageToken is none that this server gave",
        ),
        (
            get("/v0/private-workers?limit=101").by(&service),
            400,
            "limit must be an integer from 1 to 100",
        ),
        (
            get("/v0/private-workers/a/b/c").by(&service),
            404,
            "There is nothing here",
        ),
    ] {
        let place = ask.path.clone();
        let reply = server.ask(ask).await;
        assert_eq!(
            (reply.status.as_u16(), reply.json()),
            (status, error(text)),
            "{place}"
        );
    }
}
