//! `POST /v0/agents/{id}/stop`.

use outwork_domain::Timestamp;
use outwork_domain::run_state::RunEvent;
use serde_json::json;

use crate::support::{Server, post};

#[tokio::test]
async fn what_waits_is_cancelled_and_shown_as_finished() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let follow_up = json!({"prompt": {"text": "more"}});
    let path = format!("/v0/agents/{id}/followup");
    server
        .ask(post(path).by(&key).json(&follow_up))
        .await
        .good();
    let stop = || post(format!("/v0/agents/{id}/stop")).by(&key);
    // A body means nothing here, whatever it is.
    assert_eq!(
        server.ask(stop().body("nonsense")).await.good(),
        json!({"id": id})
    );
    assert_eq!(server.agent(&key, &id).await["status"], "FINISHED");
    assert_eq!(server.states(&id).await, ["cancelled", "cancelled"]);
    assert_eq!(
        server.ask(stop()).await.good(),
        json!({"id": id}),
        "twice is as once"
    );
}

#[tokio::test]
async fn what_works_is_asked_to_end() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    let stop = || post(format!("/v0/agents/{id}/stop")).by(&key);
    server.ask(stop()).await.good();
    server.ask(stop()).await.good();
    assert_eq!(server.agent(&key, &id).await["status"], "RUNNING");
    server.event(fence, RunEvent::Stopped).await;
    assert_eq!(server.agent(&key, &id).await["status"], "FINISHED");
}

#[tokio::test]
async fn it_is_too_late_once_a_push_may_be_out() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let fence = server.work().await;
    server.event(fence, RunEvent::LoopFinished).await;
    let stop = || post(format!("/v0/agents/{id}/stop")).by(&key);
    let refused = (409, "run_not_cancellable".to_owned());
    assert_eq!(server.ask(stop()).await.refused(), refused);
    server.event(fence, RunEvent::Published).await;
    assert_eq!(server.ask(stop()).await.refused(), refused);
}

#[tokio::test]
async fn an_archived_agent_stays_as_it_is() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.archive(&id, Some(Timestamp::from_millis(1))).await;
    let reply = server
        .ask(post(format!("/v0/agents/{id}/stop")).by(&key))
        .await;
    assert_eq!(reply.refused(), (409, "agent_archived".to_owned()));
}
