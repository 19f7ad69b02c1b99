//! A server with the project `docs`, alias `acme`.

use outwork_domain::Project;
use outwork_engine::Clock as _;
use outwork_store::{Error, RepositoryChange, agents};
use serde_json::{Value, json};

use crate::support::{Ask, Key, Reply, Server, get, post};

pub struct Docs {
    pub server: Server,
    pub key: Key,
    pub repository: String,
}

impl Docs {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same, with a project that is changed first.
    pub async fn with(change: impl FnOnce(&mut Project)) -> Self {
        let server = Server::start().await;
        let named = |project: &mut Project| {
            project.alias = Some("acme".parse().unwrap());
            change(project);
        };
        let (key, repository) = server.docs(named).await;
        Self {
            server,
            key,
            repository,
        }
    }

    pub async fn ask(&self, ask: Ask) -> Reply {
        self.server.ask(ask.by(&self.key)).await
    }

    /// Creates a job through v2.
    pub async fn create(&self, prompt: &str) -> Value {
        let body = json!({"prompt": prompt});
        let reply = self.ask(post("/v2/agent/docs/job").json(&body)).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()
    }

    pub async fn job(&self, id: &Value) -> Value {
        let path = format!("/v2/agent/docs/job/{}", id.as_str().unwrap());
        self.ask(get(path)).await.good()
    }

    pub async fn session(&self, id: &Value) -> Value {
        let path = format!("/v1/agent/docs/job/{}", id.as_str().unwrap());
        self.ask(get(path)).await.good()
    }

    /// Notes the pull request that shows a job's work.
    pub async fn open_pull_request(&self, id: &Value, url: &str) {
        let (id, now) = (
            id.as_str().unwrap().parse().unwrap(),
            self.server.clock.now(),
        );
        let change = RepositoryChange {
            pull_request_url: Some(url.to_owned()),
            ..RepositoryChange::of(self.repository.parse().unwrap())
        };
        let update = self.server.store.write(move |tx| {
            Box::pin(async move { agents::update_repository(tx, id, &change, now).await })
        });
        let done: Result<_, Error> = update.await;
        done.unwrap();
    }

    pub async fn message(&self, id: &Value, prompt: &str) -> Reply {
        let path = format!("/v2/agent/docs/job/{}/message", id.as_str().unwrap());
        self.ask(post(path).json(&json!({"prompt": prompt}))).await
    }
}

/// The id that the Cursor dialects have for a job.
pub fn cursor_id(id: &Value) -> String {
    format!("bc-{}", id.as_str().unwrap())
}

/// Status and text of a refusal.
#[track_caller]
pub fn refused(reply: &Reply) -> (u16, String) {
    let text = reply.json()["error"].as_str().unwrap().to_owned();
    (reply.status.as_u16(), text)
}
