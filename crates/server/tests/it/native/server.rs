//! `/api/v1/server` and `/api/v1/doctor`.

use std::time::Duration;

use outwork_domain::{KeyRules, KeyScope};
use outwork_server::{Dialects, Switch};
use serde_json::json;

use crate::support::{PUBLIC_URL, Server, delete, get, key_limits, post};

#[tokio::test]
async fn a_server_says_what_it_is_and_does() {
    let server = Server::start_serving(Dialects {
        mintlify: Switch::Off,
        ..Dialects::default()
    })
    .await;
    let key = server.key("a@example.com").await;
    server.clock.advance(Duration::from_secs(5));
    for prompt in ["one", "two", "three"] {
        server.launch(&key, prompt).await;
    }
    server.work().await;
    let mut body = server.read(&key, "/api/v1/server").await;
    let version = body.as_object_mut().unwrap().remove("version").unwrap();
    assert!(
        version.as_str().unwrap().split('.').count() == 3,
        "{version}"
    );
    assert_eq!(
        body,
        json!({"publicUrl": PUBLIC_URL, "startedAt": "2026-01-15T10:30:00.000Z",
            "sandbox": {"level": "full-noproc", "state": "holds"},
            "workers": [{"id": "test", "slots": 4, "busy": 1, "embedded": true}],
            "queue": {"waiting": 2, "active": 1},
            "dialects": {"cursorV0": true, "cursorV1": true, "mintlify": false, "jules": true}})
    );
    server
        .working
        .store(false, std::sync::atomic::Ordering::Relaxed);
    let body = server.read(&key, "/api/v1/server").await;
    assert_eq!(
        body["sandbox"],
        json!({"level": "full-noproc", "state": "being_tried"})
    );
}

#[tokio::test]
async fn the_doctor_tells_what_it_finds() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    assert_eq!(
        server.read(&key, "/api/v1/doctor").await,
        json!({"ok": false, "checks": [
            {"name": "git", "status": "ok", "found": "as it is"},
            {"name": "disk space", "status": "missing", "found": "as it is", "remedy": "Free some."},
        ]})
    );
}

#[tokio::test]
async fn limited_keys_are_told_nothing() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    for rules in key_limits() {
        let limited = server.limited(&key, rules).await;
        for path in ["/api/v1/server", "/api/v1/doctor"] {
            let refused = server.ask(get(path).by(&limited)).await.refused();
            assert_eq!(refused, (403, "role_forbidden".to_owned()), "{path}");
        }
    }
}

#[tokio::test]
async fn operators_that_are_named_are_admitted_and_nobody_else() {
    let server = Server::start_operated(&["ada@example.com", "late@example.com"]).await;
    let other = server.key("b@example.com").await;
    let asks = || {
        let body = json!({"id": "docs", "repository": "https://git.example.com/acme/docs"});
        [
            get("/api/v1/server"),
            get("/api/v1/doctor"),
            post("/api/v1/projects").json(&body),
            delete("/api/v1/projects/docs"),
        ]
    };
    // Who is alone on the server is no operator for that.
    for ask in asks() {
        let refused = server.ask(ask.by(&other)).await.refused();
        assert_eq!(refused, (403, "role_forbidden".to_owned()));
    }
    let ada = server.key("Ada@example.com").await;
    for ask in asks() {
        assert!(server.ask(ask.by(&ada)).await.status.is_success());
    }
    let reading = KeyRules {
        scope: KeyScope::Read,
        ..KeyRules::default()
    };
    let limited = server.limited(&ada, reading).await;
    for key in [&limited, &other] {
        let refused = server.ask(get("/api/v1/server").by(key)).await.refused();
        assert_eq!(refused, (403, "role_forbidden".to_owned()));
    }
}

#[tokio::test]
async fn where_others_have_accounts_the_machine_is_nobodys_to_see() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let body = json!({"id": "docs", "repository": "https://git.example.com/acme/docs"});
    let asks = || {
        [
            get("/api/v1/server"),
            get("/api/v1/doctor"),
            post("/api/v1/projects").json(&body),
            delete("/api/v1/projects/docs"),
        ]
    };
    for ask in asks() {
        assert!(server.ask(ask.by(&key)).await.status.is_success());
    }
    server.key("b@example.com").await;
    for ask in asks() {
        let refused = server.ask(ask.by(&key)).await.refused();
        assert_eq!(refused, (403, "role_forbidden".to_owned()));
    }
}
