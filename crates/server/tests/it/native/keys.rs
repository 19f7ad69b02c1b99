//! `/api/v1/keys`.

use std::time::Duration;

use outwork_domain::limits::REVOKED_KEY_SHOWN;
use outwork_domain::{KeyRules, Project};
use serde_json::{Value, json};

use crate::support::{Key, Reply, Server, delete, get, key_limits, post};

const REFUSED: (u16, &str) = (403, "role_forbidden");

fn refusal(reply: &Reply) -> (u16, &'static str) {
    let (status, code) = reply.refused();
    (status, Box::leak(code.into_boxed_str()))
}

async fn make(server: &Server, key: &Key, body: &Value) -> Reply {
    server.ask(post("/api/v1/keys").by(key).json(body)).await
}

async fn names(server: &Server, key: &Key) -> Vec<String> {
    let list = server.read(key, "/api/v1/keys").await;
    let all = list["keys"].as_array().unwrap();
    all.iter()
        .map(|key| key["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Somebody else's key is as unknown as one that never was.
async fn not_of(server: &Server, other: &Key, id: &str) {
    let nobody = "00000000-0000-4000-8000-000000000000";
    let of_other = server
        .ask(delete(format!("/api/v1/keys/{id}")).by(other))
        .await;
    let of_nobody = server
        .ask(delete(format!("/api/v1/keys/{nobody}")).by(other))
        .await;
    assert_eq!(refusal(&of_other), (404, "key_not_found"));
    assert_eq!(of_other.bytes, of_nobody.bytes);
}

#[tokio::test]
async fn a_key_is_made_used_and_revoked() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let repository = server.repositories.make("docs.git");
    let mut docs = Project::new("docs".parse().unwrap(), repository.parse().unwrap());
    docs.alias = Some("handbook".parse().unwrap());
    server.project(docs).await;
    server.clock.advance(Duration::from_secs(1));
    let reply = make(
        &server,
        &key,
        &json!({"name": "CI", "scope": "read", "projects": ["handbook"],
            "addresses": ["10.0.0.0/8", "0.0.0.0"], "expiresAt": "2026-01-16T00:00:00Z"}),
    )
    .await;
    assert_eq!(reply.status, 201);
    let mut made = reply.good();
    let token = made.as_object_mut().unwrap().remove("apiKey").unwrap();
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(
        made,
        json!({"id": id, "name": "CI", "email": "a@example.com", "kind": "user", "scope": "read",
            "projects": ["docs"], "addresses": ["10.0.0.0/8", "0.0.0.0/32"],
            "createdAt": "2026-01-15T10:30:01.000Z", "expiresAt": "2026-01-16T00:00:00.000Z",
            "current": false})
    );
    let new = Key {
        token: token.as_str().unwrap().to_owned(),
        ..key.clone()
    };
    let me = server.read(&new, "/api/v1/session").await;
    assert_eq!((&me["keyId"], &me["scope"]), (&json!(id), &json!("read")));
    let list = server.read(&key, "/api/v1/keys").await;
    assert_eq!(list["keys"][0], made);
    assert_eq!(
        (&list["keys"][1]["name"], &list["keys"][1]["current"]),
        (&json!("Test key"), &json!(true))
    );
    assert_eq!(names(&server, &other).await, ["Test key"]);
    assert!(!list.to_string().contains(&new.token[4..]));

    not_of(&server, &other, &id).await;
    let malformed = server.ask(delete("/api/v1/keys/x").by(&key)).await;
    assert_eq!(refusal(&malformed), (404, "key_not_found"));
    server.read(&new, "/v0/me").await;

    for _ in 0..2 {
        let reply = server
            .ask(delete(format!("/api/v1/keys/{id}")).by(&key))
            .await;
        assert_eq!(reply.status, 204);
    }
    let gone = async {
        while server.ask(get("/v0/me").by(&new)).await.status != 401 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone)
        .await
        .unwrap();
    let list = server.read(&key, "/api/v1/keys").await;
    assert_eq!(list["keys"][0]["revokedAt"], "2026-01-15T10:30:01.000Z");
    server.clock.advance(REVOKED_KEY_SHOWN);
    assert_eq!(names(&server, &key).await, ["CI", "Test key"]);
    server.clock.advance(Duration::from_millis(1));
    assert_eq!(names(&server, &key).await, ["Test key"]);
}

#[tokio::test]
async fn a_key_that_cannot_be_is_refused() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    for (body, code) in [
        (json!({}), "validation_error"),
        (json!({"name": " "}), "validation_error"),
        (json!({"name": "x".repeat(101)}), "validation_error"),
        (json!({"name": "a\nb"}), "validation_error"),
        (json!({"name": "x", "scope": "admin"}), "validation_error"),
        (
            json!({"name": "x", "projects": ["a b"]}),
            "validation_error",
        ),
        (
            json!({"name": "x", "addresses": ["somewhere"]}),
            "validation_error",
        ),
        (
            json!({"name": "x", "addresses": vec!["10.0.0.1"; 101]}),
            "validation_error",
        ),
        (
            json!({"name": "x", "expiresAt": "soon"}),
            "validation_error",
        ),
        (
            json!({"name": "x", "expiresAt": "2026-01-15T10:30:00.000Z"}),
            "validation_error",
        ),
        (
            json!({"name": "x", "expiresAt": "2126-01-15T10:30:00.000Z"}),
            "validation_error",
        ),
        (json!([]), "validation_error"),
    ] {
        assert_eq!(
            refusal(&make(&server, &key, &body).await),
            (400, code),
            "{body}"
        );
    }
    let unknown = make(&server, &key, &json!({"name": "x", "projects": ["docs"]})).await;
    assert_eq!(refusal(&unknown), (404, "project_not_found"));
    let empty = server.ask(post("/api/v1/keys").by(&key)).await;
    assert_eq!(refusal(&empty), (400, "missing_body"));
    let repeated = post("/api/v1/keys")
        .by(&key)
        .header("idempotency-key", "one");
    let repeated = server.ask(repeated.json(&json!({"name": "x"}))).await;
    assert_eq!(refusal(&repeated), (400, "validation_error"));
    assert_eq!(names(&server, &key).await, ["Test key"]);
}

/// No key makes one that may do more, or lasts longer.
#[tokio::test]
async fn limited_keys_make_none() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let service = server.service_key("bot@example.com").await;
    let body = json!({"forUserEmail": "a@example.com"});
    let minted = server
        .ask(post("/v1/sub-tokens").by(&service).json(&body))
        .await
        .good();
    let sub_token = Key {
        token: minted["accessToken"].as_str().unwrap().to_owned(),
        ..key.clone()
    };
    let mut keys = vec![sub_token];
    for rules in key_limits() {
        keys.push(server.limited(&key, rules).await);
    }
    for limited in &keys {
        // The others are not its business, nor is what they may do and from where.
        let list = server.read(limited, "/api/v1/keys").await;
        let seen = list["keys"].as_array().unwrap();
        assert_eq!(seen.len(), 1, "{list}");
        assert_eq!(seen[0]["current"], true);
        let made = make(&server, limited, &json!({"name": "x"})).await;
        assert_eq!(refusal(&made), REFUSED);
        let path = format!("/api/v1/keys/{}", key.id);
        assert_eq!(
            refusal(&server.ask(delete(path).by(limited)).await),
            REFUSED
        );
    }
    // But one that may write may end itself.
    for own in &keys[2..] {
        let path = format!("/api/v1/keys/{}", own.id);
        assert_eq!(server.ask(delete(path).by(own)).await.status, 204);
    }
    assert_eq!(names(&server, &key).await.len(), 4);

    let of_service = make(&server, &service, &json!({"name": "x"})).await.good();
    assert_eq!(
        (&of_service["kind"], of_service.get("email")),
        (&json!("service"), None)
    );
    let short = KeyRules {
        expires_at: Some(server.clock.now_plus(Duration::from_secs(60))),
        ..KeyRules::default()
    };
    let short = server.limited(&key, short).await;
    let made = make(&server, &short, &json!({"name": "x"})).await.good();
    assert_eq!(made["expiresAt"], "2026-01-15T10:31:00.000Z");
    let longer = json!({"name": "x", "expiresAt": "2026-01-15T10:31:01Z"});
    assert_eq!(
        refusal(&make(&server, &short, &longer).await),
        (400, "validation_error")
    );
}

#[tokio::test]
async fn other_sites_neither_see_nor_make_keys() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let reply = server
        .ask(post("/api/v1/session").json(&json!({"apiKey": key.token})))
        .await;
    let cookie = reply
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let path = format!("/api/v1/keys/{}", key.id);
    let asks = || {
        let make = post("/api/v1/keys").json(&json!({"name": "x"}));
        [get("/api/v1/keys"), make, delete(path.clone())]
    };
    for ask in asks() {
        let ask = ask
            .header("cookie", cookie)
            .header("sec-fetch-site", "cross-site");
        assert_eq!(refusal(&server.ask(ask).await), REFUSED);
    }
    for (ask, status) in asks().into_iter().zip([200, 201, 204]) {
        let ask = ask
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin");
        assert_eq!(server.ask(ask).await.status, status);
    }
    // The session went with its key.
    let ask = get("/api/v1/session").header("cookie", cookie);
    assert_eq!(refusal(&server.ask(ask).await), (401, "unauthorized"));
}
