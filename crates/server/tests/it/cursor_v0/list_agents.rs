//! `GET /v0/agents`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Key, Reply, Server, get};

fn ids(body: &Value) -> Vec<String> {
    let agents = body["agents"].as_array().unwrap();
    agents
        .iter()
        .map(|agent| agent["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn list(server: &Server, key: &Key, query: &str) -> Reply {
    server.ask(get(format!("/v0/agents{query}")).by(key)).await
}

/// Launches agents of which some share a moment, and gives their ids in the order of the list.
async fn launch_many(server: &Server, key: &Key, count: usize) -> Vec<String> {
    let repository = server.repositories.make("tools.git");
    let mut moments: Vec<Vec<String>> = Vec::new();
    for n in 0..count {
        if n % 3 == 0 {
            server.clock.advance(Duration::from_millis(1));
            moments.push(Vec::new());
        }
        let id = server.launch_on(key, &repository, "x").await;
        moments.last_mut().unwrap().push(id);
    }
    moments
        .into_iter()
        .rev()
        .flat_map(|mut moment| {
            moment.sort();
            moment.reverse();
            moment
        })
        .collect()
}

#[tokio::test]
async fn an_empty_list_is_only_that() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    assert_eq!(list(&server, &key, "").await.text(), r#"{"agents":[]}"#);
}

#[tokio::test]
async fn pages_show_every_agent_once_and_the_newest_first() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let expected = launch_many(&server, &key, 10).await;
    server.launch(&other, "not shown").await;
    for size in [1, 2, 3, 9, 10] {
        let (mut seen, mut query) = (Vec::new(), format!("?limit={size}"));
        loop {
            let body = list(&server, &key, &query).await.good();
            let page = ids(&body);
            assert!(page.len() <= size && !page.is_empty());
            seen.extend(page);
            let Some(cursor) = body.get("nextCursor") else {
                break;
            };
            query = format!("?cursor={}&limit={size}", cursor.as_str().unwrap());
        }
        assert_eq!(seen, expected, "pages of {size}");
    }
}

#[tokio::test]
async fn a_page_has_twenty_unless_told_otherwise() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let expected = launch_many(&server, &key, 21).await;
    let first = list(&server, &key, "").await.good();
    assert_eq!(ids(&first), expected[..20]);
    let all = list(&server, &key, "?limit=100&unknown=1").await.good();
    assert_eq!((ids(&all), all.get("nextCursor")), (expected, None));
}

#[tokio::test]
async fn an_agent_made_meanwhile_disturbs_no_page() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let expected = launch_many(&server, &key, 4).await;
    let first = list(&server, &key, "?limit=2").await.good();
    server.clock.advance(Duration::from_secs(1));
    server.launch(&key, "newer").await;
    let query = format!("?limit=2&cursor={}", first["nextCursor"].as_str().unwrap());
    let second = list(&server, &key, &query).await.good();
    assert_eq!([ids(&first), ids(&second)].concat(), expected);
}

#[tokio::test]
async fn the_agent_of_a_pull_request_is_found_by_its_address() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let (number, _) = server.pull_request(&key, "first").await;
    server.launch(&key, "another").await;
    let url = format!("https://outwork.example.com/pulls/{number}");
    let found = list(&server, &key, &format!("?prUrl={url}")).await.good();
    assert_eq!(found["agents"].as_array().unwrap().len(), 1);
    assert_eq!(found["agents"][0]["target"]["prUrl"], json!(url));
    let none = list(&server, &key, "?prUrl=https://h/o/r/pull/1").await;
    assert_eq!(none.text(), r#"{"agents":[]}"#);
}

#[tokio::test]
async fn a_wrong_query_is_refused() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    for query in [
        "?limit=0",
        "?limit=101",
        "?limit=-1",
        "?limit=x",
        "?limit=",
        "?limit=1&limit=2",
        "?cursor=",
        "?cursor=bc_xyz789",
        "?cursor=AAAA",
        "?cursor=%00",
        "?prUrl=",
        "?prUrl=x",
        "?prUrl=a%20b%3A%2F%2F",
    ] {
        let refused = list(&server, &key, query).await.refused();
        assert_eq!(refused, (400, "validation_error".to_owned()), "{query}");
    }
}
