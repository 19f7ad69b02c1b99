//! All pairs of dialects: what one made, the others read, list, follow up and delete.

use outwork_domain::RunMode;
use outwork_store::runs;
use serde_json::{Value, json};

use super::support::{Docs, refused};
use crate::support::{delete, get, post};

/// By which an agent is made, read and given prompts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    CursorV0,
    CursorV1,
    MintlifyV2,
    /// It has no messages but the first.
    MintlifyV1,
    Jules,
}

use Dialect::{CursorV0, CursorV1, Jules, MintlifyV1, MintlifyV2};

const ALL: [Dialect; 5] = [CursorV0, CursorV1, MintlifyV2, MintlifyV1, Jules];

impl Docs {
    /// Makes an agent and gives its UUID.
    async fn make(&self, dialect: Dialect) -> String {
        let prompt = json!({"text": "one"});
        let ask = match dialect {
            CursorV0 => post("/v0/agents")
                .json(&json!({"prompt": prompt, "source": {"repository": self.repository}})),
            CursorV1 => post("/v1/agents")
                .json(&json!({"prompt": prompt, "repos": [{"url": self.repository}]})),
            MintlifyV2 => post("/v2/agent/docs/job").json(&json!({"prompt": "one"})),
            Jules => {
                let source = self.repository.replace("file://", "sources/local");
                let context = json!({"source": source});
                post("/v1alpha/sessions").json(&json!({"prompt": "one", "sourceContext": context}))
            }
            MintlifyV1 => {
                let messages = json!([{"role": "user", "content": "one"}]);
                let ask = post("/v1/agent/docs/job").json(&json!({"messages": messages}));
                let response = self.server.send(ask.by(&self.key).request()).await;
                let id = response.headers()["x-session-id"].to_str().unwrap();
                return id.to_owned();
            }
        };
        let made = self.ask(ask).await.good();
        let id = match dialect {
            CursorV1 => &made["agent"]["id"],
            CursorV0 | MintlifyV2 | MintlifyV1 | Jules => &made["id"],
        };
        id.as_str().unwrap().trim_start_matches("bc-").to_owned()
    }

    /// What the dialect shows of an agent.
    async fn shown(&self, dialect: Dialect, id: &str) -> crate::support::Reply {
        let path = match dialect {
            CursorV0 => format!("/v0/agents/bc-{id}"),
            CursorV1 => format!("/v1/agents/bc-{id}"),
            MintlifyV2 => format!("/v2/agent/docs/job/{id}"),
            MintlifyV1 => format!("/v1/agent/docs/job/{id}"),
            Jules => format!("/v1alpha/sessions/{id}"),
        };
        self.ask(get(path)).await
    }

    /// The UUIDs that the dialect lists; v2 of Mintlify has no list.
    async fn listed(&self, dialect: Dialect) -> Option<Vec<String>> {
        let (path, all, id) = match dialect {
            CursorV0 => ("/v0/agents", "agents", "id"),
            CursorV1 => ("/v1/agents", "items", "id"),
            MintlifyV1 => ("/v1/agent/docs/jobs", "allSessions", "sessionId"),
            Jules => ("/v1alpha/sessions", "sessions", "id"),
            MintlifyV2 => return None,
        };
        let list = self.ask(get(path)).await.good();
        let ids = list[all].as_array().unwrap().iter();
        let ids = ids.map(|one| {
            one[id]
                .as_str()
                .unwrap()
                .trim_start_matches("bc-")
                .to_owned()
        });
        Some(ids.collect())
    }

    async fn follow_up(&self, dialect: Dialect, id: &str) {
        let prompt = json!({"prompt": {"text": "two"}});
        let ask = match dialect {
            CursorV0 => post(format!("/v0/agents/bc-{id}/followup")).json(&prompt),
            CursorV1 => post(format!("/v1/agents/bc-{id}/runs")).json(&prompt),
            Jules => {
                post(format!("/v1alpha/sessions/{id}:sendMessage")).json(&json!({"prompt": "two"}))
            }
            MintlifyV2 | MintlifyV1 => {
                post(format!("/v2/agent/docs/job/{id}/message")).json(&json!({"prompt": "two"}))
            }
        };
        self.ask(ask).await.good();
    }

