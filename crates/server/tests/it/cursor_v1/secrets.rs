//! Secrets of users, environments and the team: put, listed without values, deleted.

use outwork_domain::{Secret, SecretHolder, SecretId, SecretKind, SecretText};
use outwork_engine::Clock;
use outwork_store::user_secrets;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Key, Reply, Server, delete, get, post, put};

const VALUE: &str = "hunter2hunter2";

async fn put_at(server: &Server, key: &Key, path: &str, body: &Value) -> Reply {
    let reply = server.ask(put(path).by(key).json(body)).await;
    assert!(!reply.text().contains(VALUE), "{}", reply.text());
    reply
}

async fn names(server: &Server, key: &Key, path: &str) -> Vec<String> {
    let list = server.read(key, path).await;
    assert!(!list.to_string().contains(VALUE), "{list}");
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect()
}

async fn environment(server: &Server, key: &Key) -> String {
    let body = json!({"owner": "personal", "name": "E", "repos": [], "environmentJson": "{}"});
    let made = server
        .ask(post("/v1/environments").by(key).json(&body))
        .await
        .good();
    made["id"].as_str().unwrap().to_owned()
}

/// A second version of a name, which the API itself never makes.
async fn version(server: &Server, key: &Key, name: &str, repository: &str) {
    let secret = Secret {
        id: SecretId::new(Uuid::now_v7()),
        holder: SecretHolder::User(key.account_id),
        name: name.parse().unwrap(),
        kind: SecretKind::RuntimeSecret,
        repositories: vec![repository.parse().unwrap()],
        created_at: server.clock.now(),
    };
    let value = SecretText::new(VALUE.to_owned());
    let written: Result<(), outwork_store::Error> = server
        .store
        .write(move |tx| Box::pin(async move { user_secrets::insert(tx, &secret, &value).await }))
        .await;
    written.unwrap();
}

#[tokio::test]
async fn a_secret_is_made_changed_and_deleted_in_every_scope() {
    let server = Server::start().await;
    let key = server.key("ann@example.com").await;
    let id = environment(&server, &key).await;
    let url = server.repositories.make("tools.git");
    let repo = url.strip_prefix("file://").unwrap();
    let owners = [
        (
            "/v1/secrets",
            json!({"type": "user", "user": {"email": "ann@example.com"}}),
        ),
        ("/v1/team/secrets", json!({"type": "team"})),
        (
            &*format!("/v1/environments/{id}/secrets"),
            json!({"type": "environment", "environmentId": id}),
        ),
    ];
    for (base, owner) in owners {
        let path = format!("{base}/TOKEN");
        let made = put_at(&server, &key, &path, &json!({"value": VALUE})).await;
        assert_eq!(made.status, 201, "{base}");
        let made = made.json();
        let secret_id = made["id"].as_str().unwrap().to_owned();
        assert_eq!(
            made,
            json!({"id": secret_id, "name": "TOKEN", "type": "runtime_secret", "repos": [],
                "createdAt": "2026-01-15T10:30:00.000Z"})
        );
        let wish = json!({"value": "other", "type": "environment_variable", "repos": [url]});
        let changed = put_at(&server, &key, &path, &wish).await;
        assert_eq!(changed.status, 200);
        let changed = changed.json();
        assert_eq!(
            (&changed["id"], &changed["repos"]),
            (&made["id"], &json!([repo]))
        );
        // What is left out stays.
        let kept = put_at(&server, &key, &path, &json!({"value": VALUE}))
            .await
            .json();
        assert_eq!(kept, changed);
        let list = server.read(&key, "/v1/secrets?name=TOKEN").await;
        let mut shown = changed.clone();
        shown["owner"] = owner;
        assert_eq!(list, json!({"items": [shown], "nextCursor": null}));
        let by_id = delete(format!("{path}?id={secret_id}"));
        assert_eq!(
            server.ask(by_id.by(&key)).await.good(),
            json!({"name": "TOKEN"})
        );
        let again = server.ask(delete(&path).by(&key)).await;
        assert_eq!(again.refused(), (404, "secret_not_found".to_owned()));
    }
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_without_its_value() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let good = json!({"value": VALUE});
    for name in [
        "1A",
        "A-B",
        "HTTP_PROXY",
        "https_proxy",
        "MY_CURSOR_SANDBOX",
        "%C3%84",
    ] {
        let path = format!("/v1/secrets/{name}");
        let refused = put_at(&server, &key, &path, &good).await.refused();
        assert_eq!(refused, (400, "validation_error".to_owned()), "{name}");
    }
    let many = vec![json!("h.example/o/r"); 101];
    for (body, words) in [
        (json!({}), "value is required"),
        (
            json!({"value": ""}),
            "the value of A must be 1 to 4096 bytes",
        ),
        (
            json!({"value": VALUE.repeat(400)}),
            "the value of A must be 1 to 4096 bytes",
        ),
        (
            json!({"value": VALUE, "type": "build_secret"}),
            "type: nothing is built here",
        ),
        (
            json!({"value": VALUE, "type": "other"}),
            "type must be runtime_secret",
        ),
        (json!({"value": VALUE, "repos": ["tools"]}), "repos[0]: "),
        (
            json!({"value": VALUE, "repos": many}),
            "repos must have at most 100 entries",
        ),
        (
            json!({"value": VALUE, "scope": "team"}),
            "Unrecognized key(s) in object: 'scope'",
        ),
        (json!({"value": [VALUE]}), "value must be a string"),
    ] {
        let (status, code, message) = put_at(&server, &key, "/v1/secrets/A", &body)
            .await
            .refusal();
        assert_eq!(
            (status, code.as_str()),
            (400, "validation_error"),
            "{message}"
        );
        assert!(message.starts_with(words), "{message}");
    }
    let foreign = json!({"value": VALUE, "repos": ["file:///nowhere/x.git"]});
    let refused = put_at(&server, &key, "/v1/secrets/A", &foreign)
        .await
        .refused();
    assert_eq!(refused, (403, "repository_access".to_owned()));
    assert!(names(&server, &key, "/v1/secrets").await.is_empty());
}

