//! Dialects that are off.

use outwork_server::{Dialects, Switch};
use serde_json::json;

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
            let reply = server.ask(ask).await;
            assert_eq!(reply.status, 404, "{off}");
            // In the form that clients of the path read, with the word of the configuration.
            let error = reply.json()["error"].clone();
            let told = error.as_str().or_else(|| error["message"].as_str());
            assert!(
                told.unwrap()
                    .ends_with(&format!("the dialect {word} is off")),
                "{error}"
            );
        }
        let elsewhere = server.ask(get("/api/v1/nothing").by(&key)).await;
        assert_eq!(elsewhere.json()["code"], "not_found");
        assert_eq!(server.ask(get(there).by(&key)).await.status, 200, "{there}");
        let document = server.ask(get("/openapi.json")).await.json();
        let paths = document["paths"].as_object().unwrap();
        assert!(!paths.keys().any(|path| path.starts_with(prefix)), "{off}");
        assert!(paths.contains_key(there));
    }
}
