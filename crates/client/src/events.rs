//! Events of an agent's history as `/api/v1` shows them.
//!
//! An event of a kind that this client does not know is [`EventBody::Unknown`], never an error: a
//! newer server may say more. [`Event::raw`] keeps all that came.

use serde::Deserialize;
use serde_json::Value;

use crate::connection::{query, segment};
use crate::{Client, Error};

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its place in the agent's history, from 1.
    pub seq: u64,
    /// The run that it belongs to.
    pub run_id: String,
    /// The attempt that wrote it.
    pub attempt: u32,
    /// When it was written, RFC 3339.
    pub at: String,
    /// What happened.
    pub body: EventBody,
    /// The whole event as it came.
    pub raw: Value,
}

/// A tool call of a model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ToolCall {
    /// What ties the result to it.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// Its arguments.
    #[serde(default)]
    pub arguments: Value,
}

/// What a tool call gave.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResult {
    /// `ok`, `error` or `interrupted`.
    pub status: String,
    /// What the model got to read.
    pub text: String,
    /// The exit status of a command.
    pub exit_status: Option<i32>,
}

/// Tokens of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Usage {
    /// Tokens of the prompt.
    pub input: u64,
    /// Tokens of the answer.
    pub output: u64,
    /// The part of `input` that came from a cache.
    pub cache_read: u64,
    /// The part of `input` that was written to a cache.
    pub cache_write: u64,
}

/// What happened; the variants are those of the server's history.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
#[expect(missing_docs, reason = "the domain's EventBody documents each of them")]
pub enum EventBody {
    Prompt {
        text: String,
        #[serde(default)]
        image_count: u32,
    },
    StateChanged {
        to: String,
        cause: Option<String>,
        message: Option<String>,
    },
    ModelRequested {
        turn: u32,
        model: String,
    },
    ModelRetried {
        turn: u32,
        reason: String,
        wait_ms: u64,
    },
    TurnRestarted {
        turn: u32,
        reason: String,
    },
    TextDelta {
        turn: u32,
        text: String,
    },
    ThinkingDelta {
        turn: u32,
        text: String,
    },
    Thinking {
        turn: u32,
        text: String,
    },
    Text {
        turn: u32,
        text: String,
    },
    ToolCalled {
        turn: u32,
        call: ToolCall,
    },
    AnswerEnded {
        turn: u32,
        #[serde(default)]
        usage: Usage,
    },
    ToolOutput {
        call_id: String,
        text: String,
    },
    ToolFinished {
        call_id: String,
        result: ToolResult,
        took_ms: u64,
    },
    Nudged {
        turn: u32,
        text: String,
    },
    LimitReached {
        limit: String,
    },
    WorkspacePrepared {
        repository: String,
        base: String,
        branch: String,
    },
    Committed {
        repository: String,
        commit: String,
        subject: String,
        file_count: u32,
        insertions: u64,
        deletions: u64,
    },
    NothingToPublish {
        repository: String,
    },
    Pushed {
        repository: String,
        branch: String,
        commit: String,
    },
    PullRequestOpened {
        repository: String,
        number: u64,
        url: String,
    },
    NetworkUsed {
        host: String,
        verdict: String,
        #[serde(default)]
        reason: Option<String>,
        count: u64,
        sent_bytes: u64,
        received_bytes: u64,
    },
    Note {
        text: String,
    },
    /// A kind that this client does not know.
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    seq: u64,
    run_id: String,
    attempt: u32,
    at: String,
}

#[derive(Deserialize)]
struct Page {
    events: Vec<Value>,
}

impl Event {
    /// Reads an event from its JSON.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] if a field of a known kind is missing or of a wrong type.
    pub fn from_json(raw: Value) -> Result<Self, Error> {
        let wrong = |error: serde_json::Error| Error::Answer {
            what: "an event",
            why: error.to_string(),
        };
        let header = Header::deserialize(&raw).map_err(wrong)?;
        let body = EventBody::deserialize(&raw).map_err(wrong)?;
        Ok(Self {
            seq: header.seq,
            run_id: header.run_id,
            attempt: header.attempt,
            at: header.at,
            body,
            raw,
        })
    }
}

impl Client {
    /// Reads one page of an agent's events behind `after`; an empty page is the end for now.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn events(&self, id: &str, after: u64, limit: u32) -> Result<Vec<Event>, Error> {
        let pairs = [("after", after.to_string()), ("limit", limit.to_string())];
        let path = format!("/api/v1/agents/{}/events{}", segment(id), query(&pairs));
        let page: Page = self.get("reading events", &path).await?;
        page.events.into_iter().map(Event::from_json).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(mut body: Value) -> Event {
        for (key, value) in [
            ("seq", json!(7)),
            ("runId", json!("r")),
            ("attempt", json!(1)),
            ("at", json!("2026-01-15T10:30:00.000Z")),
        ] {
            body[key] = value;
        }
        Event::from_json(body).unwrap()
    }

    #[test]
    fn reads_each_shape_of_fields() {
        let read = event(json!({"type": "tool_finished", "callId": "c", "tookMs": 5,
            "result": {"status": "error", "text": "no", "exitStatus": 2}}));
        assert_eq!(
            read.body,
            EventBody::ToolFinished {
                call_id: "c".into(),
                result: ToolResult {
                    status: "error".into(),
                    text: "no".into(),
                    exit_status: Some(2)
                },
                took_ms: 5
            }
        );
        assert_eq!((read.seq, read.attempt), (7, 1));
        assert_eq!(
            event(json!({"type": "state_changed", "to": "working"})).body,
            EventBody::StateChanged {
                to: "working".into(),
                cause: None,
                message: None
            }
        );
        assert_eq!(
            event(json!({"type": "nothing_to_publish", "repository": "https://h/a"})).body,
            EventBody::NothingToPublish {
                repository: "https://h/a".into()
            }
        );
    }

    #[test]
    fn an_unknown_kind_is_kept_whole() {
        let read = event(json!({"type": "of_tomorrow", "deep": {"a": 1}}));
        assert_eq!(read.body, EventBody::Unknown);
        assert_eq!(read.raw["deep"]["a"], 1);
    }

    #[test]
    fn a_known_kind_without_its_field_is_an_error() {
        let raw = json!({"type": "text", "seq": 1, "runId": "r", "attempt": 1, "at": "x"});
        assert!(Event::from_json(raw).is_err());
    }
}
