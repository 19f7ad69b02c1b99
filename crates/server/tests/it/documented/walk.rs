//! Requests to every documented operation, and which statuses came.

use std::collections::BTreeSet;

use outwork_server::{RateLimitOptions, Window};
use serde_json::{Value, json};

use super::table::{Pair, operations, template_of};
use crate::support::{Ask, Key, Reply, Server, delete, get, patch, post, put};

const NOBODY: &str = "bc-00000000-0000-4000-8000-000000000000";
const NO_RUN: &str = "run-00000000-0000-4000-8000-000000000000";
const NO_ENVIRONMENT: &str = "00000000-0000-4000-8000-000000000000";

/// A server, somebody who asks it, and what it has answered.
pub struct Walk {
    pub server: Server,
    pub key: Key,
    pub service: Key,
    pub seen: BTreeSet<Pair>,
}

/// A path in which nothing is there.
fn absent(template: &str) -> String {
    let id = if template.contains("/environments/") {
        NO_ENVIRONMENT
    } else {
        NOBODY
    };
    let path = template.replace("{id}", id).replace("{runId}", NO_RUN);
    let path = path
        .replace("{buildId}", "bld-20260115-x")
        .replace("{name}", "ABSENT");
    match path.strip_suffix("/download") {
        Some(_) if path.starts_with("/v0/") => {
            format!("{path}?path=/opt/cursor/artifacts/absent.txt")
        }
        Some(_) => format!("{path}?path=artifacts/absent.txt"),
        None => path,
    }
}

fn ask_of(method: &str, path: &str) -> Ask {
    Ask::new(method.parse().unwrap(), path)
}

pub fn prompt(text: &str) -> Value {
    json!({"prompt": {"text": text}})
}

impl Walk {
    pub async fn start() -> Self {
        let server = Server::start().await;
        let key = server.key("a@example.com").await;
        let service = server.service_key("bot@example.com").await;
        Self {
            server,
            key,
            service,
            seen: BTreeSet::new(),
        }
    }

    /// Asks, and keeps what came.
    #[track_caller]
    pub fn ask(&mut self, status: u16, ask: Ask) -> impl Future<Output = Reply> {
        let place = std::panic::Location::caller();
        async move {
            let (method, path) = (ask.method.to_string(), ask.path.clone());
            let reply = self.server.ask(ask).await;
            let words = String::from_utf8_lossy(&reply.bytes);
            assert_eq!(reply.status, status, "{place}: {method} {path}: {words}");
            self.saw(&method, &path, status);
            reply
        }
    }

    /// The same with the key of a user.
    #[track_caller]
    pub fn mine(&mut self, status: u16, ask: Ask) -> impl Future<Output = Reply> {
        let ask = ask.by(&self.key);
        self.ask(status, ask)
    }

    pub fn saw(&mut self, method: &str, path: &str, status: u16) {
        let template = template_of(method, path);
        self.seen.insert((method.to_owned(), template, status));
    }

    pub async fn without_a_key(&mut self) {
        for (method, template) in operations() {
            self.ask(401, ask_of(&method, &absent(&template))).await;
        }
    }

    pub async fn as_another_site(&mut self) {
        let token = self.key.token.clone();
        let changing = |(method, _): &(String, String)| method != "GET";
        for (method, template) in operations().into_iter().filter(changing) {
            let ask = ask_of(&method, &absent(&template)).basic(&token, "");
            self.ask(403, ask.header("sec-fetch-site", "cross-site"))
                .await;
        }
        let theirs = get("/v1/secrets?scope=user").by(&self.service);
        self.ask(403, theirs).await;
    }

    pub async fn too_often(&mut self) {
        let one = || vec!["1/h".parse::<Window>().unwrap()];
        let limited = Server::start_limited(RateLimitOptions {
            create: one(),
            change: one(),
            read: one(),
            artifacts_list: one(),
            artifacts_download: one(),
            repositories: one(),
            ..RateLimitOptions::unlimited()
        })
        .await;
        let unlimited = std::mem::replace(&mut self.server, limited);
        for (method, template) in operations() {
            let key = self.server.key("a@example.com").await;
            let ask = || ask_of(&method, &absent(&template)).by(&key);
            self.server.send(ask().request()).await;
            self.ask(429, ask()).await;
        }
        self.server = unlimited;
    }

