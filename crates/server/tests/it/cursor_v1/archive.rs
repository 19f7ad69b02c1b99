//! `POST /v1/agents/{id}/archive`, `/unarchive` and `/runs/{runId}/cancel`.

use serde_json::{Value, json};

use crate::support::{Key, Reply, Server, post};

struct World {
    server: Server,
    key: Key,
    id: String,
}

impl World {
    async fn start() -> Self {
        let server = Server::start().await;
        let key = server.key("a@example.com").await;
        let id = server.launch(&key, "x").await;
        Self { server, key, id }
    }

    async fn post(&self, rest: &str) -> Reply {
        let path = format!("/v1/agents/{}{rest}", self.id);
        self.server.ask(post(path).by(&self.key)).await
    }

    async fn runs(&self) -> Vec<Value> {
        let path = format!("/v1/agents/{}/runs", self.id);
        let list = self.server.read(&self.key, &path).await;
        list["items"].as_array().unwrap().clone()
    }

    async fn statuses(&self) -> Vec<String> {
        let runs = self.runs().await;
        let status = |run: &Value| run["status"].as_str().unwrap().to_owned();
        runs.iter().map(status).collect()
    }

    async fn follow_up(&self) {
        let path = format!("/v0/agents/{}/followup", self.id);
        let body = json!({"prompt": {"text": "y"}});
        let ask = post(path).by(&self.key).json(&body);
        self.server.ask(ask).await.good();
    }

    async fn status(&self) -> Value {
        let path = format!("/v1/agents/{}", self.id);
        self.server.read(&self.key, &path).await["status"].clone()
    }

    async fn cancel(&self, run: &Value) -> Reply {
        let id = run["id"].as_str().unwrap();
        self.post(&format!("/runs/{id}/cancel")).await
    }
}

#[tokio::test]
async fn archiving_cancels_what_waits_and_twice_is_as_once() {
    let world = World::start().await;
    world.follow_up().await;
    for _ in 0..2 {
        assert_eq!(world.post("/archive").await.good(), json!({"id": world.id}));
    }
    assert_eq!(world.status().await, "ARCHIVED");
    assert_eq!(world.statuses().await, ["CANCELLED", "CANCELLED"]);
    for _ in 0..2 {
        assert_eq!(
            world.post("/unarchive").await.good(),
            json!({"id": world.id})
        );
    }
    assert_eq!(world.status().await, "IDLE");
}

#[tokio::test]
async fn a_cancel_is_of_one_run() {
    let world = World::start().await;
    world.follow_up().await;
    let [second, first] = <[Value; 2]>::try_from(world.runs().await).unwrap();
    assert_eq!(
        world.cancel(&first).await.good(),
        json!({"id": first["id"]})
    );
    assert_eq!(world.statuses().await, ["CREATING", "CANCELLED"]);
    let again = world.cancel(&first).await.refused();
    assert_eq!(again, (409, "run_not_cancellable".to_owned()));
    world.cancel(&second).await.good();
    assert_eq!(world.statuses().await, ["CANCELLED", "CANCELLED"]);
}

#[tokio::test]
async fn a_running_run_is_running_until_its_processes_are_gone() {
    let world = World::start().await;
    world.server.work().await;
    let run = world.runs().await.remove(0);
    for _ in 0..2 {
        world.cancel(&run).await.good();
        assert_eq!(world.statuses().await, ["RUNNING"]);
    }
    let path = "/runs";
    let body = json!({"prompt": {"text": "y"}});
    let ask = post(format!("/v1/agents/{}{path}", world.id)).by(&world.key);
    // Whoever has cancelled need not wait until the last of it is cleared away.
    let next = world.server.ask(ask.json(&body)).await;
    assert_eq!(next.status, 201);
}

#[tokio::test]
async fn what_is_being_published_or_has_ended_is_not_cancelled() {
    use outwork_domain::run_state::RunEvent;
    let world = World::start().await;
    let run = world.runs().await.remove(0);
    let fence = world.server.work().await;
    let refused = (409, "run_not_cancellable".to_owned());
    for event in [RunEvent::LoopFinished, RunEvent::Published] {
        world.server.event(fence, event).await;
        assert_eq!(world.cancel(&run).await.refused(), refused);
    }
    let unknown = json!({"id": "run-00000000-0000-4000-8000-000000000001"});
    let reply = world.cancel(&unknown).await;
    assert_eq!(reply.refused(), (404, "run_not_found".to_owned()));
}
