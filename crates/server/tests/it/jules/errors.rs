//! Refusals: their shape, their words, the key's own header.

use outwork_domain::{KeyRules, KeyScope};
use outwork_server::RateLimitOptions;
use serde_json::json;

use super::support::{Jules, not_found, refused};
use crate::support::{Ask, Server, get, post, put};

const LIST: &str = "/v1alpha/sessions";

fn unauthenticated() -> (u16, String) {
    (401, "UNAUTHENTICATED".to_owned())
}

#[tokio::test]
async fn the_key_may_stand_in_a_header_of_its_own() {
    let server = Server::start().await;
    let key = server.key("dev@example.com").await;
    let with = |path: &str, token: &str| get(path).header("x-goog-api-key", token);
    server.ask(with(LIST, &key.token)).await.good();
    server.ask(get(LIST).by(&key)).await.good();
    server.ask(get(LIST).basic(&key.token, "")).await.good();
    let query = format!("{LIST}?key={}", key.token);
    for ask in [
        get(LIST),
        get(query),
        with(LIST, ""),
        with(LIST, "wrong"),
        with(LIST, "wrong").by(&key),
        get(LIST).header("authorization", "Bearer wrong"),
    ] {
        assert_eq!(refused(&server.ask(ask).await), unauthenticated());
    }
    let told = server.ask(get(LIST)).await;
    let told = told.text();
    assert!(
        told.contains("X-Goog-Api-Key") && !told.contains("Basic"),
        "{told}"
    );
    // Elsewhere that header means nothing.
    assert_eq!(server.ask(with("/v0/agents", &key.token)).await.status, 401);
}

#[tokio::test]
async fn what_a_key_may_not_do_is_forbidden() {
    let jules = Jules::new().await;
    let rules = KeyRules {
        scope: KeyScope::Read,
        ..KeyRules::default()
    };
    let reader = jules.server.limited(&jules.key, rules).await;
    jules.server.ask(get(LIST).by(&reader)).await.good();
    let create = post(LIST).by(&reader).json(&json!({"prompt": "x"}));
    let reply = jules.server.ask(create).await;
    assert_eq!(refused(&reply), (403, "PERMISSION_DENIED".to_owned()));
}

#[tokio::test]
async fn routes_that_are_none_are_not_found() {
    let jules = Jules::new().await;
    for ask in [
        get("/v1alpha"),
        get("/v1alpha/"),
        get("/v1alpha/nothing"),
        get("/v1alpha/sessions/x/nothing"),
        put(LIST),
        post("/v1alpha/sources"),
    ] {
        let (method, path) = (ask.method.clone(), ask.path.clone());
        assert_eq!(
            refused(&jules.ask(ask).await),
            not_found(),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn a_repetition_is_answered_as_it_was_or_refused() {
    let jules = Jules::new().await;
    let create = |prompt: &str| -> Ask {
        post(LIST)
            .header("idempotency-key", "k")
            .json(&json!({"prompt": prompt}))
    };
    let first = jules.ask(create("one")).await;
    let again = jules.ask(create("one")).await;
    assert_eq!((&again.bytes, again.status), (&first.bytes, first.status));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let other = jules.ask(create("two")).await;
    assert_eq!(refused(&other), (409, "ALREADY_EXISTS".to_owned()));
    assert_eq!(jules.list("sessions", "sessions").await.len(), 1);
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let server = Server::start_limited(RateLimitOptions {
        read: vec!["1/h".parse().unwrap()],
        ..RateLimitOptions::unlimited()
    })
    .await;
    let key = server.key("dev@example.com").await;
    let first = server.ask(get(LIST).by(&key)).await;
    assert_eq!(
        (first.status.as_u16(), first.header("x-ratelimit-remaining")),
        (200, Some("0"))
    );
    let second = server.ask(get(LIST).by(&key)).await;
    assert_eq!(refused(&second), (429, "RESOURCE_EXHAUSTED".to_owned()));
    assert!(second.header("retry-after").is_some());
}
