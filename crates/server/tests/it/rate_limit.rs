//! How often keys may ask, and strangers guess.

use axum::http::StatusCode;
use outwork_domain::KeyRules;
use outwork_engine::Clock;
use outwork_server::{RateLimitOptions, Window};

use serde_json::json;

use crate::support::{Ask, Key, Reply, Server, delete, get, post};

/// Room comes back so slowly that none does during a test.
fn windows(texts: &[&str]) -> Vec<Window> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn reads(texts: &[&str]) -> RateLimitOptions {
    RateLimitOptions {
        read: windows(texts),
        ..RateLimitOptions::unlimited()
    }
}

/// Limit and what remains of it, as told.
fn told(reply: &Reply) -> (Option<&str>, Option<&str>) {
    (
        reply.header("x-ratelimit-limit"),
        reply.header("x-ratelimit-remaining"),
    )
}

#[tokio::test]
async fn what_is_left_is_told_until_nothing_is() {
    let server = Server::start_limited(reads(&["3/h"])).await;
    let key = server.key("a@example.com").await;
    for remaining in ["2", "1", "0"] {
        let reply = server.ask(get("/v0/me").by(&key)).await;
        assert_eq!(reply.status, 200);
        assert_eq!(told(&reply), (Some("3"), Some(remaining)));
        let reset: i64 = reply.header("x-ratelimit-reset").unwrap().parse().unwrap();
        let now = server.clock.now().millis() / 1000;
        assert!((now + 1..=now + 3_601).contains(&reset), "{reset} {now}");
    }
    let reply = server.ask(get("/v0/me").by(&key)).await;
    assert_eq!(reply.refused(), (429, "rate_limit_exceeded".to_owned()));
    assert_eq!(told(&reply), (Some("3"), Some("0")));
    assert!(reply.header("x-ratelimit-reset").is_some());
    let wait: u32 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=1_200).contains(&wait), "{wait}");
}

#[tokio::test]
async fn answers_that_refuse_are_counted_and_told_too() {
    let server = Server::start_limited(reads(&["2/h"])).await;
    let key = server.key("a@example.com").await;
    let missing = get("/v0/agents/bc-00000000-0000-4000-8000-000000000000");
    let reply = server.ask(missing.by(&key)).await;
    assert_eq!(
        (reply.status.as_u16(), told(&reply)),
        (404, (Some("2"), Some("1")))
    );
    let reply = server.ask(get("/v0/agents?limit=x").by(&key)).await;
    assert_eq!(
        (reply.status.as_u16(), told(&reply)),
        (400, (Some("2"), Some("0")))
    );
}

#[tokio::test]
async fn each_key_and_each_class_has_its_own_count() {
    let limits = RateLimitOptions {
        create: windows(&["1/h"]),
        artifacts_list: windows(&["300/min", "6000/h"]),
        ..reads(&["1/h"])
    };
    let server = Server::start_limited(limits).await;
    let (one, other) = (
        server.key("a@example.com").await,
        server.key("a@example.com").await,
    );
    let id = server.launch(&one, "x").await;
    server.ask(get("/v0/me").by(&one)).await.good();
    assert_eq!(server.ask(get("/v0/me").by(&one)).await.status, 429);
    let again = post("/v0/agents").by(&one).body("{}");
    assert_eq!(server.ask(again).await.status, 429);
    let artifacts = get(format!("/v0/agents/{id}/artifacts")).by(&one);
    let reply = server.ask(artifacts).await;
    assert_eq!(told(&reply), (Some("300"), Some("299")));
    server.ask(get("/v0/me").by(&other)).await.good();
    let stopped = server
        .ask(post(format!("/v0/agents/{id}/stop")).by(&one))
        .await;
    assert_eq!(
        (stopped.status.as_u16(), told(&stopped)),
        (200, (None, None))
    );
}

#[tokio::test]
async fn a_service_and_its_sub_tokens_have_one_count() {
    let server = Server::start_limited(reads(&["2/h"])).await;
    let ann = server.key("ann@example.com").await;
    let service = server.service_key("bot@example.com").await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let mint = post("/v1/sub-tokens").by(&service);
        let mint = mint.json(&json!({"forUserEmail": "ann@example.com"}));
        let minted = server.ask(mint).await.good();
        tokens.push(Key {
            token: minted["accessToken"].as_str().unwrap().to_owned(),
            ..ann.clone()
        });
    }
    for key in &tokens {
        server.ask(get("/v1/me").by(key)).await.good();
    }
    for key in [&service, &tokens[0], &tokens[1]] {
        assert_eq!(server.ask(get("/v1/me").by(key)).await.status, 429);
    }
    server.ask(get("/v1/me").by(&ann)).await.good();
}