#[tokio::test]
async fn a_name_is_held_once_ignoring_case() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let body = json!({"value": VALUE});
    put_at(&server, &key, "/v1/secrets/Token", &body)
        .await
        .good();
    let refused = put_at(&server, &key, "/v1/secrets/TOKEN", &body)
        .await
        .refused();
    assert_eq!(refused, (409, "secret_name_conflict".to_owned()));
    let refused = server
        .ask(delete("/v1/secrets/TOKEN").by(&key))
        .await
        .refused();
    assert_eq!(refused, (404, "secret_not_found".to_owned()));
    // Another holder is another matter.
    put_at(&server, &key, "/v1/team/secrets/TOKEN", &body)
        .await
        .good();
}

#[tokio::test]
async fn of_several_versions_one_is_chosen_by_its_id() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    version(&server, &key, "TOKEN", "/srv/a.git").await;
    version(&server, &key, "TOKEN", "/srv/b.git").await;
    let body = json!({"value": VALUE});
    let refused = put_at(&server, &key, "/v1/secrets/TOKEN", &body).await;
    assert_eq!(refused.refused(), (409, "secret_name_ambiguous".to_owned()));
    let versions = refused.json()["error"]["versions"].clone();
    assert_eq!(versions[1]["repos"], json!(["/srv/b.git"]));
    let first = versions[0]["id"].as_str().unwrap();
    let refused = server
        .ask(delete("/v1/secrets/TOKEN").by(&key))
        .await
        .refused();
    assert_eq!(refused, (409, "secret_name_ambiguous".to_owned()));
    let path = format!("/v1/secrets/TOKEN?id={first}");
    assert_eq!(put_at(&server, &key, &path, &body).await.status, 200);
    let everywhere = json!({"value": VALUE, "repos": []});
    let refused = put_at(&server, &key, &path, &everywhere).await.refused();
    assert_eq!(refused, (409, "secret_scope_conflict".to_owned()));
    for id in ["secv_AAAAAAAAAAAAAAAAAAAAAA", "nonsense"] {
        let path = format!("/v1/secrets/TOKEN?id={id}");
        let refused = put_at(&server, &key, &path, &body).await.refused();
        assert_eq!(refused, (404, "secret_not_found".to_owned()), "{id}");
    }
    server.ask(delete(&path).by(&key)).await.good();
    assert_eq!(names(&server, &key, "/v1/secrets").await, ["TOKEN"]);
}

