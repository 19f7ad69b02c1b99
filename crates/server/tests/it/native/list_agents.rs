//! `GET /api/v1/agents`.

use std::time::Duration;

use outwork_domain::{Cause, EventBody, KeyRules, Project, StopReason, Timestamp, TokenUsage};
use serde_json::{Value, json};

use crate::support::{Key, Server, get, post};

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
        "sort=age",
        "order=up",
        "state=sleeping",
        "state=",
        "q=",
        "q=1+2+3+4+5+6+7",
        "updatedAfter=yesterday",
        "updatedAfter=1",
        "model=1&model=2&model=3&model=4&model=5&model=6&model=7&model=8&model=9",
    ] {
        let path = format!("/api/v1/agents?{query}");
        let refused = server.ask(get(path).by(&key)).await.refused();
        assert_eq!(refused, (400, "validation_error".to_owned()), "{query}");
    }
}

async fn list(server: &Server, key: &Key, query: &str) -> Value {
    server.read(key, &format!("/api/v1/agents{query}")).await
}

#[tokio::test]
async fn a_search_finds_and_counts() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let repository = server.repositories.make("shop.git");
    let login = server.launch_on(&key, &repository, "Fix the login").await;
    server.clock.advance(Duration::from_secs(1));
    let docs = server.launch(&key, "Write docs").await;
    server.launch(&other, "Fix the login").await;
    let all = list(&server, &key, "").await;
    assert_eq!(
        (ids(&all), &all["total"]),
        (vec![docs.clone(), login.clone()], &json!(2))
    );
    let encoded = repository.replace(':', "%3A").replace('/', "%2F");
    for query in [
        "?q=LOGIN".to_owned(),
        "?q=fix+login".to_owned(),
        format!("?repository={encoded}"),
        format!("?q=login&repository={encoded}&state=queued&state=working&model=script"),
        format!("?q={}", &login[..11]),
    ] {
        let found = list(&server, &key, &query).await;
        assert_eq!(
            (ids(&found), &found["total"]),
            (vec![login.clone()], &json!(1)),
            "{query}"
        );
    }
    for query in [
        "?q=login+docs",
        "?state=working",
        "?model=other",
        "?repository=x",
        "?archived=only",
    ] {
        let found = list(&server, &key, query).await;
        assert_eq!(
            (ids(&found), &found["total"]),
            (vec![], &json!(0)),
            "{query}"
        );
    }
    let newest = all["agents"][0]["updatedAt"].as_str().unwrap();
    let later = format!("?updatedAfter={newest}");
    assert_eq!(list(&server, &key, &later).await["total"], 0);
    let fence = server.work().await;
    server.clock.advance(Duration::from_secs(1));
    server.note(fence, &["x"]).await;
    assert_eq!(
        ids(&list(&server, &key, &later).await),
        std::slice::from_ref(&login)
    );

    let facets = server.read(&key, "/api/v1/agents/facets").await;
    assert_eq!(facets["models"], json!([{"value": "script", "count": 2}]));
    assert_eq!(
        facets["states"],
        json!([{"value": "queued", "count": 1}, {"value": "working", "count": 1}])
    );
    assert_eq!(facets["repositories"].as_array().unwrap().len(), 2);
    let facets = server.read(&key, "/api/v1/agents/facets?q=login").await;
    assert_eq!(
        facets["repositories"],
        json!([{"value": repository, "count": 1}])
    );
    let refused = server
        .ask(get("/api/v1/agents/facets?state=x").by(&key))
        .await;
    assert_eq!(refused.refused(), (400, "validation_error".to_owned()));
}

/// A cursor belongs to what was asked for.
#[tokio::test]
async fn pages_follow_each_other_in_every_order() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let mut made = Vec::new();
    for name in ["b", "a", "c"] {
        made.push(server.launch(&key, name).await);
        server.clock.advance(Duration::from_secs(1));
    }
    let [b, a, c] = [&made[0], &made[1], &made[2]];
    let mut by_id = [a, b, c];
    by_id.sort();
    // The first to be worked on is the first that was made; it becomes the last that changed.
    let fence = server.work().await;
    server.note(fence, &["x"]).await;
    let mut cursors = Vec::new();
    for (query, expected) in [
        ("", [c, a, b]),
        ("&order=asc", [b, a, c]),
        ("&sort=name", [c, b, a]),
        ("&sort=name&order=asc", [a, b, c]),
        ("&sort=updated", [b, c, a]),
        ("&sort=updated&order=asc", [a, c, b]),
        ("&sort=cost&order=asc", [by_id[0], by_id[1], by_id[2]]),
        ("&sort=cost", [by_id[2], by_id[1], by_id[0]]),
    ] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = list(&server, &key, &format!("?limit=1{query}{cursor}")).await;
            assert_eq!(page["total"], 3, "{query}");
            seen.extend(ids(&page));
            let Some(next) = page.get("nextCursor") else {
                break;
            };
            cursor = format!("&cursor={}", next.as_str().unwrap());
            if seen.len() == 1 {
                cursors.push((query, cursor.clone()));
            }
        }
        assert_eq!(seen.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    assert_eq!(cursors.len(), 8);
    for (query, _) in &cursors {
        for (of, cursor) in &cursors {
            let path = format!("/api/v1/agents?limit=1{query}{cursor}");
            let status = server.ask(get(&path).by(&key)).await.status;
            assert_eq!(status == 200, query == of, "{path}");
            let path = format!("/api/v1/agents?limit=1{query}&q=a{cursor}");
            let status = server.ask(get(&path).by(&key)).await.status;
            assert_eq!(status, 400, "{path}");
        }
    }
}

