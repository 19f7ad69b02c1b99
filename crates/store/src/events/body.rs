//! How an event's body lies in its row: JSON in a form of the store's own.
//!
//! The types here repeat the domain's field by field and say under which name each is stored. These names
//! are in every database: changing one needs a migration. The compiler refuses what the domain has and
//! the store does not.

use std::time::Duration;

use outwork_domain::run_state::RunState;
use outwork_domain::{
    BranchName, Cause, CommitId, EventBody, ModelId, NetworkVerdict, PullRequestNumber, Repository,
    RunId, StopReason, TokenUsage, ToolCall, ToolFacts, ToolResult, ToolStatus,
};
use serde::{Deserialize, Serialize};

use super::facts;
use crate::Error;
use crate::error::corrupt;

#[derive(Serialize, Deserialize)]
#[serde(remote = "EventBody", rename_all = "snake_case")]
enum Stored {
    Prompt {
        text: String,
        image_count: u32,
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "optional_word"
        )]
        approves: Option<RunId>,
    },
    StateChanged {
        #[serde(with = "word")]
        to: RunState,
        #[serde(with = "optional_word")]
        cause: Option<Cause>,
        message: Option<String>,
    },
    ModelRequested {
        turn: u32,
        #[serde(with = "word")]
        model: ModelId,
    },
    ModelRetried {
        turn: u32,
        reason: String,
        #[serde(rename = "wait_ms", with = "millis")]
        wait: Duration,
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
    ThinkingEnded {
        turn: u32,
        #[serde(rename = "took_ms", with = "millis")]
        took: Duration,
    },
    Thinking {
        turn: u32,
        text: String,
        signature: Option<String>,
    },
    Text {
        turn: u32,
        text: String,
    },
    ToolCalled {
        turn: u32,
        #[serde(with = "StoredCall")]
        call: ToolCall,
    },
    AnswerEnded {
        turn: u32,
        #[serde(with = "StoredStop")]
        stop: StopReason,
        #[serde(with = "StoredUsage")]
        usage: TokenUsage,
    },
    ToolOutput {
        call_id: String,
        text: String,
    },
    ToolFinished {
        call_id: String,
        #[serde(with = "StoredResult")]
        result: ToolResult,
        #[serde(rename = "took_ms", with = "millis")]
        took: Duration,
    },
    Nudged {
        turn: u32,
        text: String,
    },
    LimitReached {
        limit: String,
    },
    WorkspacePrepared {
        #[serde(with = "word")]
        repository: Repository,
        #[serde(with = "word")]
        base: CommitId,
        #[serde(with = "word")]
        branch: BranchName,
    },
    Committed {
        #[serde(with = "word")]
        repository: Repository,
        #[serde(with = "word")]
        commit: CommitId,
        subject: String,
        file_count: u32,
        insertions: u64,
        deletions: u64,
    },
    NothingToPublish {
        #[serde(with = "word")]
        repository: Repository,
    },
    Pushed {
        #[serde(with = "word")]
        repository: Repository,
        #[serde(with = "word")]
        branch: BranchName,
        #[serde(with = "word")]
        commit: CommitId,
    },
    PullRequestOpened {
        #[serde(with = "word")]
        repository: Repository,
        #[serde(with = "StoredNumber")]
        number: PullRequestNumber,
        url: String,
    },
    Spent {
        #[serde(with = "StoredUsage")]
        usage: TokenUsage,
    },
    NetworkUsed {
        host: String,
        #[serde(with = "StoredVerdict")]
        verdict: NetworkVerdict,
        count: u64,
        sent_bytes: u64,
        received_bytes: u64,
    },
    Note {
        text: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ToolCall")]
struct StoredCall {
    id: String,
    name: String,
    arguments: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ToolResult")]
struct StoredResult {
    #[serde(with = "StoredStatus")]
    status: ToolStatus,
    text: String,
    exit_status: Option<i32>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "facts::optional"
    )]
    facts: Option<ToolFacts>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ToolStatus", rename_all = "snake_case")]
enum StoredStatus {
    Ok,
    Error,
    Interrupted,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "NetworkVerdict", rename_all = "snake_case")]
enum StoredVerdict {
    Allowed,
    Refused(String),
    Failed(String),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "StopReason", rename_all = "snake_case")]
enum StoredStop {
    EndTurn,
    ToolUse,
    Length,
    Refusal,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TokenUsage")]
struct StoredUsage {
    input: u64,
    output: u64,
    cache_read: u64,
    cache_write: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PullRequestNumber")]
struct StoredNumber(u64);

/// A value stored as the text that it shows and reads.
mod word {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<T: Display, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// The same for what may be absent.
mod optional_word {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            None => serializer.serialize_none(),
            Some(value) => serializer.collect_str(value),
        }
    }

    pub(super) fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(D::Error::custom))
            .transpose()
    }
}

/// A duration stored as whole milliseconds.
mod millis {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        value: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

/// The word by which queries tell events apart; the partial indexes name some of them.
pub(super) fn kind(body: &EventBody) -> &'static str {
    match body {
        EventBody::Prompt { .. } => "prompt",
        EventBody::StateChanged { .. } => "state_changed",
        EventBody::ModelRequested { .. } => "model_requested",
        EventBody::ModelRetried { .. } => "model_retried",
        EventBody::TurnRestarted { .. } => "turn_restarted",
        EventBody::TextDelta { .. } => "text_delta",
        EventBody::ThinkingDelta { .. } => "thinking_delta",
        EventBody::ThinkingEnded { .. } => "thinking_ended",
        EventBody::Thinking { .. } => "thinking",
        EventBody::Text { .. } => "text",
        EventBody::ToolCalled { .. } => "tool_called",
        EventBody::AnswerEnded { .. } => "answer_ended",
        EventBody::ToolOutput { .. } => "tool_output",
        EventBody::ToolFinished { .. } => "tool_finished",
        EventBody::Nudged { .. } => "nudged",
        EventBody::LimitReached { .. } => "limit_reached",
        EventBody::WorkspacePrepared { .. } => "workspace_prepared",
        EventBody::Committed { .. } => "committed",
        EventBody::NothingToPublish { .. } => "nothing_to_publish",
        EventBody::Pushed { .. } => "pushed",
        EventBody::PullRequestOpened { .. } => "pull_request_opened",
        EventBody::Spent { .. } => "spent",
        EventBody::NetworkUsed { .. } => "network_used",
        EventBody::Note { .. } => "note",
    }
}

/// The JSON of a body.
pub(super) fn encode(body: &EventBody) -> Result<String, Error> {
    let mut json = Vec::with_capacity(128);
    Stored::serialize(body, &mut serde_json::Serializer::new(&mut json))
        .map_err(|fault| corrupt("body", &fault))?;
    String::from_utf8(json).map_err(|fault| corrupt("body", &fault))
}

/// The body of a JSON.
pub(super) fn decode(json: &str) -> Result<EventBody, Error> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let body = Stored::deserialize(&mut reader).map_err(|fault| corrupt("body", &fault))?;
    reader.end().map_err(|fault| corrupt("body", &fault))?;
    Ok(body)
}
