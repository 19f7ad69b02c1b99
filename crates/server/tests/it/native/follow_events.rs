//! `GET /api/v1/agents/{id}/events` as a stream.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Ask, Frames, Key, Server, delete, get, post};

fn ask(key: &Key, id: &str, query: &str) -> Ask {
    get(format!("/api/v1/agents/{id}/events{query}")).by(key)
}

async fn history(server: &Server, key: &Key, id: &str) -> Vec<Value> {
    let body = server.ask(ask(key, id, "")).await.good();
    body["events"].as_array().unwrap().clone()
}

#[tokio::test]
async fn shows_what_was_and_then_what_comes() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    let before = history(&server, &key, &id).await;
    let mut frames = Frames::open(&server, ask(&key, &id, "")).await;
    for expected in &before {
        assert_eq!(frames.next().await.as_ref(), Some(expected));
    }
    for text in ["one", "two\nlines", "three"] {
        server.note(fence, &[text]).await;
        let event = frames.next().await.unwrap();
        assert_eq!(
            (&event["type"], &event["text"]),
            (&json!("note"), &json!(text))
        );
    }
}

#[tokio::test]
async fn goes_on_where_the_client_was() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    server.note(fence, &["a", "b", "c"]).await;
    server.succeed(fence, "Done.").await;
    let all = history(&server, &key, &id).await;
    for after in 0..=all.len() {
        let query = format!("?until=idle&after={after}");
        let frames = Frames::open(&server, ask(&key, &id, &query)).await;
        assert_eq!(frames.rest().await, all[after..], "after {after}");
        // What a browser sends when it comes back: the first query, and the last event.
        let again =
            ask(&key, &id, "?until=idle&after=1").header("last-event-id", &after.to_string());
        let frames = Frames::open(&server, again).await;
        assert_eq!(frames.rest().await, all[after..], "last event {after}");
    }
}

#[tokio::test]
async fn ends_once_no_run_is_left_and_not_before() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let body = json!({"prompt": {"text": "more"}});
    server
        .ask(
            post(format!("/v0/agents/{id}/followup"))
                .by(&key)
                .json(&body),
        )
        .await
        .good();
    let mut frames = Frames::open(&server, ask(&key, &id, "?until=idle")).await;
    for _ in 0..2 {
        let fence = server.work().await;
        server.succeed(fence, "Done.").await;
        loop {
            let event = frames.next().await.unwrap();
            if event["to"] == "succeeded" {
                assert_eq!(event["runId"], json!(fence.run_id.to_string()));
                break;
            }
        }
    }
    assert_eq!(frames.next().await, None);
}

#[tokio::test]
async fn an_idle_agents_stream_ends_at_once() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    server.succeed(fence, "Done.").await;
    let last = history(&server, &key, &id).await.len();
    let frames = Frames::open(
        &server,
        ask(&key, &id, &format!("?until=idle&after={last}")),
    )
    .await;
    assert_eq!(frames.rest().await, Vec::<Value>::new());
}

#[tokio::test]
async fn ends_when_the_server_stops() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.work().await;
    let frames = Frames::open(&server, ask(&key, &id, "")).await;
    server.shutdown.cancel();
    assert!(!frames.rest().await.is_empty());
}

#[tokio::test]
async fn ends_when_the_agent_is_deleted() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.work().await;
    let mut frames = Frames::open(&server, ask(&key, &id, "?until=idle")).await;
    frames.next().await.unwrap();
    server
        .ask(delete(format!("/v0/agents/{id}")).by(&key))
        .await
        .good();
    frames.rest().await;
}

#[tokio::test]
async fn ends_when_its_key_is_revoked_and_no_other() {
    let server = Server::start().await;
    let (key, kept) = (
        server.key("a@example.com").await,
        server.key("a@example.com").await,
    );
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    let mut frames = Frames::open(&server, ask(&key, &id, "")).await;
    let mut others = Frames::open(&server, ask(&kept, &id, "")).await;
    frames.next().await.unwrap();
    server.revoke(&key).await;
    // A look at the key may be used for a second.
    let cut_off = async {
        loop {
            server.note(fence, &["more"]).await;
            if frames.next().await.is_none() {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), cut_off)
        .await
        .unwrap();
    server.note(fence, &["the last"]).await;
    while others.next().await.unwrap()["text"] != "the last" {}
}

/// Many readers, each cut off again and again at other places: every one sees every event once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_readers_that_come_back_see_every_event_once() {
    let server = std::sync::Arc::new(Server::start().await);
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    let readers: Vec<_> = (1..=8_usize)
        .map(|patience| {
            let (server, key, id) = (server.clone(), key.clone(), id.clone());
            tokio::spawn(async move { read_in_pieces(&server, &key, &id, patience).await })
        })
        .collect();
    for n in 0..60 {
        server.note(fence, &[&format!("{n}"), "and another"]).await;
    }
    server.succeed(fence, "Done.").await;
    let all = history(&server, &key, &id).await;
    assert!(all.len() > 120);
    for reader in readers {
        assert_eq!(reader.await.unwrap(), all);
    }
}

/// Reads to the end, coming back by `Last-Event-ID` after every `patience` events.
async fn read_in_pieces(server: &Server, key: &Key, id: &str, patience: usize) -> Vec<Value> {
    let mut seen: Vec<Value> = Vec::new();
    loop {
        let last = seen
            .last()
            .map_or(json!(0), |event| event["seq"].clone())
            .to_string();
        let again = ask(key, id, "?until=idle").header("last-event-id", &last);
        let mut frames = Frames::open(server, again).await;
        for _ in 0..patience {
            match frames.next().await {
                Some(event) => seen.push(event),
                None => return seen,
            }
        }
    }
}