    pub async fn of_what_is_not_there(&mut self) {
        let with_id = |(_, template): &(String, String)| template.contains("{id}");
        for (method, template) in operations().into_iter().filter(with_id) {
            let ask = ask_of(&method, &absent(&template));
            let ask = match (method.as_str(), template.as_str()) {
                ("PATCH", _) => ask.json(&json!({"name": "n", "environmentJson": "{}"})),
                ("PUT", _) => ask.json(&json!({"value": "hunter2hunter2"})),
                ("POST", path) if path.ends_with("/runs") || path.ends_with("/followup") => {
                    ask.json(&prompt("x"))
                }
                (_, _) => ask,
            };
            self.mine(404, ask).await;
        }
        for path in ["/v1/secrets/ABSENT", "/v1/team/secrets/ABSENT"] {
            self.mine(404, delete(path)).await;
            let version = format!("{path}?id=secv_0000000000000000000000");
            let ask = put(version).json(&json!({"value": "hunter2hunter2"}));
            self.mine(404, ask).await;
        }
        let body = json!({"forUserEmail": "nobody@example.com"});
        let ask = post("/v1/sub-tokens").by(&self.service).json(&body);
        self.ask(404, ask).await;
    }

    pub async fn with_mistakes(&mut self) {
        for path in ["/v0/agents", "/v1/agents", "/v1/environments"] {
            self.mine(400, post(path).json(&json!({}))).await;
        }
        for path in ["/v0/agents?limit=x", "/v1/agents?limit=x"] {
            self.mine(400, get(path)).await;
        }
        let of_v0 = |(_, path): &(String, String)| path.starts_with("/v0/agents/{id}");
        for (method, template) in operations().into_iter().filter(of_v0) {
            let path = absent(&template).replace(NOBODY, "x");
            self.mine(400, ask_of(&method, &path).json(&prompt("x")))
                .await;
        }
        let id = self.server.launch(&self.key, "x").await;
        let run = self.latest_run(&id).await;
        let stream = get(format!("/v1/agents/{id}/runs/{run}/stream"));
        self.mine(400, stream.header("last-event-id", "x")).await;
        for rest in [
            "usage?other=1",
            "artifacts/download?path=/etc/passwd",
            "runs?limit=x",
        ] {
            self.mine(400, get(format!("/v1/agents/{id}/{rest}"))).await;
        }
        self.mine(400, post(format!("/v1/agents/{id}/runs")).json(&json!({})))
            .await;
        let bare = ["archive", "unarchive", &format!("runs/{run}/cancel")].map(str::to_owned);
        for rest in bare {
            let ask = post(format!("/v1/agents/{id}/{rest}"));
            self.mine(400, ask.header("idempotency-key", "ü")).await;
        }
        let ask = post("/v1/sub-tokens").by(&self.service).json(&json!({}));
        self.ask(400, ask).await;
        let environment = self.environment("Mistaken").await;
        let nameless = json!({"name": ""});
        let path = format!("/v1/environments/{environment}");
        self.mine(400, patch(&path).json(&nameless)).await;
        for path in ["/v1", "/v1/team", &path] {
            let ask = put(format!("{path}/secrets/TOKEN")).json(&json!({"value": ""}));
            self.mine(400, ask).await;
        }
    }

    pub async fn against_the_state(&mut self) {
        let taken = "bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11";
        let body = json!({"prompt": {"text": "x"}, "model": {"id": "script"}, "agentId": taken});
        self.mine(201, post("/v1/agents").json(&body)).await;
        self.mine(409, post("/v1/agents").json(&body)).await;
        self.mine(
            409,
            post(format!("/v1/agents/{taken}/runs")).json(&prompt("y")),
        )
        .await;
        let run = self.latest_run(taken).await;
        self.mine(200, post(format!("/v1/agents/{taken}/archive")))
            .await;
        let cancel = post(format!("/v1/agents/{taken}/runs/{run}/cancel"));
        self.mine(409, cancel).await;
        for (rest, body) in [("followup", Some(prompt("x"))), ("stop", None)] {
            let ask = post(format!("/v0/agents/{taken}/{rest}"));
            let ask = body.iter().fold(ask, Ask::json);
            self.mine(409, ask).await;
        }
        let one = self.environment("One").await;
        self.environment("Two").await;
        let body = environment_body("Two");
        self.mine(409, post("/v1/environments").json(&body)).await;
        let renamed = json!({"name": "Two", "environmentJson": "{}"});
        let path = format!("/v1/environments/{one}");
        self.mine(409, patch(&path).json(&renamed)).await;
        for path in ["/v1", "/v1/team", &path] {
            let body = json!({"value": "hunter2hunter2"});
            self.mine(201, put(format!("{path}/secrets/NAME")).json(&body))
                .await;
            self.mine(409, put(format!("{path}/secrets/name")).json(&body))
                .await;
        }
    }

    pub async fn latest_run(&mut self, id: &str) -> String {
        let agent = self.mine(200, get(format!("/v1/agents/{id}"))).await.json();
        agent["latestRunId"].as_str().unwrap().to_owned()
    }

    /// Makes an environment and gives its id.
    pub async fn environment(&mut self, name: &str) -> String {
        let ask = post("/v1/environments").json(&environment_body(name));
        let made = self.mine(201, ask).await.json();
        made["id"].as_str().unwrap().to_owned()
    }
}

fn environment_body(name: &str) -> Value {
    json!({"owner": "personal", "name": name, "repos": [], "environmentJson": "{}"})
}
