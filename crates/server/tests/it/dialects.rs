//! Dialects that are off.

use axum::body::to_bytes;
use outwork_server::{Dialects, Switch};
use serde_json::{Value, json};

use crate::support::{Server, get, post};

#[tokio::test]
async fn a_route_of_a_dialect_that_is_off_is_not_found() {
    let on = Dialects::default();
    for (dialects, word, prefix, off, there) in [
        (
            Dialects {
                mintlify: Switch::Off,
                ..on
            },
            "mintlify",
            "/v2/",
            "/v2/agent/docs/job",
            "/v0/agents",
        ),
        (
            Dialects {
                jules: Switch::Off,
                ..on
            },
            "jules",
            "/v1alpha/",
            "/v1alpha/sessions",
            "/v1/agents",
        ),
        (
            Dialects {
                cursor_v0: Switch::Off,
                ..on
            },
            "cursor_v0",
            "/v0/agents",
            "/v0/agents",
            "/v1/agents",
        ),
        (
            Dialects {
                cursor_v1: Switch::Off,
                ..on
            },
            "cursor_v1",
            "/v1/agents",
            "/v1/agents",
            "/v0/agents",
        ),
    ] {
        let server = Server::start_serving(dialects).await;
        let key = server.key("dev@example.com").await;
        for ask in [
            get(off).by(&key),
            get(off),
            post(off).by(&key).json(&json!({})),
        ] {
            // No document describes what is not served.
            let response = server.send(ask.request()).await;
            assert_eq!(response.status(), 404, "{off}");
            let body = to_bytes(response.into_body(), 4_096).await.unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap();
            // In the form that clients of the path read, with the word of the configuration.
            let error = &body["error"];
            let told = error.as_str().or_else(|| error["message"].as_str());
            assert!(
                told.unwrap()
                    .ends_with(&format!("the dialect {word} is off")),
                "{error}"
            );
        }
        assert_eq!(server.ask(get(there).by(&key)).await.status, 200, "{there}");
        let document = server.ask(get("/openapi.json")).await.json();
        let paths = document["paths"].as_object().unwrap();
        assert!(!paths.keys().any(|path| path.starts_with(prefix)), "{off}");
        assert!(paths.contains_key(there));
    }
}
