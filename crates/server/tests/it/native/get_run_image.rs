//! `GET /api/v1/agents/{id}/runs/{runId}/images/{number}`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::cursor_v0::create_agent::png;
use crate::support::{Server, get, post};

#[tokio::test]
async fn an_image_of_a_prompt_is_given_to_its_account() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let image = json!({"data": STANDARD.encode(png()), "dimension": {"width": 1, "height": 1}});
    let repository = server.repositories.make("tools.git");
    let body =
        json!({"prompt": {"text": "x", "images": [image]}, "source": {"repository": repository}});
    let made = server
        .ask(post("/v0/agents").by(&key).json(&body))
        .await
        .good();
    let id = made["id"].as_str().unwrap();
    let agent = server.read(&key, &format!("/api/v1/agents/{id}")).await;
    let run = agent["runs"][0]["id"].as_str().unwrap();
    let path = |number: &str| format!("/api/v1/agents/{id}/runs/{run}/images/{number}");
    let reply = server.ask(get(path("0")).by(&key)).await;
    assert_eq!((reply.status.as_u16(), &reply.bytes), (200, &png()));
    for (name, value) in [
        ("content-type", "image/png"),
        ("cache-control", "private, max-age=3600"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(reply.header(name), Some(value));
    }
    for number in ["1", "-1", "x", "99999999999999999999"] {
        let refused = server.ask(get(path(number)).by(&key)).await.refused();
        assert_eq!(refused, (404, "image_not_found".to_owned()), "{number}");
    }
    let refused = server.ask(get(path("0")).by(&other)).await.refused();
    assert_eq!(refused, (404, "agent_not_found".to_owned()));
    let absent = format!("/api/v1/agents/{id}/runs/x/images/0");
    let refused = server.ask(get(absent).by(&key)).await.refused();
    assert_eq!(refused, (404, "run_not_found".to_owned()));
}
