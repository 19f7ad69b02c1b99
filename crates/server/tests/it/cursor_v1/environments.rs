//! `/v1/environments`: made, read, changed, deleted, with history and without builds.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Key, Reply, Server, delete, get, patch, post};

const ABSENT: &str = "0190f6a2-7c1e-7d3a-8b53-3a1f7f0f9e11";

fn body(name: &str) -> Value {
    json!({
        "owner": "personal",
        "name": name,
        "repos": [],
        "environmentJson": "{ /* ours */ \"install\": \"make deps\" }",
    })
}

async fn create(server: &Server, key: &Key, body: &Value) -> Reply {
    server
        .ask(post("/v1/environments").by(key).json(body))
        .await
}

async fn created(server: &Server, key: &Key, name: &str) -> String {
    let made = create(server, key, &body(name)).await.good();
    made["id"].as_str().unwrap().to_owned()
}

async fn change(server: &Server, key: &Key, id: &str, body: &Value) -> Reply {
    let path = format!("/v1/environments/{id}");
    server.ask(patch(path).by(key).json(body)).await
}

async fn names(server: &Server, key: &Key, query: &str) -> (Vec<String>, Value) {
    let list = server.read(key, &format!("/v1/environments{query}")).await;
    let items = list["items"].as_array().unwrap().iter();
    let names = items.map(|item| item["name"].as_str().unwrap().to_owned());
    (names.collect(), list["nextCursor"].clone())
}

#[tokio::test]
async fn what_has_no_effect_is_named_in_the_answer() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let file = r#"{"user": "u", "image": "debian", "ports": [], "start": "true"}"#;
    let mut body = body("Tools");
    body["environmentJson"] = json!(file);
    let made = create(&server, &key, &body).await.good();
    let path = format!("/v1/environments/{}", made["id"].as_str().unwrap());
    let named = json!(["user", "image"]);
    assert_eq!(made["withoutEffect"], named);
    assert_eq!(server.read(&key, &path).await["withoutEffect"], named);
    let changed = patch(&path)
        .by(&key)
        .json(&json!({"name": "Tools", "environmentJson": "{}"}));
    assert_eq!(server.ask(changed).await.status, 204);
    let read = server.read(&key, &path).await;
    assert!(read.get("withoutEffect").is_none(), "{read}");
}

#[tokio::test]
async fn an_environment_is_made_and_read() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let url = server.repositories.make("tools.git");
    let mut body = body("Tools");
    body["repos"] = json!([{"url": url}]);
    let reply = create(&server, &key, &body).await;
    assert_eq!(reply.status, 201);
    let made = reply.json();
    let (id, now) = (made["id"].as_str().unwrap(), "2026-01-15T10:30:00.000Z");
    let expected = json!({"id": id, "name": "Tools", "owner": "personal", "repos": [{"url": url}],
        "createdAt": now, "updatedAt": now});
    assert_eq!(made, expected);
    let mut read = server.read(&key, &format!("/v1/environments/{id}")).await;
    assert_eq!(read["environmentJson"], body["environmentJson"]);
    assert!(read["versionId"].is_string());
    let fields = read.as_object_mut().unwrap();
    fields.remove("environmentJson");
    fields.remove("versionId");
    assert_eq!(read, made);
}

