//! A run with everything in it, and reading its stream.

use std::time::Duration;

use axum::body::BodyDataStream;
use futures::StreamExt;
use outwork_domain::{
    CommitId, EventBody, Fence, PullRequestNumber, Repository, StopReason, TokenUsage, ToolCall,
    ToolFacts, ToolResult,
};
use serde_json::json;

use crate::support::{Ask, Key, Server, get, post};

/// Far beyond what any wait takes; only a hang reaches it.
const DEADLINE: Duration = Duration::from_secs(30);

/// An agent whose first run is at work.
pub struct World {
    pub server: Server,
    pub key: Key,
    pub id: String,
    pub repository: Repository,
    pub fence: Fence,
}

impl World {
    pub async fn working() -> Self {
        let server = Server::start().await;
        let key = server.key("a@example.com").await;
        let address = server.repositories.make("tools.git");
        let id = server.launch_on(&key, &address, "Make it so").await;
        let fence = server.work().await;
        let repository = address.parse().unwrap();
        Self {
            server,
            key,
            id,
            repository,
            fence,
        }
    }

    /// The request for the run's stream.
    pub fn ask(&self, last: Option<&str>) -> Ask {
        self.ask_for(&format!("run-{}", self.fence.run_id), last)
    }

    pub fn ask_for(&self, run: &str, last: Option<&str>) -> Ask {
        let ask = get(format!("/v1/agents/{}/runs/{run}/stream", self.id)).by(&self.key);
        match last {
            None => ask,
            Some(last) => ask.header("last-event-id", last),
        }
    }

    /// The whole stream of a run that has ended.
    pub async fn whole(&self, last: Option<&str>) -> String {
        Body::open(&self.server, self.ask(last)).await.rest().await
    }

    pub async fn append(&self, bodies: Vec<EventBody>) {
        self.server.append(self.fence, bodies).await;
    }

    /// Queues a follow-up.
    pub async fn follow_up(&self) {
        let body = json!({"prompt": {"text": "more"}});
        let ask = post(format!("/v0/agents/{}/followup", self.id)).by(&self.key);
        self.server.ask(ask.json(&body)).await.good();
    }

    /// Two turns with thinking, text and calls; another run's events are in between.
    pub async fn two_turns(&self) {
        self.append(vec![
            thinking("Hm. "),
            thinking("A\nfile."),
            thought(),
            text("Reading "),
            text("the \"README\". "),
        ])
        .await;
        self.append(vec![
            called("c1", "read", json!({"path": "README.md"})),
            called("c2", "shell", json!({"command": "make"})),
            answered(StopReason::ToolUse),
        ])
        .await;
        self.follow_up().await;
        self.server.expire_waiting().await;
        self.append(vec![EventBody::ToolOutput {
            call_id: "c2".into(),
            text: "building\n".into(),
        }])
        .await;
        self.append(results()).await;
        self.append(vec![text("Done."), answered(StopReason::EndTurn)])
            .await;
    }

    /// The branch and the pull request of the run.
    pub async fn published(&self) {
        let commit: CommitId = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
        let repository = self.repository.clone();
        self.append(vec![
            EventBody::Pushed {
                repository: repository.clone(),
                branch: "outwork/so".parse().unwrap(),
                commit,
            },
            EventBody::PullRequestOpened {
                repository,
                number: PullRequestNumber(7),
                url: "https://outwork.example.com/pulls/7".into(),
            },
        ])
        .await;
    }

    /// The whole history of a run that ended well.
    pub async fn ended() -> Self {
        let world = Self::working().await;
        world.two_turns().await;
        world.published().await;
        world.server.clock.advance(Duration::from_millis(4_321));
        world.server.succeed(world.fence, "All is well.").await;
        world
    }

    /// Texts with what differs from test to test made the same.
    pub fn plain(&self, stream: &str) -> String {
        let folder = self.repository.path();
        stream
            .replace(&self.fence.run_id.to_string(), "RUN")
            .replace(self.id.strip_prefix("bc-").unwrap(), "AGENT")
            .replace(folder, "/tools.git")
    }
}

pub fn text(text: &str) -> EventBody {
    EventBody::TextDelta {
        turn: 1,
        text: text.into(),
    }
}

fn thinking(text: &str) -> EventBody {
    EventBody::ThinkingDelta {
        turn: 1,
        text: text.into(),
    }
}

fn thought() -> EventBody {
    EventBody::ThinkingEnded {
        turn: 1,
        took: Duration::from_millis(250),
    }
}

fn called(id: &str, name: &str, arguments: serde_json::Value) -> EventBody {
    let call = ToolCall {
        id: id.into(),
        name: name.into(),
        arguments,
    };
    EventBody::ToolCalled { turn: 1, call }
}

fn answered(stop: StopReason) -> EventBody {
    let usage = TokenUsage {
        input: 100,
        output: 10,
        cache_read: 40,
        cache_write: 0,
    };
    EventBody::AnswerEnded {
        turn: 1,
        stop,
        usage,
    }
}

fn results() -> Vec<EventBody> {
    let read = ToolResult {
        facts: Some(ToolFacts::Read {
            line_count: 1,
            byte_count: 6,
        }),
        ..ToolResult::ok("     1\thello\n")
    };
    let shell = ToolResult {
        exit_status: Some(2),
        facts: Some(ToolFacts::Command { signal: None }),
        ..ToolResult::error("building\n[exit status 2]")
    };
    let finished = |id: &str, result| EventBody::ToolFinished {
        call_id: id.into(),
        result,
        took: Duration::from_millis(40),
    };
    vec![finished("c1", read), finished("c2", shell)]
}

/// The body of a stream while it is read.
pub struct Body {
    stream: BodyDataStream,
    pub read: String,
    pub patience: Duration,
}

impl Body {
    pub async fn open(server: &Server, ask: Ask) -> Self {
        let response = server.send(ask.request()).await;
        assert_eq!(response.status(), 200);
        Self {
            stream: response.into_body().into_data_stream(),
            read: String::new(),
            patience: DEADLINE,
        }
    }

    /// Reads until the text has come.
    pub async fn until(&mut self, text: &str) -> &str {
        while !self.read.contains(text) {
            assert!(self.more().await, "ended before {text}: {}", self.read);
        }
        &self.read
    }

    /// Reads to the end.
    pub async fn rest(mut self) -> String {
        while self.more().await {}
        self.read
    }

    async fn more(&mut self) -> bool {
        let chunk = tokio::time::timeout(self.patience, self.stream.next()).await;
        let Some(chunk) = chunk.expect("the stream hangs") else {
            return false;
        };
        self.read
            .push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        true
    }
}
