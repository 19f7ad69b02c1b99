//! `GET /v1/models` and `GET /v1/repositories`.

use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn every_model_that_is_accepted_is_listed() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let list = server.read(&key, "/v1/models").await;
    assert_eq!(
        list,
        json!({"items": [
            {"id": "default", "displayName": "Default", "aliases": ["auto"]},
            {"id": "script", "displayName": "script"},
        ]})
    );
    for id in ["default", "auto", "script"] {
        let body = json!({"prompt": {"text": "x"}, "model": {"id": id}});
        let created = server.create(&key, &body).await;
        assert_eq!(created["run"]["model"], json!({"id": "script"}), "{id}");
    }
}

#[tokio::test]
async fn repositories_are_addresses() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let url = server.repositories.make("tools.git");
    let list = server.read(&key, "/v1/repositories").await;
    assert_eq!(list, json!({"items": [{"url": url}]}));
}