#[tokio::test]
async fn every_surface_tells_it_in_its_own_words() {
    let server = Server::start_limited(reads(&["1/h"])).await;
    let key = server.key("a@example.com").await;
    server.ask(get("/v0/me").by(&key)).await.good();
    let native = server.ask(get("/api/v1/pull-requests").by(&key)).await;
    assert_eq!(
        native.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(native.refused(), (429, "rate_limit_exceeded".to_owned()));
    let page = server.ask(get("/pulls/1").by(&key)).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        page.text().starts_with("Too many requests."),
        "{}",
        page.text()
    );
    for reply in [native, page] {
        assert_eq!(told(&reply), (Some("1"), Some("0")));
        assert!(reply.header("retry-after").is_some());
    }
}

#[tokio::test]
async fn what_needs_no_key_is_not_counted() {
    let server = Server::start_limited(reads(&["1/h"])).await;
    let key = server.key("a@example.com").await;
    server.ask(get("/v0/me").by(&key)).await.good();
    for path in ["/healthz", "/readyz", "/metrics", "/agents"] {
        for _ in 0..3 {
            let reply = server.ask(get(path).by(&key)).await;
            assert_ne!(reply.status, 429, "{path}");
            assert_eq!(told(&reply), (None, None), "{path}");
        }
    }
    let reply = server.ask(get("/v0/nothing").by(&key)).await;
    assert_eq!((reply.status.as_u16(), told(&reply)), (404, (None, None)));
}

fn guesses() -> RateLimitOptions {
    RateLimitOptions {
        wrong_keys: windows(&["2/h"]),
        // Requests of these tests come over no connection, and so from this address.
        trusted_proxies: vec!["0.0.0.0".parse().unwrap()],
        ..RateLimitOptions::unlimited()
    }
}

#[tokio::test]
async fn who_guesses_is_refused_and_who_works_beside_goes_on() {
    let server = Server::start_limited(guesses()).await;
    let key = server.key("a@example.com").await;
    let from = |address: &str| get("/v0/me").header("x-forwarded-for", address);
    let guess = |address: &str| from(address).header("authorization", "Bearer key_wrong");
    server.ask(from("192.0.2.1").by(&key)).await.good();
    for _ in 0..2 {
        assert_eq!(server.ask(guess("192.0.2.1")).await.status, 401);
    }
    for _ in 0..2 {
        let reply = server.ask(guess("192.0.2.1")).await;
        assert_eq!(reply.refused(), (429, "rate_limit_exceeded".to_owned()));
        assert_eq!(told(&reply), (Some("2"), Some("0")));
    }
    server.ask(from("192.0.2.1").by(&key)).await.good();
    let newcomer = server.key("b@example.com").await;
    let reply = server.ask(from("192.0.2.1").by(&newcomer)).await;
    assert_eq!(reply.status, 429, "an unknown key is not looked up");
    server.ask(from("198.51.100.7").by(&newcomer)).await.good();
    assert_eq!(server.ask(guess("203.0.113.5")).await.status, 401);
}

/// Whoever signs out, or loses a key: the sessions of others are no strangers for that.
#[tokio::test]
async fn who_is_signed_in_goes_on_beside_a_guesser_when_others_sign_out() {
    let server = Server::start_limited(guesses()).await;
    let (one, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let more = server.limited(&other, KeyRules::default()).await;
    let from = |ask: Ask, address: &str| ask.header("x-forwarded-for", address);
    let mut cookies = Vec::new();
    for key in [&one, &other, &more] {
        let ask = post("/api/v1/session").json(&json!({"apiKey": key.token}));
        let reply = server.ask(from(ask, "192.0.2.1")).await;
        let line = reply.header("set-cookie").unwrap();
        cookies.push(line.split(';').next().unwrap().to_owned());
    }
    for _ in 0..3 {
        let guess = get("/v0/me").header("authorization", "Bearer key_wrong");
        server.ask(from(guess, "192.0.2.1")).await;
    }
    let statuses = async || {
        let mut statuses = Vec::new();
        for cookie in &cookies {
            let ask = get("/v0/me").header("cookie", cookie);
            let status = server.ask(from(ask, "192.0.2.1")).await.status;
            statuses.push(status.as_u16());
        }
        statuses
    };
    assert_eq!(statuses().await, [200, 200, 200]);
    for (ask, left) in [
        (delete("/api/v1/sessions").by(&one), [429, 200, 200]),
        (
            delete(format!("/api/v1/keys/{}", more.id)).by(&other),
            [429, 200, 429],
        ),
    ] {
        let done = server.ask(from(ask, "198.51.100.7")).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT);
        assert_eq!(statuses().await, left);
    }
}

#[tokio::test]
async fn a_request_without_a_key_is_no_guess() {
    let server = Server::start_limited(guesses()).await;
    for _ in 0..10 {
        assert_eq!(server.ask(get("/v0/me")).await.status, 401);
    }
}
