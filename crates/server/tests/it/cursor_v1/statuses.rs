//! The same run in both dialects, in every state that it can be brought to.

use outwork_domain::run_state::{RunEvent, Then};
use outwork_domain::{Cause, Fence};
use outwork_engine::Clock;
use serde_json::json;

use crate::support::{Key, Server, post};

struct Watched {
    server: Server,
    key: Key,
    id: String,
}

impl Watched {
    async fn start() -> Self {
        let server = Server::start().await;
        let key = server.key("a@example.com").await;
        let id = server.launch(&key, "x").await;
        Self { server, key, id }
    }

    /// Expects what v0, the newest run and the agent of v1 show.
    #[track_caller]
    fn shows(&self, expected: [&str; 3]) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let v0 = self.server.agent(&self.key, &self.id).await;
            let path = format!("/v1/agents/{}", self.id);
            let agent = self.server.read(&self.key, &path).await;
            let run_id = agent["latestRunId"].as_str().unwrap();
            let path = format!("{path}/runs/{run_id}");
            let run = self.server.read(&self.key, &path).await;
            let shown = [&v0, &run, &agent].map(|body| body["status"].as_str().unwrap());
            assert_eq!(shown, expected, "{place}");
        }
    }

    async fn event(&self, fence: Fence, event: RunEvent) {
        self.server.event(fence, event).await;
    }
}

#[tokio::test]
async fn a_run_that_succeeds_and_another_behind_it() {
    let watched = Watched::start().await;
    let server = &watched.server;
    watched.shows(["CREATING", "CREATING", "ACTIVE"]).await;
    let fence = server.claim().await;
    watched.shows(["CREATING", "CREATING", "ACTIVE"]).await;
    watched.event(fence, RunEvent::WorkspacePrepared).await;
    watched.shows(["RUNNING", "RUNNING", "ACTIVE"]).await;
    watched.event(fence, RunEvent::LoopFinished).await;
    watched.shows(["RUNNING", "RUNNING", "ACTIVE"]).await;
    watched.event(fence, RunEvent::Published).await;
    watched.shows(["FINISHED", "FINISHED", "IDLE"]).await;
    let path = format!("/v1/agents/{}/runs", watched.id);
    let body = json!({"prompt": {"text": "y"}});
    server
        .ask(post(path).by(&watched.key).json(&body))
        .await
        .good();
    watched.shows(["RUNNING", "CREATING", "ACTIVE"]).await;
    let fence = server.claim().await;
    watched.shows(["RUNNING", "CREATING", "ACTIVE"]).await;
    server.fail(fence, Cause::Internal, "It broke.").await;
    watched.shows(["ERROR", "ERROR", "IDLE"]).await;
    server.archive(&watched.id, Some(server.clock.now())).await;
    watched.shows(["ERROR", "ERROR", "ARCHIVED"]).await;
    server.archive(&watched.id, None).await;
    watched.shows(["ERROR", "ERROR", "IDLE"]).await;
}

#[tokio::test]
async fn a_second_attempt_is_still_running() {
    let watched = Watched::start().await;
    let server = &watched.server;
    let fence = server.work().await;
    watched
        .event(fence, RunEvent::AttemptFailed(Then::Retry))
        .await;
    watched.shows(["RUNNING", "RUNNING", "ACTIVE"]).await;
    server.clock.advance(std::time::Duration::from_secs(600));
    server.claim().await;
    watched.shows(["RUNNING", "RUNNING", "ACTIVE"]).await;
}

#[tokio::test]
async fn a_run_that_is_cancelled() {
    let watched = Watched::start().await;
    let server = &watched.server;
    let fence = server.work().await;
    watched.event(fence, RunEvent::CancelRequested).await;
    watched.shows(["RUNNING", "RUNNING", "ACTIVE"]).await;
    watched.event(fence, RunEvent::Stopped).await;
    watched.shows(["FINISHED", "CANCELLED", "IDLE"]).await;
}

#[tokio::test]
async fn a_run_that_waited_too_long() {
    let watched = Watched::start().await;
    watched.server.expire_waiting().await;
    watched.shows(["EXPIRED", "EXPIRED", "IDLE"]).await;
}
