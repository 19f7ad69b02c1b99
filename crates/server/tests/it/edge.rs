//! What every answer says to a browser, whatever was asked.

use serde_json::Value;

use crate::support::{Ask, Server, get};

/// Nothing of an answer may be guessed, framed, or made to tell where it was read.
fn check(reply: &crate::support::Reply, what: &str) {
    assert_eq!(
        reply.header("x-content-type-options"),
        Some("nosniff"),
        "{what}"
    );
    let frames = reply.header("x-frame-options");
    let policy = reply
        .header("content-security-policy")
        .unwrap_or_else(|| panic!("{what}: no policy"));
    assert!(
        policy.contains("default-src 'none'") || policy.contains("default-src 'self'"),
        "{what}: {policy}"
    );
    assert!(
        frames == Some("DENY") || policy.contains("sandbox"),
        "{what}: {frames:?}"
    );
    assert!(reply.header("referrer-policy").is_some(), "{what}");
    assert!(
        reply.header("access-control-allow-origin").is_none(),
        "{what}"
    );
}

#[tokio::test]
async fn every_answer_closes_what_a_browser_could_open() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let document = server.ask(get("/openapi.json")).await.good();
    let paths = document["paths"].as_object().unwrap();
    let each = |path: &str, item: &Value| -> Vec<(String, String)> {
        let methods = item.as_object().unwrap().keys();
        methods
            .map(|method| (method.to_uppercase(), path.replace(['{', '}'], "")))
            .collect()
    };
    let mut all: Vec<_> = paths
        .iter()
        .flat_map(|(path, item)| each(path, item))
        .collect();
    assert!(all.len() > 70, "{}", all.len());
    for path in [
        "/",
        "/agents",
        "/agents/bc-1",
        "/pulls/1",
        "/nothing",
        "/v0/nothing",
        "/assets/none.js",
        "/favicon.ico",
    ] {
        all.push(("GET".to_owned(), path.to_owned()));
    }
    for path in ["/v0/agents", "/api/v1/agents", "/"] {
        all.extend(["OPTIONS", "TRACE", "PUT"].map(|method| (method.to_owned(), path.to_owned())));
    }
    for (method, path) in all {
        if path.ends_with("/stream") && path.contains("pending") {
            continue;
        }
        let ask = || Ask::new(method.parse().unwrap(), path.clone());
        for (who, ask) in [("nobody", ask()), ("somebody", ask().by(&key))] {
            let reply = server.ask(ask).await;
            check(
                &reply,
                &format!("{method} {path} by {who}: {}", reply.status),
            );
        }
    }
}