    /// Deletes an agent; Mintlify has no word for it.
    async fn remove(&self, dialect: Dialect, id: &str) {
        let path = match dialect {
            CursorV0 | MintlifyV2 | MintlifyV1 => format!("/v0/agents/bc-{id}"),
            CursorV1 => format!("/v1/agents/bc-{id}"),
            Jules => format!("/v1alpha/sessions/{id}"),
        };
        self.ask(delete(path)).await.good();
    }

    async fn run(&self) {
        let fence = self.server.work().await;
        self.server.succeed(fence, "Done.").await;
    }
}

#[tokio::test]
async fn what_one_dialect_made_the_others_know() {
    let docs = Docs::new().await;
    for made_by in ALL {
        for used_by in ALL {
            let pair = format!("{made_by:?}, {used_by:?}");
            let id = docs.make(made_by).await;
            docs.run().await;
            docs.shown(used_by, &id).await.good();
            if let Some(ids) = docs.listed(used_by).await {
                assert_eq!(ids, [id.as_str()], "{pair}");
            }
            docs.follow_up(used_by, &id).await;
            assert_eq!(
                docs.server.states(&format!("bc-{id}")).await,
                ["succeeded", "queued"],
                "{pair}"
            );
            docs.run().await;
            docs.remove(used_by, &id).await;
            for dialect in ALL {
                assert_eq!(docs.shown(dialect, &id).await.status, 404, "{pair}");
                assert!(docs.listed(dialect).await.is_none_or(|ids| ids.is_empty()));
            }
        }
    }
    let gone = docs
        .shown(MintlifyV2, "0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11")
        .await;
    assert_eq!(refused(&gone), (404, "Job not found".to_owned()));
}

/// The words of each dialect for an agent at rest and at work, whoever made it.
#[tokio::test]
async fn each_dialect_has_its_own_words_for_the_same_state() {
    let docs = Docs::new().await;
    for made_by in ALL {
        let id = docs.make(made_by).await;
        let told = async || {
            let mut words = Vec::new();
            for (dialect, field) in [
                (CursorV0, "status"),
                (CursorV1, "status"),
                (MintlifyV2, "status"),
                (MintlifyV1, "haultReason"),
                (Jules, "state"),
            ] {
                let shown: Value = docs.shown(dialect, &id).await.good();
                words.push(shown[field].as_str().unwrap().to_owned());
            }
            words
        };
        let fence = docs.server.work().await;
        let at_work = ["RUNNING", "ACTIVE", "active", "processing", "IN_PROGRESS"];
        assert_eq!(told().await, at_work);
        docs.server.succeed(fence, "Done.").await;
        let at_rest = ["FINISHED", "IDLE", "completed", "completed", "COMPLETED"];
        assert_eq!(told().await, at_rest);
        docs.remove(CursorV0, &id).await;
    }
}

/// Only v1 of Cursor keeps the mode of a prompt that names none; elsewhere such a prompt is work.
#[tokio::test]
async fn a_plan_is_followed_by_work_where_prompts_have_no_modes() {
    let docs = Docs::new().await;
    for (dialect, second) in [
        (CursorV0, RunMode::Agent),
        (MintlifyV2, RunMode::Agent),
        (CursorV1, RunMode::Plan),
    ] {
        let body =
            json!({"prompt": {"text": "one"}, "repos": [{"url": docs.repository}], "mode": "plan"});
        let made = docs.ask(post("/v1/agents").json(&body)).await.good();
        let id = made["agent"]["id"].as_str().unwrap();
        let id = id.trim_start_matches("bc-");
        docs.run().await;
        docs.follow_up(dialect, id).await;
        let mut reader = docs.server.store.read().await.unwrap();
        let runs = runs::list(&mut reader, id.parse().unwrap()).await.unwrap();
        drop(reader);
        let modes: Vec<RunMode> = runs.iter().map(|run| run.mode).collect();
        assert_eq!(modes, [RunMode::Plan, second], "{dialect:?}");
        docs.run().await;
    }
}
