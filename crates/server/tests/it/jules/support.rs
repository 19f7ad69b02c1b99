//! A server with the project `docs`, whose repository is `…/docs.git` on the server's disk.

use outwork_domain::Project;
use serde_json::{Value, json};

use crate::support::{Ask, Key, Reply, Server, get, post};

pub struct Jules {
    pub server: Server,
    pub key: Key,
    pub repository: String,
    /// The name of the project's source.
    pub source: String,
}

impl Jules {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same, with a project that is changed first.
    pub async fn with(change: impl FnOnce(&mut Project)) -> Self {
        let server = Server::start().await;
        let (key, repository) = server.docs(change).await;
        let source = repository.replace("file://", "sources/local");
        Self {
            server,
            key,
            repository,
            source,
        }
    }

    /// Asks with the key where Jules's clients have it.
    pub async fn ask(&self, ask: Ask) -> Reply {
        let ask = ask.header("x-goog-api-key", &self.key.token);
        self.server.ask(ask).await
    }

    pub async fn create(&self, body: &Value) -> Value {
        self.ask(post("/v1alpha/sessions").json(body)).await.good()
    }

    /// Creates a session in the project's source; gives its id.
    pub async fn start(&self, prompt: &str) -> String {
        let body = json!({"prompt": prompt, "sourceContext": {"source": self.source}});
        id_of(&self.create(&body).await)
    }

    /// Creates one whose plan wants approval; gives its id.
    pub async fn plan(&self, prompt: &str) -> String {
        let body = json!({"prompt": prompt, "requirePlanApproval": true});
        id_of(&self.create(&body).await)
    }

    pub async fn session(&self, id: &str) -> Value {
        self.ask(get(format!("/v1alpha/sessions/{id}")))
            .await
            .good()
    }

    pub async fn state(&self, id: &str) -> String {
        self.session(id).await["state"].as_str().unwrap().to_owned()
    }

    /// Calls a method of a session.
    pub async fn call(&self, id: &str, method: &str, body: &Value) -> Reply {
        let path = format!("/v1alpha/sessions/{id}:{method}");
        self.ask(post(path).json(body)).await
    }

    pub async fn message(&self, id: &str, prompt: &str) -> Reply {
        self.call(id, "sendMessage", &json!({"prompt": prompt}))
            .await
    }

    /// What a list below a session, or another list, holds.
    pub async fn list(&self, path: &str, what: &str) -> Vec<Value> {
        let reply = self.ask(get(format!("/v1alpha/{path}"))).await.good();
        reply[what].as_array().unwrap().clone()
    }

    pub async fn activities(&self, id: &str) -> Vec<Value> {
        self.list(&format!("sessions/{id}/activities"), "activities")
            .await
    }

    /// The keys of a session's activities that say what happened.
    pub async fn told(&self, id: &str) -> Vec<String> {
        let common = ["name", "id", "createTime", "originator", "artifacts"];
        let told = |activity: &Value| {
            let keys = activity.as_object().unwrap().keys();
            let own: Vec<&String> = keys.filter(|key| !common.contains(&key.as_str())).collect();
            let [only] = own.as_slice() else {
                panic!("{activity}");
            };
            (*only).clone()
        };
        self.activities(id).await.iter().map(told).collect()
    }

    /// Works on the oldest run to a good end with that text.
    pub async fn run(&self, text: &str) {
        let fence = self.server.work().await;
        self.server.say(fence, text).await;
        self.server.succeed(fence, text).await;
    }
}

pub fn id_of(session: &Value) -> String {
    session["id"].as_str().unwrap().to_owned()
}

/// HTTP status and word of a refusal, whose body has the form that all have.
#[track_caller]
pub fn refused(reply: &Reply) -> (u16, String) {
    let body = reply.json();
    let error = body["error"].as_object().unwrap();
    assert_eq!(error.len(), 3, "{body}");
    assert_eq!(error["code"], reply.status.as_u16(), "{body}");
    assert_ne!(error["message"], "", "{body}");
    let status = error["status"].as_str().unwrap().to_owned();
    (reply.status.as_u16(), status)
}

/// The refusal of what breaks a rule.
pub fn invalid() -> (u16, String) {
    (400, "INVALID_ARGUMENT".to_owned())
}

pub fn not_found() -> (u16, String) {
    (404, "NOT_FOUND".to_owned())
}

pub fn precondition() -> (u16, String) {
    (400, "FAILED_PRECONDITION".to_owned())
}
