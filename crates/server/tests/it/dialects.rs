//! Dialects that are off.

use outwork_server::{Dialects, Switch};
use serde_json::json;

use crate::support::{Server, get, post};

#[tokio::test]
async fn a_route_of_a_dialect_that_is_off_is_not_found() {
    let on = Dialects::default();
    for (dialects, prefix, off, there) in [
        (
            Dialects {
                mintlify: Switch::Off,
                ..on
            },
            "/v2/",
            "/v2/agent/docs/job",
            "/v0/agents",
        ),
        (
            Dialects {
                jules: Switch::Off,
                ..on
            },
            "/v1alpha/",
            "/v1alpha/sessions",
            "/v1/agents",
        ),
        (
            Dialects {
                cursor_v0: Switch::Off,
                ..on
            },
            "/v0/agents",
            "/v0/agents",
            "/v1/agents",
        ),
        (
            Dialects {
                cursor_v1: Switch::Off,
                ..on
            },
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
            let response = server.send(ask.request()).await;
            assert_eq!(response.status(), 404, "{off}");
        }
        assert_eq!(server.ask(get(there).by(&key)).await.status, 200, "{there}");
        let document = server.ask(get("/openapi.json")).await.json();
        let paths = document["paths"].as_object().unwrap();
        assert!(!paths.keys().any(|path| path.starts_with(prefix)), "{off}");
        assert!(paths.contains_key(there));
    }
}
