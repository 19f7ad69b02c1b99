//! `GET /v1/agents`: pages and filters.

use outwork_engine::Clock;
use serde_json::Value;

use crate::support::{Key, Server, get};

async fn ids(server: &Server, key: &Key, query: &str) -> (Vec<String>, Option<String>) {
    let body = server.read(key, &format!("/v1/agents{query}")).await;
    let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
    let ids = body["items"].as_array().unwrap().iter().map(id).collect();
    (ids, body["nextCursor"].as_str().map(ToOwned::to_owned))
}

#[tokio::test]
async fn pages_are_newest_first_and_end() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let mut made = Vec::new();
    for n in 0..5 {
        server.clock.advance(std::time::Duration::from_millis(1));
        made.push(server.launch(&key, &n.to_string()).await);
    }
    made.reverse();
    let mut seen = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let (page, next) = ids(&server, &key, &query).await;
        seen.extend(page);
        let Some(next) = next else { break };
        query = format!("?limit=2&cursor={next}");
    }
    assert_eq!(seen, made);
    assert_eq!(ids(&server, &key, "?limit=5").await, (made, None));
}

#[tokio::test]
async fn archived_agents_can_be_left_out() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let (one, two) = (
        server.launch(&key, "x").await,
        server.launch(&key, "y").await,
    );
    server.archive(&one, Some(server.clock.now())).await;
    for query in ["", "?includeArchived=true"] {
        assert_eq!(ids(&server, &key, query).await.0.len(), 2, "{query}");
    }
    assert_eq!(ids(&server, &key, "?includeArchived=false").await.0, [two]);
}

#[tokio::test]
async fn items_are_summaries() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    server.launch(&key, "x").await;
    let body = server.read(&key, "/v1/agents").await;
    let keys: Vec<&String> = body["items"][0].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "id",
            "name",
            "status",
            "env",
            "url",
            "createdAt",
            "updatedAt",
            "latestRunId"
        ]
    );
}

#[tokio::test]
async fn a_wrong_query_is_named() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    for (query, message) in [
        ("limit=0", "limit must be an integer from 1 to 100"),
        ("limit=101", "limit must be an integer from 1 to 100"),
        ("limit=x", "limit must be an integer from 1 to 100"),
        ("cursor=bc-1", "cursor is none that this server gave"),
        ("cursor=", "cursor must not be empty"),
        ("prUrl=x", "prUrl must be a URI"),
        ("includeArchived=1", "includeArchived must be true or false"),
        ("name=x", "Unrecognized key(s) in object: 'name'"),
        (
            "sort=a&limit=1&q=b&search=c&status=d&sort=e",
            "Unrecognized key(s) in object: 'sort', 'q', 'search', 'status'",
        ),
    ] {
        let reply = server
            .ask(get(format!("/v1/agents?{query}")).by(&key))
            .await;
        let expected = (400, "validation_error".to_owned(), message.to_owned());
        assert_eq!(reply.refusal(), expected, "{query}");
    }
}
