//! `/api/v1/session`, `/api/v1/sessions`: signing in and out, and what a cookie opens.

use std::time::Duration;

use axum::http::Method;
use futures::StreamExt;
use outwork_domain::limits::SESSION_TTL;
use outwork_domain::{KeyRules, KeyScope, Project, Timestamp};
use outwork_engine::Clock;
use outwork_server::RateLimitOptions;
use serde_json::{Value, json};

use crate::support::{Ask, Key, PUBLIC_URL, Reply, Server, delete, get, post};

const REFUSED: (u16, &str) = (403, "role_forbidden");
const NOBODY: (u16, &str) = (401, "unauthorized");

fn refusal(reply: &Reply) -> (u16, &'static str) {
    let (status, code) = reply.refused();
    (status, Box::leak(code.into_boxed_str()))
}

fn sign_in(key: &Key) -> Ask {
    post("/api/v1/session").json(&json!({"apiKey": key.token}))
}

/// Signs in, and gives the cookie as a browser sends it.
async fn signed_in(server: &Server, key: &Key) -> String {
    let reply = server.ask(sign_in(key)).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    cookie_of(&reply)
}

fn cookie_of(reply: &Reply) -> String {
    let line = reply.header("set-cookie").unwrap();
    line.split(';').next().unwrap().to_owned()
}

/// A request of our page.
fn of_page(ask: Ask, cookie: &str) -> Ask {
    ask.header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
}

async fn ask(server: &Server, request: Ask, cookie: &str) -> Reply {
    server.ask(of_page(request, cookie)).await
}

#[tokio::test]
async fn a_browser_signs_in_and_out() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let reply = server.ask(sign_in(&key)).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let line = reply.header("set-cookie").unwrap();
    let (pair, rules) = line.split_once("; ").unwrap();
    assert_eq!(
        rules,
        "Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure"
    );
    let secret = pair.strip_prefix("__Host-outwork_session=").unwrap();
    assert_eq!(secret.len(), 64);
    let session = reply.good();
    assert_eq!(
        session,
        json!({"keyId": key.id.to_string(), "keyName": "Test key", "email": "a@example.com",
            "kind": "user", "scope": "write", "projects": [], "createdAt": "2026-01-15T10:30:00.000Z",
            "expiresAt": "2026-02-14T10:30:00.000Z"})
    );
    assert!(!reply.text().contains(&key.token));
    let seen = ask(&server, get("/api/v1/session"), pair).await;
    assert_eq!(seen.header("cache-control"), Some("no-store"));
    assert_eq!(seen.good(), session);

    let out = ask(&server, delete("/api/v1/session"), pair).await;
    assert_eq!(out.status, 204);
    assert_eq!(
        out.header("set-cookie"),
        Some("__Host-outwork_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure")
    );
    // At once: whoever signs out leaves nothing behind.
    assert_eq!(
        refusal(&ask(&server, get("/api/v1/session"), pair).await),
        NOBODY
    );
    for request in [
        delete("/api/v1/session"),
        of_page(delete("/api/v1/session"), pair),
    ] {
        assert_eq!(server.ask(request).await.status, 204, "twice is as once");
    }
}

#[tokio::test]
async fn a_session_opens_all_that_its_key_opens_and_no_more() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let cookie = signed_in(&server, &key).await;
    let (mine, theirs) = (
        server.launch(&key, "x").await,
        server.launch(&other, "y").await,
    );
    for path in [
        "/v0/me".to_owned(),
        "/v1/agents".to_owned(),
        format!("/v0/agents/{mine}"),
        format!("/api/v1/agents/{mine}"),
        format!("/v0/agents/{theirs}"),
        format!("/api/v1/agents/{theirs}"),
        format!("/api/v1/agents/{theirs}/diff"),
        "/v2/agent/nothing/job/x".to_owned(),
        "/pulls/1".to_owned(),
    ] {
        let by_key = server.ask(get(&path).by(&key)).await;
        let by_cookie = ask(&server, get(&path), &cookie).await;
        assert_eq!(by_key.status, by_cookie.status, "{path}");
        assert_eq!(by_key.bytes, by_cookie.bytes, "{path}");
    }
    let body = json!({"prompt": {"text": "z"}});
    let path = format!("/v0/agents/{mine}/followup");
    ask(&server, post(path).json(&body), &cookie).await.good();
    // A header wins, also one that opens nothing.
    let both = of_page(get(format!("/v0/agents/{theirs}")), &cookie);
    server.ask(both.by(&other)).await.good();
    let wrong = of_page(get("/v0/me"), &cookie).header("authorization", "Bearer key_wrong");
    assert_eq!(refusal(&server.ask(wrong).await), NOBODY);
    // What a cookie holds is no key, and a key is nothing that a cookie holds.
    let secret = cookie.strip_prefix("__Host-outwork_session=").unwrap();
    for secret in [secret.to_owned(), format!("key_{secret}")] {
        let header = format!("Bearer {secret}");
        let reply = server
            .ask(get("/v0/me").header("authorization", &header))
            .await;
        assert_eq!(refusal(&reply), NOBODY);
    }
    let as_cookie = format!("__Host-outwork_session={}", key.token);
    assert_eq!(
        refusal(&ask(&server, get("/v0/me"), &as_cookie).await),
        NOBODY
    );
}