#[tokio::test]
async fn lists_are_by_name_and_filtered() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let other = server.key("b@example.com").await;
    let id = environment(&server, &key).await;
    let url = server.repositories.make("tools.git");
    let repo = url.strip_prefix("file://").unwrap();
    let own = format!("/v1/environments/{id}/secrets");
    for (path, body) in [
        ("/v1/team/secrets/B", json!({"value": VALUE})),
        ("/v1/secrets/C", json!({"value": VALUE, "repos": [url]})),
        (&*format!("{own}/A"), json!({"value": VALUE})),
    ] {
        put_at(&server, &key, path, &body).await.good();
    }
    put_at(
        &server,
        &other,
        "/v1/secrets/THEIRS",
        &json!({"value": VALUE}),
    )
    .await
    .good();
    assert_eq!(names(&server, &key, "/v1/secrets").await, ["A", "B", "C"]);
    assert_eq!(names(&server, &other, "/v1/secrets").await, ["B", "THEIRS"]);
    assert_eq!(names(&server, &key, &own).await, ["A"]);
    assert_eq!(names(&server, &key, "/v1/team/secrets").await, ["B"]);
    server.repositories.make("other.git");
    let elsewhere = repo.replace("tools.git", "other.git");
    for (query, expected) in [
        ("scope=team".to_owned(), vec!["B"]),
        ("scope=user".to_owned(), vec!["C"]),
        (format!("scope=environment&environmentId={id}"), vec!["A"]),
        (format!("repo={repo}"), vec!["A", "B", "C"]),
        (format!("repo={elsewhere}"), vec!["A", "B"]),
        ("name=b".to_owned(), vec![]),
    ] {
        assert_eq!(
            names(&server, &key, &format!("/v1/secrets?{query}")).await,
            expected,
            "{query}"
        );
    }
    let page = server.read(&key, "/v1/secrets?limit=2").await;
    let cursor = page["nextCursor"].as_str().unwrap();
    let rest = server
        .read(&key, &format!("/v1/secrets?limit=2&cursor={cursor}"))
        .await;
    assert_eq!(
        (&rest["items"][0]["name"], &rest["nextCursor"]),
        (&json!("C"), &Value::Null)
    );
    for query in [
        "scope=all",
        "limit=101",
        "environmentId=x",
        "cursor=x",
        "q=a",
        "repo=tools",
    ] {
        let ask = get(format!("/v1/secrets?{query}")).by(&key);
        assert_eq!(server.ask(ask).await.refused().0, 400, "{query}");
    }
    let foreign = get("/v1/secrets?repo=/nowhere/x.git").by(&key);
    assert_eq!(
        server.ask(foreign).await.refused(),
        (403, "repository_access".to_owned())
    );
}

#[tokio::test]
async fn a_service_has_no_secrets_of_a_user() {
    let server = Server::start().await;
    let service = server.service_key("bot@example.com").await;
    let user = server.key("bot@example.com").await;
    let body = json!({"value": VALUE});
    put_at(&server, &user, "/v1/secrets/USERS", &body)
        .await
        .good();
    let required = (403, "user_required".to_owned());
    let refused = put_at(&server, &service, "/v1/secrets/A", &body)
        .await
        .refused();
    assert_eq!(refused, required);
    for ask in [delete("/v1/secrets/USERS"), get("/v1/secrets?scope=user")] {
        assert_eq!(server.ask(ask.by(&service)).await.refused(), required);
    }
    put_at(&server, &service, "/v1/team/secrets/A", &body)
        .await
        .good();
    assert_eq!(names(&server, &service, "/v1/secrets").await, ["A"]);
}

#[tokio::test]
async fn an_environments_secrets_are_closed_to_others() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let other = server.key("b@example.com").await;
    let path = format!(
        "/v1/environments/{}/secrets",
        environment(&server, &key).await
    );
    let one = format!("{path}/A");
    let asks = [
        get(&path),
        put(&one).json(&json!({"value": VALUE})),
        delete(&one),
    ];
    for ask in asks {
        let refused = server.ask(ask.by(&other)).await.refused();
        assert_eq!(refused, (404, "environment_not_found".to_owned()));
    }
}

#[tokio::test]
async fn a_thousand_are_enough() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let filled: Result<(), outwork_store::Error> = server
        .store
        .write(move |tx| {
            Box::pin(async move {
                for number in 0..1000 {
                    let secret = Secret {
                        id: SecretId::new(Uuid::now_v7()),
                        holder: SecretHolder::Team,
                        name: format!("N{number}").parse().unwrap(),
                        kind: SecretKind::RuntimeSecret,
                        repositories: Vec::new(),
                        created_at: outwork_domain::Timestamp::from_millis(0),
                    };
                    user_secrets::insert(tx, &secret, &SecretText::new("v".into())).await?;
                }
                Ok(())
            })
        })
        .await;
    filled.unwrap();
    let body = json!({"value": VALUE});
    let refused = put_at(&server, &key, "/v1/team/secrets/ONE_MORE", &body)
        .await
        .refused();
    assert_eq!(refused, (409, "secret_limit_reached".to_owned()));
    assert_eq!(
        put_at(&server, &key, "/v1/team/secrets/N1", &body)
            .await
            .status,
        200
    );
}