#[tokio::test]
async fn an_agent_says_what_it_used_and_why_it_failed() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    let usage = TokenUsage {
        input: 100,
        output: 10,
        cache_read: 50,
        cache_write: 1,
    };
    let answer = EventBody::AnswerEnded {
        turn: 1,
        stop: StopReason::EndTurn,
        usage,
    };
    server.append(fence, vec![answer]).await;
    let agent = &list(&server, &key, "").await["agents"][0];
    assert_eq!(
        (
            &agent["runCount"],
            &agent["tokens"],
            agent.get("costCents"),
            agent.get("lastError")
        ),
        (&json!(1), &json!(110), None, None)
    );
    server.fail(fence, Cause::ModelAuth, "no credit").await;
    let error = json!({"cause": "model_auth", "message": "no credit"});
    assert_eq!(
        list(&server, &key, "").await["agents"][0]["lastError"],
        error
    );
    let agent = server.read(&key, &format!("/api/v1/agents/{id}")).await;
    assert_eq!(
        (&agent["lastError"], &agent["tokens"]),
        (&error, &json!(110))
    );
}

/// What an agent shows is of one run: the state, the error, and what finds it.
#[tokio::test]
async fn the_run_that_decides_decides_about_everything() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let follow_up = async || {
        let body = json!({"prompt": {"text": "y"}});
        let ask = post(format!("/v0/agents/{id}/followup")).by(&key);
        server.ask(ask.json(&body)).await.good();
        let agent = server.read(&key, &format!("/v1/agents/{id}")).await;
        agent["latestRunId"].as_str().unwrap().to_owned()
    };
    let shown = async |state: &str| {
        let all = list(&server, &key, "").await["agents"][0].clone();
        assert_eq!(all["state"], state);
        for other in ["queued", "working", "failed", "cancelled"] {
            let found = list(&server, &key, &format!("?state={other}")).await;
            assert_eq!(found["total"], u8::from(other == state), "{other}");
        }
        all.get("lastError").cloned()
    };
    let first = server.work().await;
    let second = follow_up().await;
    let cancel = post(format!("/v1/agents/{id}/runs/{second}/cancel")).by(&key);
    server.ask(cancel).await.good();
    assert_eq!(shown("working").await, None);
    server.clock.advance(Duration::from_secs(1));
    server.fail(first, Cause::ModelAuth, "no credit").await;
    let error = json!({"cause": "model_auth", "message": "no credit"});
    assert_eq!(shown("failed").await, Some(error));
    follow_up().await;
    assert_eq!(shown("queued").await, None);
}

#[tokio::test]
async fn a_limited_key_counts_what_it_reaches() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("docs.git");
    let docs = Project::new("docs".parse().unwrap(), repository.parse().unwrap());
    server.project(docs).await;
    let mut inside = Vec::new();
    for name in ["one", "two", "three"] {
        server.launch(&key, "outside").await;
        inside.push(server.launch_on(&key, &repository, name).await);
        server.clock.advance(Duration::from_secs(1));
    }
    let rules = KeyRules {
        projects: vec!["docs".parse().unwrap()],
        ..KeyRules::default()
    };
    let limited = server.limited(&key, rules).await;
    for query in ["", "&sort=name", "&sort=updated", "&sort=cost"] {
        let first = list(&server, &limited, &format!("?limit=2{query}")).await;
        assert_eq!(first["total"], 3, "{query}");
        let cursor = first["nextCursor"].as_str().unwrap();
        let second = list(
            &server,
            &limited,
            &format!("?limit=2{query}&cursor={cursor}"),
        )
        .await;
        let mut seen = [ids(&first), ids(&second)].concat();
        seen.sort();
        let mut expected = inside.clone();
        expected.sort();
        assert_eq!(seen, expected, "{query}");
    }
    let facets = server.read(&limited, "/api/v1/agents/facets").await;
    assert_eq!(
        facets["repositories"],
        json!([{"value": repository, "count": 3}])
    );
    assert_eq!(facets["states"], json!([{"value": "queued", "count": 3}]));
    assert_eq!(list(&server, &key, "").await["total"], 6);
}
