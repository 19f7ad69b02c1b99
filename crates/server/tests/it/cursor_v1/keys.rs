//! `GET /v1/me` and `POST /v1/sub-tokens`: users, services, and services that act as users.

use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};

use crate::support::{Key, Reply, Server, get, post};

async fn mint(server: &Server, key: &Key, body: &Value) -> Reply {
    server.ask(post("/v1/sub-tokens").by(key).json(body)).await
}

fn key_of(server_key: &Key, token: &Value) -> Key {
    Key {
        token: token.as_str().unwrap().to_owned(),
        ..server_key.clone()
    }
}

#[tokio::test]
async fn a_key_says_whose_it_is() {
    let server = Server::start().await;
    let key = server.key("Ann@example.com").await;
    let me = server.read(&key, "/v1/me").await;
    let number = me["userId"].as_i64().unwrap();
    assert!(number >= 1);
    let now = "2026-01-15T10:30:00.000Z";
    assert_eq!(
        me,
        json!({"apiKeyName": "Test key", "createdAt": now, "userId": number,
            "userEmail": "ann@example.com"})
    );
    let service = server.service_key("bot@example.com").await;
    for path in ["/v0/me", "/v1/me"] {
        let me = server.read(&service, path).await;
        assert_eq!(
            me,
            json!({"apiKeyName": "Test key", "createdAt": now}),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_service_acts_as_a_user_for_an_hour() {
    let server = Server::start().await;
    let ann = server.key("ann@example.com").await;
    let service = server.service_key("bot@example.com").await;
    let id = server.launch(&ann, "x").await;
    let reply = mint(
        &server,
        &service,
        &json!({"forUserEmail": "ANN@Example.com"}),
    )
    .await;
    let minted = reply.good();
    let number = server.read(&ann, "/v1/me").await["userId"].clone();
    assert_eq!(minted["userId"], number);
    assert_eq!(minted["expiresAt"], "2026-01-15T11:30:00.000Z");
    assert!(minted["teamId"].is_i64());

    let token = key_of(&ann, &minted["accessToken"]);
    let agent = server.read(&token, &format!("/v1/agents/{id}")).await;
    assert_eq!(agent["id"], json!(id));
    let me = server.read(&token, "/v1/me").await;
    assert_eq!(
        (&me["userId"], &me["userEmail"]),
        (&number, &json!("ann@example.com"))
    );
    // Nobody else's key sees it, that of the service itself included.
    let path = format!("/v1/agents/{id}");
    assert_eq!(server.ask(get(&path).by(&service)).await.status, 404);

    server.clock.advance(Duration::from_secs(3_599));
    server.read(&token, &path).await;
    server.clock.advance(Duration::from_secs(1));
    let expired = server.ask(get(&path).by(&token)).await.refused();
    assert_eq!(expired, (401, "unauthorized".to_owned()));
    server.read(&ann, &path).await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let server = Server::start().await;
    let ann = server.key("ann@example.com").await;
    let service = server.service_key("bot@example.com").await;
    let id = server.launch(&ann, "x").await;
    let fence = server.work().await;
    let body = json!({"forUserEmail": "ann@example.com"});
    let minted = mint(&server, &service, &body).await.good();
    let token = key_of(&ann, &minted["accessToken"]);
    let path = format!("/v1/agents/{id}/runs/run-{}/stream", fence.run_id);
    let response = server.send(get(path).by(&token).request()).await;
    let mut stream = response.into_body().into_data_stream();
    let mut read = String::new();
    // Once it waits for more, as streams do most of the time.
    while !read.contains("user-message-appended") {
        let chunk = stream.next().await.unwrap().unwrap();
        read.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    server.clock.advance(Duration::from_secs(3_600));
    server
        .append(fence, vec![crate::streams::text("secret")])
        .await;
    while let Some(chunk) = stream.next().await {
        read.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
    }
    assert!(
        read.contains("event: error\ndata: {\"code\":\"unauthorized\""),
        "{read}"
    );
    assert!(!read.contains("secret"), "{read}");
}

#[tokio::test]
async fn only_services_make_tokens() {
    let server = Server::start().await;
    let ann = server.key("ann@example.com").await;
    let service = server.service_key("bot@example.com").await;
    let number = server.read(&ann, "/v1/me").await["userId"].clone();
    let body = json!({"forUserId": number});
    let refused = (403, "service_account_required".to_owned());
    assert_eq!(mint(&server, &ann, &body).await.refused(), refused);
    let minted = mint(&server, &service, &body).await.good();
    let token = key_of(&ann, &minted["accessToken"]);
    assert_eq!(mint(&server, &token, &body).await.refused(), refused);
}

#[tokio::test]
async fn the_user_is_named_in_one_way() {
    let server = Server::start().await;
    let service = server.service_key("bot@example.com").await;
    let one = "exactly one of forUserEmail and forUserId is required";
    for (body, message) in [
        (json!({}), one),
        (json!({"forUserEmail": null, "forUserId": null}), one),
        (json!({"forUserEmail": "a@b.c", "forUserId": 1}), one),
        (
            json!({"forUserEmail": "x"}),
            "forUserEmail must be an e-mail address",
        ),
        (json!({"forUserId": 0}), "forUserId must be at least 1"),
        (json!({"forUserId": "1"}), "forUserId must be i64"),
        (
            json!({"forUser": 1}),
            "Unrecognized key(s) in object: 'forUser'",
        ),
    ] {
        let expected = (400, "validation_error".to_owned(), message.to_owned());
        assert_eq!(
            mint(&server, &service, &body).await.refusal(),
            expected,
            "{body}"
        );
    }
    for body in [
        json!({"forUserEmail": "nobody@example.com"}),
        json!({"forUserId": 999}),
    ] {
        let refused = mint(&server, &service, &body).await.refused();
        assert_eq!(refused, (404, "not_found".to_owned()), "{body}");
    }
}

#[tokio::test]
async fn a_repeated_request_gives_the_same_token() {
    let server = Server::start().await;
    let ann = server.key("ann@example.com").await;
    server.key("bob@example.com").await;
    let service = server.service_key("bot@example.com").await;
    let ask = |email: &str, key: &str| {
        let ask = post("/v1/sub-tokens").by(&service);
        ask.header("idempotency-key", key)
            .json(&json!({ "forUserEmail": email }))
    };
    let first = server.ask(ask("ann@example.com", "one")).await;
    assert!(first.header("idempotency-replayed").is_none());
    let minted = first.good();
    server.clock.advance(Duration::from_secs(60));
    let again = server.ask(ask("ann@example.com", "one")).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.good(), minted);
    let token = key_of(&ann, &minted["accessToken"]);
    server.read(&token, "/v1/me").await;

    let reused = server.ask(ask("bob@example.com", "one")).await.refused();
    assert_eq!(reused, (409, "idempotency_key_reused".to_owned()));
    let other = server.ask(ask("ann@example.com", "two")).await.good();
    assert_ne!(other["accessToken"], minted["accessToken"]);
    // A refusal is not kept: the same request is good as soon as there is such a user.
    let unknown = server.ask(ask("eve@example.com", "three")).await.refused();
    assert_eq!(unknown, (404, "not_found".to_owned()));
    server.key("eve@example.com").await;
    server.ask(ask("eve@example.com", "three")).await.good();
    // The key of a user gets no token, also not one that was made before.
    let by_user = post("/v1/sub-tokens").by(&server.key("bot@example.com").await);
    let by_user = by_user
        .header("idempotency-key", "one")
        .json(&json!({"forUserEmail": "ann@example.com"}));
    let refused = server.ask(by_user).await.refused();
    assert_eq!(refused, (403, "service_account_required".to_owned()));
}
