//! `POST /v1/agents/{id}/runs`: the next prompt of an idle agent.

use outwork_domain::Cause;
use outwork_engine::Clock;
use serde_json::{Value, json};

use crate::support::{Ask, Key, Reply, Server, post};

async fn next(server: &Server, key: &Key, id: &str, body: &Value) -> Reply {
    let path = format!("/v1/agents/{id}/runs");
    server.ask(post(path).by(key).json(body)).await
}

async fn created(server: &Server, key: &Key) -> String {
    let body = json!({"prompt": {"text": "first"}, "mode": "plan"});
    let created = server.create(key, &body).await;
    created["agent"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_idle_agent_takes_another_prompt() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = created(&server, &key).await;
    let fence = server.work().await;
    server.succeed(fence, "Done.").await;
    let body = json!({"prompt": {"text": "second"}, "mcpServers": null, "envVars": null});
    let reply = next(&server, &key, &id, &body).await;
    assert_eq!(reply.status, 201);
    let run = reply.json()["run"].clone();
    assert_eq!(run["status"], "CREATING");
    assert_eq!(run["requestId"].as_str(), reply.header("x-request-id"));
    let agent = server.read(&key, &format!("/v1/agents/{id}")).await;
    assert_eq!(agent["status"], "ACTIVE");
    assert_eq!(agent["latestRunId"], run["id"]);
    // The mode stays until another is named.
    let claim = server.claimed().await;
    assert_eq!(
        (claim.prompt.as_str(), claim.run.mode.word()),
        ("second", "plan")
    );
}

#[tokio::test]
async fn one_run_at_a_time() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = created(&server, &key).await;
    let body = json!({"prompt": {"text": "second"}});
    let busy = (
        409,
        "agent_busy".to_owned(),
        "Agent already has an active run".to_owned(),
    );
    assert_eq!(next(&server, &key, &id, &body).await.refusal(), busy);
    let fence = server.work().await;
    assert_eq!(next(&server, &key, &id, &body).await.refusal(), busy);
    server.fail(fence, Cause::Internal, "It broke.").await;
    assert_eq!(next(&server, &key, &id, &body).await.status, 201);
}

#[tokio::test]
async fn an_archived_agent_takes_none() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = created(&server, &key).await;
    server.archive(&id, Some(server.clock.now())).await;
    let body = json!({"prompt": {"text": "second"}});
    let refused = next(&server, &key, &id, &body).await.refused();
    assert_eq!(refused, (409, "agent_archived".to_owned()));
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = created(&server, &key).await;
    for (body, code, message) in [
        (json!({}), "validation_error", "prompt is required"),
        (
            json!({"prompt": {"text": "x"}, "name": "y", "repos": []}),
            "validation_error",
            "Unrecognized key(s) in object: 'name', 'repos'",
        ),
        (
            json!({"prompt": {"text": "x"}, "mode": "x"}),
            "validation_error",
            "mode must be agent or plan",
        ),
        (
            json!({"prompt": {"text": "x"}, "model": {"id": "gpt-0"}}),
            "invalid_model",
            "Model 'gpt-0' is not available or invalid",
        ),
        (
            json!({"prompt": {"text": "x"}, "mcpServers": [{"name": "a", "command": "c"}]}),
            "feature_unavailable",
            "mcpServers: this server cannot give MCP servers to agents",
        ),
    ] {
        let (_, told, said) = next(&server, &key, &id, &body).await.refusal();
        assert_eq!((told.as_str(), said.as_str()), (code, message), "{body}");
    }
    let unknown = "bc-00000000-0000-4000-8000-000000000001";
    let refused = next(&server, &key, unknown, &json!({"prompt": {"text": "x"}})).await;
    assert_eq!(refused.refused(), (404, "agent_not_found".to_owned()));
}

#[tokio::test]
async fn a_repeated_post_is_answered_once() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let body = json!({"prompt": {"text": "x"}});
    let ask = |path: &str, body: &Value| -> Ask {
        post(path)
            .by(&key)
            .header("idempotency-key", "k-1")
            .json(body)
    };
    let first = server.ask(ask("/v1/agents", &body)).await;
    let again = server.ask(ask("/v1/agents", &body)).await;
    assert_eq!((again.status, &again.bytes), (first.status, &first.bytes));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let other = json!({"prompt": {"text": "y"}});
    let reused = server.ask(ask("/v1/agents", &other)).await.refused();
    assert_eq!(reused, (409, "idempotency_key_reused".to_owned()));

    let id = first.json()["agent"]["id"].as_str().unwrap().to_owned();
    let fence = server.work().await;
    server.succeed(fence, "Done.").await;
    let path = format!("/v1/agents/{id}/runs");
    let first = server.ask(ask(&path, &body)).await;
    assert_eq!(first.status, 201);
    let again = server.ask(ask(&path, &body)).await;
    assert_eq!((again.status, again.bytes), (first.status, first.bytes));
}