#[tokio::test]
async fn the_rules_of_the_key_hold() {
    let server = Server::start_limited(RateLimitOptions {
        trusted_proxies: vec!["0.0.0.0".parse().unwrap()],
        ..RateLimitOptions::unlimited()
    })
    .await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("docs.git");
    let docs = Project::new("docs".parse().unwrap(), repository.parse().unwrap());
    server.project(docs).await;
    let inside = server.launch_on(&key, &repository, "in").await;
    let outside = server.launch(&key, "out").await;

    let reading = KeyRules {
        scope: KeyScope::Read,
        ..KeyRules::default()
    };
    let reading = signed_in(&server, &server.limited(&key, reading).await).await;
    let me = ask(&server, get("/api/v1/session"), &reading).await.good();
    assert_eq!(me["scope"], "read");
    ask(&server, get(format!("/v0/agents/{inside}")), &reading)
        .await
        .good();
    let stop = post(format!("/v0/agents/{inside}/stop"));
    assert_eq!(refusal(&ask(&server, stop, &reading).await), REFUSED);

    let in_docs = KeyRules {
        projects: vec!["docs".parse().unwrap()],
        ..KeyRules::default()
    };
    let in_docs = signed_in(&server, &server.limited(&key, in_docs).await).await;
    let me = ask(&server, get("/api/v1/session"), &in_docs).await.good();
    assert_eq!(me["projects"], json!(["docs"]));
    ask(&server, get(format!("/v0/agents/{inside}")), &in_docs)
        .await
        .good();
    let out = ask(&server, get(format!("/v0/agents/{outside}")), &in_docs).await;
    assert_eq!(out.status, 404);

    let from_there = KeyRules {
        networks: vec!["192.0.2.0/24".parse().unwrap()],
        ..KeyRules::default()
    };
    let from_there = server.limited(&key, from_there).await;
    let from = |ask: Ask, address: &str| ask.header("x-forwarded-for", address);
    let away = server.ask(from(sign_in(&from_there), "198.51.100.1")).await;
    assert_eq!(refusal(&away), REFUSED);
    let there = server.ask(from(sign_in(&from_there), "192.0.2.1")).await;
    assert_eq!(there.status, 201);
    let cookie = cookie_of(&there);
    let moved = from(get("/v0/me"), "198.51.100.1");
    assert_eq!(refusal(&ask(&server, moved, &cookie).await), REFUSED);
    ask(&server, from(get("/v0/me"), "192.0.2.9"), &cookie)
        .await
        .good();
}

