//! What no route knows is told in the shape of the surface that was asked.

use axum::http::Method;

use crate::support::{Ask, Server, get, post};

#[tokio::test]
async fn an_unknown_path_of_the_cursor_api_is_told_as_it_does() {
    let server = Server::start().await;
    for path in [
        "/v0/",
        "/v0/agent",
        "/v0/agents/bc-1/nothing",
        "/v0/agents/",
        "/v1/",
        "/v1/agent",
        "/v1/agents/",
        "/v1/agents/bc-1/nothing",
        "/auth/exchange_user_api_key",
        "/aiserver.v1.AiService/Something",
    ] {
        let reply = server.ask(get(path)).await;
        assert_eq!(reply.refused(), (404, "not_found".to_owned()), "{path}");
        assert!(reply.json().get("error").is_some(), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_path_of_our_own_api_is_a_problem() {
    let server = Server::start().await;
    let reply = server.ask(get("/api/v1/nothing")).await;
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(
        reply.text(),
        r#"{"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"There is nothing here"}"#
    );
}

#[tokio::test]
async fn any_other_unknown_path_is_plain_text() {
    let server = Server::start().await;
    for path in [
        "/nothing",
        "/assets/../../etc/passwd",
        "/.gitkeep",
        "/assets/",
        "/pulls",
    ] {
        let reply = server.ask(get(path)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.text()),
            (404, "There is nothing here\n"),
            "{path}"
        );
        assert_eq!(
            reply.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_with_the_right_ones() {
    let server = Server::start().await;
    for (ask, allow) in [
        (Ask::new(Method::PUT, "/v0/agents"), "GET,HEAD,POST"),
        (post("/v0/me"), "GET,HEAD"),
        (
            Ask::new(Method::PATCH, "/v0/agents/bc-1"),
            "GET,HEAD,DELETE",
        ),
        (get("/v0/agents/bc-1/stop"), "POST"),
        (get("/api/v1/pull-requests/1/merge"), "POST"),
    ] {
        let path = ask.path.clone();
        let request = ask.request();
        let response = server.send(request).await;
        assert_eq!(response.status(), 405, "{path}");
        assert_eq!(response.headers()["allow"], allow, "{path}");
        let body = axum::body::to_bytes(response.into_body(), 4_096)
            .await
            .unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let code = body
            .get("error")
            .map_or(&body["code"], |error| &error["code"]);
        assert_eq!(code, "method_not_allowed", "{path}");
    }
}

#[tokio::test]
async fn v1_calls_a_wrong_method_an_unknown_path() {
    let server = Server::start().await;
    for ask in [
        Ask::new(Method::PUT, "/v1/agents"),
        post("/v1/me"),
        get("/v1/sub-tokens"),
        Ask::new(Method::PATCH, "/v1/agents/bc-1/runs"),
    ] {
        let path = ask.path.clone();
        let reply = server.ask(ask).await;
        assert_eq!(reply.refused(), (404, "not_found".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn a_head_is_a_get_without_a_body() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let reply = server.ask(Ask::new(Method::HEAD, "/v0/me").by(&key)).await;
    assert_eq!((reply.status.as_u16(), reply.bytes.len()), (200, 0));
    assert_eq!(reply.header("content-type"), Some("application/json"));
}
