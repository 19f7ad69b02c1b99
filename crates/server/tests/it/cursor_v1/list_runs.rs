//! `GET /v1/agents/{id}/runs`: pages.

use serde_json::{Value, json};

use crate::support::{Key, Server, get, post};

/// An agent with so many runs; their ids, the newest first.
async fn with_runs(server: &Server, key: &Key, count: usize) -> (String, Vec<String>) {
    let id = server.launch(key, "x").await;
    let body = json!({"prompt": {"text": "y"}});
    for _ in 1..count {
        let path = format!("/v0/agents/{id}/followup");
        server.ask(post(path).by(key).json(&body)).await.good();
    }
    let list = server.read(key, &format!("/v1/agents/{id}/runs")).await;
    (id, ids(&list))
}

fn ids(list: &Value) -> Vec<String> {
    let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
    list["items"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn pages_are_newest_first_and_end() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let (id, all) = with_runs(&server, &key, 3).await;
    assert_eq!(all.len(), 3);
    let agent = server.read(&key, &format!("/v1/agents/{id}")).await;
    assert_eq!(agent["latestRunId"], json!(all[0]));
    let path = format!("/v1/agents/{id}/runs?limit=2");
    let first = server.read(&key, &path).await;
    assert_eq!(ids(&first), all[..2]);
    let next = first["nextCursor"].as_str().unwrap();
    let second = server.read(&key, &format!("{path}&cursor={next}")).await;
    assert_eq!(
        (ids(&second), second.get("nextCursor")),
        (all[2..].to_vec(), None)
    );
}

#[tokio::test]
async fn a_wrong_query_is_named() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let (id, _) = with_runs(&server, &key, 2).await;
    let (other, _) = with_runs(&server, &key, 2).await;
    let path = format!("/v1/agents/{other}/runs?limit=1");
    let list = server.read(&key, &path).await;
    let foreign = list["nextCursor"].as_str().unwrap().to_owned();
    for (query, message) in [
        (
            "limit=0".to_owned(),
            "limit must be an integer from 1 to 100",
        ),
        (
            format!("cursor={foreign}"),
            "cursor is none that this server gave",
        ),
        (
            "status=x".to_owned(),
            "Unrecognized key(s) in object: 'status'",
        ),
    ] {
        let path = format!("/v1/agents/{id}/runs?{query}");
        let reply = server.ask(get(path).by(&key)).await;
        let expected = (400, "validation_error".to_owned(), message.to_owned());
        assert_eq!(reply.refusal(), expected, "{query}");
    }
}