#[tokio::test]
async fn a_repeated_request_makes_one_environment() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let ask = || {
        let ask = post("/v1/environments").by(&key).json(&body("Tools"));
        server.ask(ask.header("idempotency-key", "once"))
    };
    let first = ask().await;
    let second = ask().await;
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201));
    assert_eq!(first.bytes, second.bytes);
    assert_eq!(names(&server, &key, "").await.0, ["Tools"]);
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let with = |field: &str, value: Value| {
        let mut body = body("Tools");
        body[field] = value;
        body
    };
    let many = json!(vec![json!({"url": "https://h.example/o/r"}); 101]);
    for (body, words) in [
        (with("owner", json!("me")), "owner must be personal or team"),
        (with("owner", Value::Null), "owner is required"),
        (with("name", json!("")), "name must be 1 to 255"),
        (
            with("name", json!("n".repeat(256))),
            "name must be 1 to 255",
        ),
        (with("repos", Value::Null), "repos is required"),
        (with("repos", many), "repos must have at most 100 entries"),
        (with("repos", json!([{}])), "repos[0].url is required"),
        (with("repos", json!([{"url": "tools"}])), "repos[0].url: "),
        (
            with("repos", json!([{"ref": "x"}])),
            "Unrecognized key(s) in object: 'ref'",
        ),
        (
            with("environmentJson", Value::Null),
            "environmentJson is required",
        ),
        (
            with("environmentJson", json!("{")),
            "environmentJson: it is not valid JSON at line 1, column 1",
        ),
        (
            with("environmentJson", json!("{\"egressMode\": \"x\"}")),
            "environmentJson: egressMode must be one of allow_all,",
        ),
        (
            with("environmentJson", json!({})),
            "environmentJson must be a string",
        ),
        (
            with("environmentJson", json!("{\"instal\": \"x\"}")),
            "environmentJson: unknown key `instal`",
        ),
        (
            with("colour", json!("red")),
            "Unrecognized key(s) in object: 'colour'",
        ),
    ] {
        let (status, code, message) = create(&server, &key, &body).await.refusal();
        assert_eq!((status, code.as_str()), (400, "validation_error"), "{body}");
        assert!(message.starts_with(words), "{message}");
    }
    let foreign = with("repos", json!([{"url": "file:///nowhere/tools.git"}]));
    let refused = create(&server, &key, &foreign).await.refused();
    assert_eq!(refused, (400, "repository_access".to_owned()));
    let empty = server.ask(post("/v1/environments").by(&key)).await;
    assert_eq!(empty.refused(), (400, "missing_body".to_owned()));
    assert!(names(&server, &key, "").await.0.is_empty());
}

#[tokio::test]
async fn a_name_is_unique_for_its_owner() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let other = server.key("b@example.com").await;
    let id = created(&server, &key, "Tools").await;
    let refused = create(&server, &key, &body("Tools")).await;
    assert_eq!(
        refused.refused(),
        (409, "environment_name_conflict".to_owned())
    );
    assert_eq!(refused.json()["error"]["environmentId"], json!(id));
    created(&server, &other, "Tools").await;
    let second = created(&server, &key, "Second").await;
    let both = json!({"name": "Tools", "environmentJson": "{}"});
    let refused = change(&server, &key, &second, &both).await;
    assert_eq!(
        refused.refused(),
        (409, "environment_name_conflict".to_owned())
    );
    assert_eq!(refused.json()["error"]["environmentId"], json!(id));
    // Both or none.
    let read = server
        .read(&key, &format!("/v1/environments/{second}"))
        .await;
    assert_eq!(read["environmentJson"], body("")["environmentJson"]);
}

#[tokio::test]
async fn personal_ones_are_their_accounts_and_the_teams_are_everybodys() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let other = server.key("b@example.com").await;
    let mine = created(&server, &key, "Mine").await;
    let mut team = body("Team");
    team["owner"] = json!("team");
    create(&server, &other, &team).await.good();
    assert_eq!(names(&server, &key, "").await.0.len(), 2);
    assert_eq!(names(&server, &other, "").await.0, ["Team"]);
    for id in [mine.as_str(), ABSENT, "nonsense"] {
        let path = format!("/v1/environments/{id}");
        let history = format!("{path}/history");
        let builds = format!("{path}/builds");
        let asks = [
            get(&path),
            delete(&path),
            patch(&path).json(&json!({"name": "Stolen"})),
            get(history),
            get(&builds),
            get(format!("{builds}/active")),
            get(format!("{builds}/bld-1")),
        ];
        for ask in asks {
            let refused = server.ask(ask.by(&other)).await.refusal();
            let expected = (
                404,
                "environment_not_found".to_owned(),
                "Environment not found".to_owned(),
            );
            assert_eq!(refused, expected);
        }
    }
}

