//! `GET /api/v1/agents/{id}/events` as pages.

use serde_json::{Value, json};

use crate::support::{Key, Server, get};

async fn page(server: &Server, key: &Key, id: &str, query: &str) -> Vec<Value> {
    let path = format!("/api/v1/agents/{id}/events{query}");
    let body = server.ask(get(path).by(key)).await.good();
    body["events"].as_array().unwrap().clone()
}

#[tokio::test]
async fn shows_the_history_in_order() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "Add a README").await;
    let fence = server.work().await;
    server.say(fence, "Done.").await;
    server.succeed(fence, "Done.").await;
    let all = page(&server, &key, &id, "").await;
    let kinds: Vec<&str> = all
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.first(), Some(&"prompt"));
    assert_eq!(kinds.last(), Some(&"state_changed"));
    assert!(kinds.contains(&"text"), "{kinds:?}");
    for (place, event) in all.iter().enumerate() {
        assert_eq!(event["seq"], json!(place + 1));
        assert_eq!(event["runId"], json!(fence.run_id.to_string()));
    }
    assert_eq!(all.last().unwrap()["to"], "succeeded");
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    server.note(fence, &["a", "b", "c", "d"]).await;
    let all = page(&server, &key, &id, "").await;
    for size in [1, 2, 3, 500] {
        let mut seen: Vec<Value> = Vec::new();
        loop {
            let after = seen.last().map_or(json!(0), |event| event["seq"].clone());
            let next = page(&server, &key, &id, &format!("?after={after}&limit={size}")).await;
            if next.is_empty() {
                break;
            }
            assert!(next.len() <= size);
            seen.extend(next);
        }
        assert_eq!(seen, all, "pages of {size}");
    }
    assert!(
        page(&server, &key, &id, "?after=9223372036854775807")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn a_wrong_query_is_refused() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    for query in [
        "?after=-1",
        "?after=x",
        "?after=9223372036854775808",
        "?limit=0",
        "?limit=501",
        "?until=never",
        "?until=",
    ] {
        let ask = get(format!("/api/v1/agents/{id}/events{query}")).by(&key);
        assert_eq!(
            server.ask(ask).await.refused(),
            (400, "validation_error".to_owned()),
            "{query}"
        );
    }
    let ask = get(format!("/api/v1/agents/{id}/events")).by(&key);
    let ask = ask
        .header("accept", "text/event-stream")
        .header("last-event-id", "x");
    assert_eq!(server.ask(ask).await.refused().0, 400);
}