#[tokio::test]
async fn nobody_signs_in_without_a_key_that_may() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let sign_in_with = |body: Value| post("/api/v1/session").json(&body);
    for body in [
        json!({"apiKey": "key_wrong"}),
        json!({"apiKey": format!("{}0", key.token)}),
        json!({"apiKey": "a\u{0}b"}),
    ] {
        let reply = server.ask(sign_in_with(body)).await;
        assert_eq!(
            (refusal(&reply), reply.header("set-cookie")),
            (NOBODY, None)
        );
    }
    for body in [
        json!({}),
        json!({"apiKey": ""}),
        json!({"apiKey": " "}),
        json!({"apiKey": null}),
        json!({"apiKey": 5}),
        json!([]),
        json!({"apiKey": "x".repeat(5_000)}),
    ] {
        let reply = server.ask(sign_in_with(body)).await;
        assert_eq!(refusal(&reply), (400, "validation_error"));
    }
    let empty = server.ask(post("/api/v1/session")).await;
    assert_eq!(refusal(&empty), (400, "missing_body"));
    // A header with a good key signs nobody in.
    let reply = server
        .ask(sign_in_with(json!({"apiKey": "key_wrong"})).by(&key))
        .await;
    assert_eq!(refusal(&reply), NOBODY);

    let service = server.service_key("bot@example.com").await;
    let cookie = signed_in(&server, &service).await;
    let me = ask(&server, get("/api/v1/session"), &cookie).await.good();
    assert_eq!((&me["kind"], me.get("email")), (&json!("service"), None));
    let body = json!({"forUserEmail": "a@example.com"});
    let minted = server
        .ask(post("/v1/sub-tokens").by(&service).json(&body))
        .await
        .good();
    let body = json!({"apiKey": minted["accessToken"]});
    assert_eq!(refusal(&server.ask(sign_in_with(body)).await), REFUSED);

    for request in [get("/api/v1/session"), delete("/api/v1/sessions")] {
        assert_eq!(refusal(&server.ask(request).await), NOBODY);
    }
    let by_key = server.ask(get("/api/v1/session").by(&key)).await.good();
    assert_eq!(
        (&by_key["createdAt"], by_key.get("expiresAt")),
        (&json!("2026-01-15T10:30:00.000Z"), None)
    );
}

#[tokio::test]
async fn guesses_are_counted() {
    let server = Server::start_limited(RateLimitOptions {
        wrong_keys: vec!["3/h".parse().unwrap()],
        ..RateLimitOptions::unlimited()
    })
    .await;
    let (key, new) = (
        server.key("a@example.com").await,
        server.key("a@example.com").await,
    );
    let cookie = signed_in(&server, &key).await;
    for number in 0..3 {
        let request = match number {
            0 => post("/api/v1/session").json(&json!({"apiKey": "key_wrong"})),
            1 => of_page(get("/v0/me"), "__Host-outwork_session=wrong"),
            _ => of_page(delete("/api/v1/session"), "__Host-outwork_session=wrong"),
        };
        let status = server.ask(request).await.status.as_u16();
        assert_eq!(status, if number == 2 { 204 } else { 401 });
    }
    let wrong = post("/api/v1/session").json(&json!({"apiKey": "key_other"}));
    let reply = server.ask(wrong).await;
    assert_eq!(refusal(&reply), (429, "rate_limit_exceeded"));
    assert!(reply.header("retry-after").is_some());
    assert_eq!(refusal(&server.ask(sign_in(&new)).await).0, 429);
    let guess = of_page(delete("/api/v1/session"), "__Host-outwork_session=other");
    assert_eq!(refusal(&server.ask(guess).await).0, 429);
    // Whoever was let in before goes on.
    ask(&server, get("/v0/me"), &cookie).await.good();
    signed_in(&server, &key).await;
}

#[tokio::test]
async fn signing_in_counts_among_the_requests_of_the_key() {
    let server = Server::start_limited(RateLimitOptions {
        change: vec!["2/h".parse().unwrap()],
        ..RateLimitOptions::unlimited()
    })
    .await;
    let key = server.key("a@example.com").await;
    let first = server.ask(sign_in(&key)).await;
    assert_eq!(first.header("x-ratelimit-remaining"), Some("1"));
    let cookie = cookie_of(&first);
    assert_eq!(server.ask(sign_in(&key)).await.status, 201);
    assert_eq!(refusal(&server.ask(sign_in(&key)).await).0, 429);
    let everywhere = ask(&server, delete("/api/v1/sessions"), &cookie).await;
    assert_eq!(refusal(&everywhere).0, 429);
    // Nobody is kept from signing out.
    assert_eq!(
        ask(&server, delete("/api/v1/session"), &cookie)
            .await
            .status,
        204
    );
}

fn with(ask: Ask, headers: &[(&str, &str)]) -> Ask {
    headers
        .iter()
        .fold(ask, |ask, (name, value)| ask.header(name, value))
}