#[tokio::test]
async fn the_latest_changed_comes_first_by_pages() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        ids.push(created(&server, &key, name).await);
        server.clock.advance(Duration::from_secs(1));
    }
    change(&server, &key, &ids[0], &json!({"name": "A2"})).await;
    let (first, cursor) = names(&server, &key, "?limit=2").await;
    assert_eq!(first, ["A2", "C"]);
    let cursor = cursor.as_str().unwrap();
    let (rest, end) = names(&server, &key, &format!("?limit=2&cursor={cursor}")).await;
    assert_eq!((rest, end), (vec!["B".to_owned()], Value::Null));
    for query in ["?limit=0", "?limit=101", "?cursor=x", "?owner=team"] {
        let ask = get(format!("/v1/environments{query}")).by(&key);
        assert_eq!(server.ask(ask).await.refused().0, 400, "{query}");
    }
}

#[tokio::test]
async fn a_change_is_kept_in_the_history() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = created(&server, &key, "Tools").await;
    let path = format!("/v1/environments/{id}");
    server.clock.advance(Duration::from_secs(1));
    let reply = change(&server, &key, &id, &json!({"environmentJson": "{}"})).await;
    assert_eq!((reply.status.as_u16(), reply.bytes.len()), (204, 0));
    change(&server, &key, &id, &json!({"name": "Better"})).await;
    // Nothing differs, so nothing is written.
    assert_eq!(change(&server, &key, &id, &json!({})).await.status, 204);
    assert_eq!(
        change(&server, &key, &id, &json!({"name": "Better"}))
            .await
            .status,
        204
    );
    let read = server.read(&key, &path).await;
    assert_eq!(
        (&read["name"], &read["environmentJson"]),
        (&json!("Better"), &json!("{}"))
    );
    assert_ne!(read["updatedAt"], read["createdAt"]);

    let history = server.read(&key, &format!("{path}/history?limit=2")).await;
    let items = history["items"].as_array().unwrap();
    assert_eq!(items[0]["id"], read["versionId"]);
    let shown: Vec<_> = items
        .iter()
        .map(|item| {
            (
                item["kind"].as_str().unwrap(),
                item["current"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(shown, [("changed", true), ("updated", false)]);
    assert_eq!(
        (&items[0]["source"], &items[0]["environmentJson"]),
        (&json!("api"), &json!("{}"))
    );
    let cursor = history["nextCursor"].as_str().unwrap();
    let rest = server
        .read(&key, &format!("{path}/history?cursor={cursor}"))
        .await;
    assert_eq!(rest["items"][0]["kind"], "created");
    assert_eq!(
        rest["items"][0]["environmentJson"],
        body("")["environmentJson"]
    );
    assert_eq!(rest["nextCursor"], Value::Null);

    let refused = change(&server, &key, &id, &json!({"owner": "team"}))
        .await
        .refusal();
    assert_eq!(refused.2, "Unrecognized key(s) in object: 'owner'");
}

#[tokio::test]
async fn nothing_is_built() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = created(&server, &key, "Tools").await;
    let path = format!("/v1/environments/{id}/builds");
    assert_eq!(server.read(&key, &path).await, json!({"items": []}));
    let active = server.read(&key, &format!("{path}/active")).await;
    assert_eq!(active, json!({"type": "universal_image"}));
    let one = get(format!("{path}/bld-20260115-{ABSENT}")).by(&key);
    assert_eq!(
        server.ask(one).await.refused(),
        (404, "build_not_found".to_owned())
    );
    let limited = get(format!("{path}?limit=1")).by(&key);
    assert_eq!(server.ask(limited).await.refused().0, 400);
}

#[tokio::test]
async fn a_deleted_one_is_gone() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = created(&server, &key, "Tools").await;
    let path = format!("/v1/environments/{id}");
    let reply = server.ask(delete(&path).by(&key)).await;
    assert_eq!(reply.good(), json!({"id": id}));
    let again = server.ask(delete(&path).by(&key)).await;
    assert_eq!(again.refused(), (404, "environment_not_found".to_owned()));
    assert!(names(&server, &key, "").await.0.is_empty());
    // The name is free again.
    created(&server, &key, "Tools").await;
}
