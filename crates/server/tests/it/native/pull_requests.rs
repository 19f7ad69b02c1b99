//! `/api/v1/pull-requests` and what lies below.

use serde_json::{Value, json};

use crate::support::{Key, Server, get, post};

async fn numbers(server: &Server, key: &Key, query: &str) -> Vec<u64> {
    let path = format!("/api/v1/pull-requests{query}");
    let body: Value = server.ask(get(path).by(key)).await.good();
    let list = body["pullRequests"].as_array().unwrap();
    list.iter()
        .map(|one| one["number"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn shows_one() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let (number, repository) = server.pull_request(&key, "first").await;
    let shown = server
        .ask(get(format!("/api/v1/pull-requests/{number}")).by(&key))
        .await
        .good();
    let agents = server.ask(get("/v0/agents").by(&key)).await.good();
    let expected = json!({
        "number": number,
        "agentId": agents["agents"][0]["id"],
        "repository": repository,
        "title": "Change <outwork/first>",
        "body": "Some **words**.\n",
        "base": "main",
        "head": "outwork/first",
        "baseCommit": server.repositories.tip("first.git", "main").as_str(),
        "headCommit": server.repositories.tip("first.git", "outwork/first").as_str(),
        "state": "open",
        "draft": false,
        "url": format!("https://outwork.example.com/pulls/{number}"),
        "createdAt": "2026-01-15T10:30:00.000Z",
        "updatedAt": "2026-01-15T10:30:00.000Z",
    });
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn lists_by_state_and_pages() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let mut all = Vec::new();
    for name in ["a", "b", "c"] {
        all.insert(0, server.pull_request(&key, name).await.0);
    }
    server.pull_request(&other, "foreign").await;
    assert_eq!(numbers(&server, &key, "").await, all);
    assert_eq!(numbers(&server, &key, "?limit=2").await, all[..2]);
    assert_eq!(
        numbers(&server, &key, &format!("?before={}", all[1])).await,
        all[2..]
    );
    server
        .ask(post(format!("/api/v1/pull-requests/{}/close", all[0])).by(&key))
        .await
        .good();
    assert_eq!(numbers(&server, &key, "?state=open").await, all[1..]);
    assert_eq!(numbers(&server, &key, "?state=closed").await, all[..1]);
    assert!(numbers(&server, &key, "?state=merged").await.is_empty());
    for query in ["?state=new", "?limit=0", "?before=x"] {
        let reply = server
            .ask(get(format!("/api/v1/pull-requests{query}")).by(&key))
            .await;
        assert_eq!(
            reply.refused(),
            (400, "validation_error".to_owned()),
            "{query}"
        );
    }
}

#[tokio::test]
async fn shows_what_changes() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let (number, _) = server.pull_request(&key, "first").await;
    for (path, start) in [
        (
            format!("/api/v1/pull-requests/{number}/diff"),
            "diff --git a/README.md b/README.md",
        ),
        (
            format!("/pulls/{number}.diff"),
            "diff --git a/README.md b/README.md",
        ),
        (format!("/api/v1/pull-requests/{number}/patch"), "From "),
        (format!("/pulls/{number}.patch"), "From "),
    ] {
        let reply = server.ask(get(path.clone()).by(&key)).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        assert!(reply.text().starts_with(start), "{path}: {}", reply.text());
        assert!(
            reply.text().contains("-hello\n+hello first\n"),
            "{path}: {}",
            reply.text()
        );
    }
}

#[tokio::test]
async fn merges_once() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let (number, _) = server.pull_request(&key, "first").await;
    let merge = || post(format!("/api/v1/pull-requests/{number}/merge")).by(&key);
    let merged = server.ask(merge()).await.good();
    assert_eq!(merged["state"], "merged");
    let tip = server.repositories.tip("first.git", "main");
    assert_eq!(merged["mergeCommit"], json!(tip.as_str()));
    assert_eq!(
        server.repositories.file("first.git", "main", "README.md"),
        "hello first\n"
    );
    let refused = (409, "pull_request_not_open".to_owned());
    assert_eq!(server.ask(merge()).await.refused(), refused);
    let close = post(format!("/api/v1/pull-requests/{number}/close")).by(&key);
    assert_eq!(server.ask(close).await.refused(), refused);
}

#[tokio::test]
async fn a_conflict_changes_nothing_and_names_the_files() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let (number, _) = server.pull_request(&key, "first").await;
    let ours = server
        .repositories
        .commit("first.git", "main", Some("main"), "another hello\n");
    let merge = post(format!("/api/v1/pull-requests/{number}/merge")).by(&key);
    let (status, code, detail) = server.ask(merge).await.refusal();
    assert_eq!((status, code.as_str()), (409, "merge_conflict"));
    assert!(detail.contains("README.md"), "{detail}");
    assert_eq!(server.repositories.tip("first.git", "main"), ours);
    let shown = server
        .ask(get(format!("/api/v1/pull-requests/{number}")).by(&key))
        .await
        .good();
    assert_eq!(shown["state"], "open");
}

#[tokio::test]
async fn a_foreign_one_is_as_one_that_never_was() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let (foreign, _) = server.pull_request(&other, "first").await;
    let mut bodies = Vec::new();
    for number in [foreign, 4_711, i64::MAX.unsigned_abs()] {
        let path = format!("/api/v1/pull-requests/{number}");
        for ask in [
            get(path.clone()),
            get(format!("{path}/diff")),
            get(format!("{path}/patch")),
            post(format!("{path}/merge")),
            post(format!("{path}/close")),
        ] {
            let reply = server.ask(ask.by(&key)).await;
            assert_eq!(
                reply.refused(),
                (404, "pull_request_not_found".to_owned()),
                "{path}"
            );
            bodies.push(reply.bytes);
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "no telling them apart");
    for number in ["x", "-1", "1.5", "9223372036854775808"] {
        let reply = server
            .ask(get(format!("/api/v1/pull-requests/{number}")).by(&key))
            .await;
        assert_eq!(
            reply.refused(),
            (400, "validation_error".to_owned()),
            "{number}"
        );
    }
}