/// The page says where it is; what does not, or is somewhere else, gets nothing for a cookie.
#[tokio::test]
async fn a_cookie_is_for_our_page_alone() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let cookie = signed_in(&server, &key).await;
    let sent = |method: &Method, path: &str, headers: &[(&str, &str)]| {
        let ask = Ask::new(method.clone(), path).header("cookie", &cookie);
        server.ask(with(ask, headers))
    };
    let agent = format!("/v0/agents/{id}");
    let stop = format!("{agent}/stop");
    let paths = [
        (Method::GET, agent.as_str()),
        (Method::GET, "/api/v1/session"),
        (Method::GET, "/pulls/1"),
        (Method::POST, &stop),
        (Method::DELETE, &agent),
        (Method::DELETE, "/api/v1/session"),
        (Method::DELETE, "/api/v1/sessions"),
    ];
    let elsewhere: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site")],
        &[
            ("sec-fetch-site", "same-site"),
            ("host", "h"),
            ("origin", "http://h"),
        ],
        &[
            ("origin", "https://evil.example.com"),
            ("host", "outwork.example.com"),
        ],
        &[("origin", "null"), ("host", "outwork.example.com")],
        &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
        ],
    ];
    for (method, path) in &paths {
        for headers in elsewhere {
            let reply = sent(method, path, headers).await;
            assert_eq!(reply.status, 403, "{method} {path} {headers:?}");
            assert_eq!(reply.header("set-cookie"), None);
        }
        if !method.is_safe() {
            let untold = sent(method, path, &[]).await;
            assert_eq!(refusal(&untold), REFUSED, "{method} {path}");
        }
    }
    assert_eq!(server.states(&id).await, ["queued"]);
    // Another site cannot make a browser somebody else either.
    for headers in elsewhere {
        let ask = with(sign_in(&key), headers);
        assert_eq!(refusal(&server.ask(ask).await), REFUSED, "{headers:?}");
    }
    let own: [&[(&str, &str)]; 4] = [
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[
            ("origin", "http://127.0.0.1:8080"),
            ("host", "127.0.0.1:8080"),
        ],
        &[("origin", PUBLIC_URL), ("host", "inside:8080")],
    ];
    for headers in own {
        sent(&Method::GET, &agent, headers).await.good();
        let body = post(format!("{agent}/followup")).json(&json!({"prompt": {"text": "y"}}));
        let body = body.header("cookie", &cookie);
        server.ask(with(body, headers)).await.good();
    }
    // Old browsers, and those that come without TLS, say nothing when they read.
    sent(&Method::GET, &agent, &[]).await.good();
}

