//! `GET /api/v1/agents`.

use outwork_domain::Timestamp;
use serde_json::{Value, json};

use crate::support::{Server, get};

fn ids(list: &Value) -> Vec<String> {
    let agents = list["agents"].as_array().unwrap();
    let id = |agent: &Value| agent["id"].as_str().unwrap().to_owned();
    agents.iter().map(id).collect()
}

#[tokio::test]
async fn archived_agents_are_listed_if_they_are_asked_for() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    server.launch(&other, "not mine").await;
    let away = server.launch(&key, "put away").await;
    let here = server.launch(&key, "still here").await;
    server.archive(&away, Some(Timestamp::from_millis(1))).await;
    let ask = async |query: &str| {
        let path = format!("/api/v1/agents{query}");
        server.ask(get(path).by(&key)).await.good()
    };
    let list = ask("").await;
    assert_eq!(ids(&list), std::slice::from_ref(&here));
    let agent = &list["agents"][0];
    assert_eq!(
        (&agent["name"], &agent["state"], &agent["archivedAt"]),
        (&json!("still here"), &json!("queued"), &Value::Null)
    );
    assert_eq!(agent.get("runs"), None);
    let mut all = ids(&ask("?archived=true").await);
    all.sort();
    let mut both = vec![here, away.clone()];
    both.sort();
    assert_eq!(all, both);
    let first = ask("?archived=true&limit=1").await;
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = ask(&format!("?archived=true&limit=1&cursor={cursor}")).await;
    assert_eq!(second.get("nextCursor"), None);
    let mut paged = [ids(&first), ids(&second)].concat();
    paged.sort();
    assert_eq!(paged, both);
    let listed = ask("?archived=true").await;
    let listed = listed["agents"].as_array().unwrap();
    let found = listed.iter().find(|one| one["id"] == away.as_str());
    assert_eq!(found.unwrap()["archivedAt"], "1970-01-01T00:00:00.001Z");
}

#[tokio::test]
async fn a_list_that_cannot_be_meant_is_refused() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    for query in [
        "limit=0",
        "limit=101",
        "cursor=x",
        "archived=maybe",
        "prUrl=x",
    ] {
        let path = format!("/api/v1/agents?{query}");
        let refused = server.ask(get(path).by(&key)).await.refused();
        assert_eq!(refused, (400, "validation_error".to_owned()), "{query}");
    }
}
