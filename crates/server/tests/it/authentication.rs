//! Who gets in.

use std::time::Duration;

use serde_json::json;

use crate::support::{Ask, Server, delete, get, post};

const SCHEMES: &str = r#"Basic realm="outwork", Bearer"#;

#[tokio::test]
async fn basic_and_bearer_are_equal_everywhere() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    for path in [
        "/v0/me".to_owned(),
        "/v0/agents".to_owned(),
        format!("/v0/agents/{id}"),
        format!("/api/v1/agents/{id}"),
        "/api/v1/pull-requests".to_owned(),
        "/api/v1/forge-pull-requests".to_owned(),
    ] {
        let bearer = server.ask(get(path.clone()).by(&key)).await;
        let basic = server.ask(get(path.clone()).basic(&key.token, "")).await;
        assert_eq!(bearer.status, 200, "{path}");
        assert_eq!(bearer.bytes, basic.bytes, "{path}");
    }
}

/// Every route that needs a key, without one and with a wrong one.
#[tokio::test]
async fn no_route_answers_without_a_key() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let agent = server.launch(&key, "x").await;
    let routes: Vec<fn(&str) -> Ask> = vec![
        |_| get("/v0/agents"),
        |_| post("/v0/agents"),
        |id| get(format!("/v0/agents/{id}")),
        |id| delete(format!("/v0/agents/{id}")),
        |id| get(format!("/v0/agents/{id}/conversation")),
        |id| post(format!("/v0/agents/{id}/followup")),
        |id| post(format!("/v0/agents/{id}/stop")),
        |id| get(format!("/v0/agents/{id}/artifacts")),
        |id| {
            get(format!(
                "/v0/agents/{id}/artifacts/download?path=/opt/cursor/artifacts/a"
            ))
        },
        |_| get("/v0/me"),
        |_| get("/v0/models"),
        |_| get("/v0/repositories"),
        |id| get(format!("/api/v1/agents/{id}")),
        |id| get(format!("/api/v1/agents/{id}/events")),
        |id| get(format!("/api/v1/agents/{id}/diff")),
        |_| get("/api/v1/pull-requests"),
        |_| get("/api/v1/pull-requests/1"),
        |_| get("/api/v1/pull-requests/1/diff"),
        |_| get("/api/v1/pull-requests/1/patch"),
        |_| post("/api/v1/pull-requests/1/merge"),
        |_| post("/api/v1/pull-requests/1/close"),
        |_| get("/pulls/1"),
        |_| get("/pulls/1.diff"),
        |_| get("/pulls/1.patch"),
    ];
    for route in routes {
        for ask in [
            route(&agent),
            route(&agent).header("authorization", "Bearer key_wrong"),
            route(&agent).basic("key_wrong", ""),
            route(&agent).basic(&key.token, "a password"),
            route(&agent).basic("", &key.token),
            route(&agent).header("authorization", &format!("Token {}", key.token)),
        ] {
            let path = ask.path.clone();
            let reply = server.ask(ask).await;
            assert_eq!(reply.status, 401, "{path}");
            assert_eq!(reply.header("www-authenticate"), Some(SCHEMES), "{path}");
            if !path.starts_with("/pulls") {
                assert_eq!(reply.refused().1, "unauthorized", "{path}");
            }
        }
    }
    assert_eq!(
        server.agent(&key, &agent).await["status"],
        "CREATING",
        "nothing happened"
    );
}

#[tokio::test]
async fn a_revoked_key_stops_working() {
    let server = Server::start().await;
    let (key, kept) = (
        server.key("a@example.com").await,
        server.key("a@example.com").await,
    );
    server.ask(get("/v0/me").by(&key)).await.good();
    server.revoke(&key).await;
    let gone = async {
        while server.ask(get("/v0/me").by(&key)).await.status != 401 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone)
        .await
        .unwrap();
    server.ask(get("/v0/me").by(&kept)).await.good();
}

/// A browser adds Basic credentials to whatever any site makes it send.
#[tokio::test]
async fn another_site_cannot_use_a_browsers_credentials() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let stop = || post(format!("/v0/agents/{id}/stop"));
    for site in ["cross-site", "same-site"] {
        let ask = stop().basic(&key.token, "").header("sec-fetch-site", site);
        assert_eq!(
            server.ask(ask).await.refused(),
            (403, "role_forbidden".to_owned()),
            "{site}"
        );
    }
    assert_eq!(server.states(&id).await, ["queued"]);
    let read = get(format!("/v0/agents/{id}")).basic(&key.token, "");
    server
        .ask(read.header("sec-fetch-site", "cross-site"))
        .await
        .good();
    server
        .ask(stop().by(&key).header("sec-fetch-site", "cross-site"))
        .await
        .good();
    server
        .ask(
            stop()
                .basic(&key.token, "")
                .header("sec-fetch-site", "same-origin"),
        )
        .await
        .good();
}

#[tokio::test]
async fn a_key_of_any_shape_can_be_imported() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let imported = server
        .import("crsr-without-an-underscore", key.account_id)
        .await;
    let me = server.ask(get("/v0/me").by(&imported)).await.good();
    assert_eq!(me["userEmail"], json!("a@example.com"));
}