#[tokio::test]
async fn a_script_is_not_answered_with_a_browsers_own_question() {
    let server = Server::start().await;
    for (headers, challenge) in [
        (vec![], r#"Basic realm="outwork", Bearer"#),
        (
            vec![("sec-fetch-dest", "document")],
            r#"Basic realm="outwork", Bearer"#,
        ),
        (vec![("sec-fetch-dest", "empty")], "Bearer"),
        (vec![("x-requested-with", "outwork")], "Bearer"),
    ] {
        let reply = server.ask(with(get("/api/v1/session"), &headers)).await;
        assert_eq!(
            reply.header("www-authenticate"),
            Some(challenge),
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_with_its_key() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let cookie = signed_in(&server, &key).await;
    let end = Timestamp::from_millis(server.clock.now().millis() + 60_500);
    let rules = KeyRules {
        expires_at: Some(end),
        ..KeyRules::default()
    };
    let reply = server
        .ask(sign_in(&server.limited(&key, rules).await))
        .await;
    assert!(reply.header("set-cookie").unwrap().contains("Max-Age=60;"));
    let short = cookie_of(&reply);
    ask(&server, get("/v0/me"), &short).await.good();
    server.clock.advance(Duration::from_millis(60_500));
    assert_eq!(refusal(&ask(&server, get("/v0/me"), &short).await), NOBODY);

    let other = server.limited(&key, KeyRules::default()).await;
    let of_other = signed_in(&server, &other).await;
    ask(&server, get("/v0/me"), &of_other).await.good();
    server.revoke(&other).await;
    let gone = async {
        while ask(&server, get("/v0/me"), &of_other).await.status != 401 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone)
        .await
        .unwrap();

    ask(&server, get("/v0/me"), &cookie).await.good();
    server
        .clock
        .advance(SESSION_TTL - Duration::from_millis(60_501));
    ask(&server, get("/v0/me"), &cookie).await.good();
    server.clock.advance(Duration::from_millis(1));
    assert_eq!(refusal(&ask(&server, get("/v0/me"), &cookie).await), NOBODY);
    server.ask(get("/v0/me").by(&key)).await.good();
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let before = signed_in(&server, &key).await;
    let elsewhere = signed_in(&server, &key).await;
    let after = ask(&server, sign_in(&other), &before).await;
    assert_eq!(after.status, 201);
    assert_eq!(refusal(&ask(&server, get("/v0/me"), &before).await), NOBODY);
    ask(&server, get("/v0/me"), &elsewhere).await.good();
    let me = ask(&server, get("/v0/me"), &cookie_of(&after)).await.good();
    assert_eq!(me["userEmail"], "b@example.com");
    // Who fails to sign in again stays who he was.
    let wrong = post("/api/v1/session").json(&json!({"apiKey": "key_wrong"}));
    assert_eq!(refusal(&ask(&server, wrong, &elsewhere).await), NOBODY);
    ask(&server, get("/v0/me"), &elsewhere).await.good();
}

#[tokio::test]
async fn one_can_sign_out_everywhere() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let second = server.limited(&key, KeyRules::default()).await;
    let reading = KeyRules {
        scope: KeyScope::Read,
        ..KeyRules::default()
    };
    let reading = server.limited(&key, reading).await;
    let in_docs = KeyRules {
        projects: vec!["docs".parse().unwrap()],
        ..KeyRules::default()
    };
    let in_docs = server.limited(&key, in_docs).await;
    let cookies = [
        signed_in(&server, &key).await,
        signed_in(&server, &second).await,
        signed_in(&server, &reading).await,
        signed_in(&server, &reading).await,
        signed_in(&server, &other).await,
        signed_in(&server, &in_docs).await,
    ];
    let statuses = async || {
        let mut statuses = Vec::new();
        for cookie in &cookies {
            statuses.push(ask(&server, get("/v0/me"), cookie).await.status.as_u16());
        }
        statuses
    };
    assert_eq!(statuses().await, [200; 6]);
    // A key that is limited ends what is its own.
    for (cookie, left) in [
        (&cookies[5], [200, 200, 200, 200, 200, 401]),
        (&cookies[2], [200, 200, 401, 401, 200, 401]),
    ] {
        let out = ask(&server, delete("/api/v1/sessions"), cookie).await;
        assert_eq!(out.status, 204);
        assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
        assert_eq!(statuses().await, left);
    }
    let again = signed_in(&server, &reading).await;
    let out = server.ask(delete("/api/v1/sessions").by(&key)).await;
    assert_eq!(out.status, 204);
    assert_eq!(statuses().await, [401, 401, 401, 401, 200, 401]);
    assert_eq!(refusal(&ask(&server, get("/v0/me"), &again).await), NOBODY);
    server.ask(get("/v0/me").by(&key)).await.good();
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    let cookie = signed_in(&server, &key).await;
    let path = format!("/api/v1/agents/{id}/events");
    let open = async |ask: Ask| {
        let ask = ask.header("accept", "text/event-stream");
        let response = server.send(ask.request()).await;
        assert_eq!(response.status(), 200);
        response.into_body().into_data_stream()
    };
    let mut of_session = open(of_page(get(&path), &cookie)).await;
    let mut of_key = open(get(&path).by(&key)).await;
    // Once both wait for more, as streams do most of the time.
    for stream in [&mut of_session, &mut of_key] {
        let mut read = String::new();
        while !read.contains("preparing") {
            let chunk = stream.next().await.unwrap().unwrap();
            read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
    let out = ask(&server, delete("/api/v1/session"), &cookie).await;
    assert_eq!(out.status, 204);
    // What a stream's key was found to be may be used for a second.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2)).await;
    tokio::time::resume();
    server
        .append(fence, vec![crate::streams::text("secret")])
        .await;
    let mut rest = String::new();
    while let Some(chunk) = of_session.next().await {
        rest.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
    }
    assert!(!rest.contains("secret"), "{rest}");
    let mut rest = String::new();
    while !rest.contains("secret") {
        let chunk = of_key.next().await.unwrap().unwrap();
        rest.push_str(std::str::from_utf8(&chunk).unwrap());
    }
}
