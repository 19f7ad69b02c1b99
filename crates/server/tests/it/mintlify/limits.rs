//! How often a project may be used.

use std::time::Duration;

use serde_json::json;

use super::support::{Docs, refused};
use crate::support::post;

#[tokio::test]
async fn so_many_jobs_an_hour_through_both_versions() {
    let docs = Docs::with(|project| project.uses_per_hour = 2).await;
    docs.create("one").await;
    docs.server.clock.advance(Duration::from_secs(600));
    let v1 = json!({"messages": [{"role": "user", "content": "two"}]});
    let request = post("/v1/agent/docs/job").json(&v1).by(&docs.key).request();
    let second = docs.server.send(request).await;
    assert_eq!(second.status(), 200);
    assert_eq!(second.headers()["x-ratelimit-remaining"], "0");

    let v2 = || post("/v2/agent/docs/job").json(&json!({"prompt": "three"}));
    for ask in [
        v2(),
        post("/v1/agent/docs/job").json(&v1),
        post("/v1/agent/job/acme").json(&v1),
    ] {
        let reply = docs.ask(ask).await;
        assert_eq!(refused(&reply), (429, "Rate limit exceeded".to_owned()));
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("retry-after"), Some("3000"));
        assert_eq!(reply.header("x-ratelimit-limit"), Some("2"));
        assert_eq!(reply.header("x-ratelimit-remaining"), Some("0"));
    }
    docs.server.clock.advance(Duration::from_secs(3000));
    let third = docs.ask(v2()).await;
    assert_eq!(third.status, 201);
    assert_eq!(third.header("x-ratelimit-remaining"), Some("0"));
}

#[tokio::test]
async fn messages_have_a_count_of_their_own_and_refusals_do_not_count() {
    let docs = Docs::with(|project| project.uses_per_hour = 1).await;
    let id = docs.create("one").await["id"].clone();
    assert_eq!(docs.message(&id, " ").await.status, 400);
    assert_eq!(docs.message(&json!("x"), "two").await.status, 404);
    docs.message(&id, "two").await.good();
    assert_eq!(docs.message(&id, "three").await.status, 429);
}

#[tokio::test]
async fn a_repetition_is_no_use() {
    let docs = Docs::with(|project| project.uses_per_hour = 1).await;
    let ask = || {
        post("/v2/agent/docs/job")
            .json(&json!({"prompt": "one"}))
            .header("idempotency-key", "k")
    };
    let first = docs.ask(ask()).await;
    assert_eq!(first.status, 201);
    let again = docs.ask(ask()).await;
    assert_eq!((again.status, &again.bytes), (first.status, &first.bytes));
}
