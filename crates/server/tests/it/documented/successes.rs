//! What goes well, and the stream, whose success is no JSON.

use std::time::Duration;

use outwork_domain::limits::EVENT_RETENTION;
use serde_json::json;

use super::walk::{Walk, prompt};
use crate::support::{Ask, delete, get, patch, post, put};

impl Walk {
    pub async fn successes(&mut self) {
        let ended = self.of_v0().await;
        self.of_v1(&ended).await;
        self.of_environments_and_secrets().await;
        let run = self.latest_run(&ended).await;
        self.server
            .clock
            .advance(EVENT_RETENTION + Duration::from_millis(1));
        self.mine(410, get(format!("/v1/agents/{ended}/runs/{run}/stream")))
            .await;
        self.mine(200, delete(format!("/v0/agents/{ended}"))).await;
        let other = self.server.launch(&self.key, "x").await;
        self.mine(200, delete(format!("/v1/agents/{other}"))).await;
    }

    async fn get_all(&mut self, paths: &[&str]) {
        for path in paths {
            self.mine(200, get(*path)).await;
        }
    }

    /// Gives an agent whose run has ended.
    async fn of_v0(&mut self) -> String {
        self.server.expire_waiting().await;
        let repository = self.server.repositories.make("walk.git");
        let mut body = prompt("x");
        body["source"] = json!({"repository": repository});
        let made = self.mine(201, post("/v0/agents").json(&body)).await.json();
        let id = made["id"].as_str().unwrap().to_owned();
        let fence = self.server.work().await;
        self.server.say(fence, "Done.").await;
        self.server.succeed(fence, "Done.").await;
        self.server.leave_artifact(&id, "a.txt", b"a").await;
        let of_agent = ["", "/conversation", "/artifacts"];
        for rest in of_agent {
            self.mine(200, get(format!("/v0/agents/{id}{rest}"))).await;
        }
        let download = "artifacts/download?path=/opt/cursor/artifacts/a.txt";
        self.mine(200, get(format!("/v0/agents/{id}/{download}")))
            .await;
        self.get_all(&["/v0/agents", "/v0/me", "/v0/models", "/v0/repositories"])
            .await;
        let waiting = self.server.launch(&self.key, "y").await;
        let ask = post(format!("/v0/agents/{waiting}/followup"));
        self.mine(200, ask.json(&prompt("z"))).await;
        self.mine(200, post(format!("/v0/agents/{waiting}/stop")))
            .await;
        id
    }

    async fn of_v1(&mut self, ended: &str) {
        self.get_all(&["/v1/agents", "/v1/me", "/v1/models", "/v1/repositories"])
            .await;
        let run = self.latest_run(ended).await;
        for rest in ["", "/runs", "/usage", "/artifacts", &format!("/runs/{run}")] {
            self.mine(200, get(format!("/v1/agents/{ended}{rest}")))
                .await;
        }
        let download = "artifacts/download?path=artifacts/a.txt";
        self.mine(200, get(format!("/v1/agents/{ended}/{download}")))
            .await;
        let stream = get(format!("/v1/agents/{ended}/runs/{run}/stream"));
        self.streams(stream).await;
        for rest in ["archive", "unarchive"] {
            self.mine(200, post(format!("/v1/agents/{ended}/{rest}")))
                .await;
        }
        let ask = post(format!("/v1/agents/{ended}/runs")).json(&prompt("more"));
        let made = self.mine(201, ask).await.json();
        let run = made["run"]["id"].as_str().unwrap();
        self.mine(200, post(format!("/v1/agents/{ended}/runs/{run}/cancel")))
            .await;
        let body = json!({"forUserEmail": "a@example.com"});
        let ask = post("/v1/sub-tokens").by(&self.service).json(&body);
        self.ask(200, ask).await;
    }

    /// Asks for a stream that ends by itself.
    async fn streams(&mut self, ask: Ask) {
        let path = ask.path.clone();
        let response = self.server.send(ask.by(&self.key).request()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
        assert!(body.unwrap().ends_with(b"event: done\ndata: {}\n\n"));
        self.saw("GET", &path, 200);
    }

    async fn of_environments_and_secrets(&mut self) {
        let id = self.environment("Good").await;
        let path = format!("/v1/environments/{id}");
        let renamed = json!({"name": "Better", "environmentJson": "{}"});
        self.mine(204, patch(&path).json(&renamed)).await;
        self.get_all(&["/v1/environments", "/v1/secrets"]).await;
        for rest in ["", "/history", "/builds", "/builds/active", "/secrets"] {
            self.mine(200, get(format!("{path}{rest}"))).await;
        }
        self.mine(200, get("/v1/team/secrets")).await;
        for holder in ["/v1", "/v1/team", &path] {
            let secret = format!("{holder}/secrets/WALKED");
            for status in [201, 200] {
                let ask = put(&secret).json(&json!({"value": "hunter2hunter2"}));
                self.mine(status, ask).await;
            }
            self.mine(200, delete(&secret)).await;
        }
        self.mine(200, delete(&path)).await;
    }
}
