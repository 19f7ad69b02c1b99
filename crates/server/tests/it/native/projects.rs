//! `/api/v1/projects`.

use outwork_domain::limits::PROJECTS_MAX;
use outwork_domain::{KeyRules, Project};
use outwork_engine::Clock as _;
use outwork_store::{Error, projects};
use serde_json::{Value, json};

use crate::support::{Key, Reply, Server, delete, key_limits, post};

fn refusal(reply: &Reply) -> (u16, &'static str) {
    let (status, code) = reply.refused();
    (status, Box::leak(code.into_boxed_str()))
}

async fn add(server: &Server, key: &Key, body: &Value) -> Reply {
    server
        .ask(post("/api/v1/projects").by(key).json(body))
        .await
}

#[tokio::test]
async fn a_project_is_added_used_and_removed() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("docs.git");
    let usual = json!({"id": "docs", "repository": repository, "models": {},
        "branchPrefix": "mintlify/", "usesPerHour": 100, "pullRequest": "ready",
        "instructions": ".mintlify/AGENTS.md", "origin": "added"});
    let made = add(
        &server,
        &key,
        &json!({"id": "docs", "repository": repository}),
    )
    .await;
    assert_eq!(made.status, 201);
    assert_eq!(made.good(), usual);
    let whole = json!({"id": "api", "repository": "https://git.example.com/acme/api", "ref": "next",
        "alias": "rest", "model": "script", "models": {"sonnet": "script"}, "branchPrefix": "bot/",
        "usesPerHour": 7, "pullRequest": "draft", "instructions": "docs/RULES.md"});
    let mut shown = whole.clone();
    shown["origin"] = json!("added");
    assert_eq!(add(&server, &key, &whole).await.good(), shown);
    let list = server.read(&key, "/api/v1/projects").await;
    assert_eq!(list, json!({"projects": [shown, usual]}));
    let rules = KeyRules {
        projects: vec!["docs".parse().unwrap()],
        ..KeyRules::default()
    };
    let limited = server.limited(&key, rules).await;
    let list = server.read(&limited, "/api/v1/projects").await;
    assert_eq!(list, json!({"projects": [usual]}));

    let remove = async |id: &str| {
        let ask = delete(format!("/api/v1/projects/{id}")).by(&key);
        server.ask(ask).await
    };
    assert_eq!(remove("docs").await.status, 204);
    for absent in ["docs", "rest", "a%20b"] {
        assert_eq!(
            refusal(&remove(absent).await),
            (404, "project_not_found"),
            "{absent}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_name() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let with = |name: &str, value: Value| {
        let mut body = json!({"id": "docs", "repository": "https://h/a/b"});
        body[name] = value;
        body
    };
    for (body, part) in [
        (json!({"repository": "https://h/a/b"}), "id is required"),
        (json!({"id": "docs"}), "repository is required"),
        (with("id", json!("job")), "id: "),
        (with("repository", json!("nowhere")), "repository: "),
        (with("alias", json!("docs")), "alias: "),
        (with("ref", json!("a..b")), "ref: "),
        (with("models", json!({"a b": "x"})), "models: "),
        (with("branchPrefix", json!("-x")), "branchPrefix: "),
        (with("usesPerHour", json!(0)), "usesPerHour: "),
        (with("usesPerHour", json!(-1)), "usesPerHour"),
        (with("pullRequest", json!("maybe")), "pullRequest: "),
        (with("instructions", json!("../x")), "instructions: "),
    ] {
        let (status, code, message) = add(&server, &key, &body).await.refusal();
        assert_eq!((status, code.as_str()), (400, "validation_error"), "{body}");
        assert!(message.starts_with(part), "{body}: {message}");
    }
    add(&server, &key, &with("alias", json!("handbook")))
        .await
        .good();
    for id in ["docs", "handbook"] {
        let again = add(&server, &key, &with("id", json!(id))).await;
        assert_eq!(refusal(&again), (409, "project_name_conflict"), "{id}");
    }
}

#[tokio::test]
async fn there_is_room_for_so_many_and_no_more() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let now = server.clock.now();
    let filled = server.store.write(move |tx| {
        Box::pin(async move {
            for number in 1..PROJECTS_MAX {
                let name = format!("p{number}").parse().unwrap();
                let project = Project::new(name, "https://h/a/b".parse().unwrap());
                projects::insert(tx, &project, now).await?;
            }
            Ok(())
        })
    });
    let filled: Result<(), Error> = filled.await;
    filled.unwrap();
    let body = |id: &str| json!({"id": id, "repository": "https://h/a/b"});
    add(&server, &key, &body("last")).await.good();
    let refused = add(&server, &key, &body("more")).await;
    assert_eq!(refusal(&refused), (409, "too_many_projects"));
    let ask = delete("/api/v1/projects/last").by(&key);
    assert_eq!(server.ask(ask).await.status, 204);
    add(&server, &key, &body("more")).await.good();
}

#[tokio::test]
async fn a_repository_that_cannot_be_used_is_no_project() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("docs.git");
    let folder = repository.trim_end_matches("/docs.git");
    for (body, code, words) in [
        (
            json!({"id": "docs", "repository": format!("{folder}/gone.git")}),
            "repository_access",
            "the repository was not found",
        ),
        (
            json!({"id": "docs", "repository": folder}),
            "repository_access",
            "is no git repository",
        ),
        (
            json!({"id": "docs", "repository": "/etc"}),
            "repository_access",
            "the repository was not found: file:///etc",
        ),
        (
            json!({"id": "docs", "repository": "https://127.0.0.1/a/b"}),
            "repository_access",
            "not a public address",
        ),
        (
            json!({"id": "docs", "repository": repository, "ref": "gone"}),
            "validation_error",
            "gone",
        ),
    ] {
        let (status, found, message) = add(&server, &key, &body).await.refusal();
        assert_eq!((status, found.as_str()), (400, code), "{body}");
        assert!(message.contains(words), "{body}: {message}");
    }
    let list = server.read(&key, "/api/v1/projects").await;
    assert_eq!(list, json!({"projects": []}));
}

#[tokio::test]
async fn a_repeated_request_adds_one() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let body = json!({"id": "docs", "repository": "https://h/a/b"});
    let ask = || {
        post("/api/v1/projects")
            .by(&key)
            .header("idempotency-key", "one")
            .json(&body)
    };
    let first = server.ask(ask()).await;
    let again = server.ask(ask()).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!((first.status, first.bytes), (again.status, again.bytes));
}

#[tokio::test]
async fn limited_keys_change_no_projects() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let body = json!({"id": "docs", "repository": "https://h/a/b"});
    add(&server, &key, &body).await.good();
    for rules in key_limits() {
        let limited = server.limited(&key, rules).await;
        let body = json!({"id": "more", "repository": "https://h/a/b"});
        assert_eq!(
            refusal(&add(&server, &limited, &body).await),
            (403, "role_forbidden")
        );
        let ask = delete("/api/v1/projects/docs").by(&limited);
        assert_eq!(refusal(&server.ask(ask).await), (403, "role_forbidden"));
    }
}
