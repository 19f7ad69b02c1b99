//! The messages between server and tool host, as JSON in frames.
//!
//! Wire types only: both ends turn them into their own types and check what they mean there.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Changes whenever an older end could misread a message.
pub(crate) const VERSION: u32 = 3;

/// What the server asks; one at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// More variables for commands; those of several requests add up.
    Variables {
        pairs: Pairs,
    },
    Call {
        name: String,
        arguments: Value,
    },
    /// Like a call of `shell`, of which what it leaves running is kept.
    Start {
        arguments: Value,
    },
    Checkout {
        folder: Option<String>,
        commit: String,
        branch: String,
        mirror_objects: String,
    },
    Commit(Box<Commit>),
    Bundle {
        base: String,
        tip: String,
        max: u64,
    },
    ListArtifacts,
    ReadArtifact {
        path: String,
        max: u64,
    },
}

/// Names and values that must not be shown.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Pairs(pub(crate) Vec<(String, String)>);

impl std::fmt::Debug for Pairs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pairs({})", self.0.len())
    }
}

/// The parts of a commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Commit {
    pub(crate) folder: Option<String>,
    pub(crate) base: String,
    pub(crate) parent: String,
    pub(crate) message: String,
    pub(crate) author_name: String,
    pub(crate) author_email: String,
    pub(crate) date_secs: i64,
    pub(crate) mirror_objects: String,
}

/// What the tool host says. `Ready` comes once, unasked; every request ends with one of the others
/// but `Output`, which may precede `Called`. Bytes travel in frames of their own before `Sent`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Reply {
    Ready {
        version: u32,
    },
    Output {
        text: String,
    },
    Called {
        status: Status,
        text: String,
        exit_status: Option<i32>,
        facts: Option<Facts>,
    },
    CheckedOut {
        state: Tree,
    },
    Noted,
    Unchanged,
    Tip {
        commit: String,
        history: WireHistory,
        skipped: Option<String>,
    },
    Sent {
        byte_count: u64,
    },
    Artifacts {
        files: Vec<(String, u64)>,
    },
    Failed {
        fault: Fault,
        words: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Ok,
    Error,
}

/// What a tool says beside its text; see the domain's `ToolFacts`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Facts {
    Command {
        signal: Option<i32>,
    },
    Read {
        line_count: u64,
        byte_count: u64,
    },
    Wrote {
        line_count: u64,
        byte_count: u64,
    },
    Edited {
        lines_added: u64,
        lines_removed: u64,
    },
    Found {
        files: Vec<String>,
        extent: WireExtent,
    },
    Matched {
        files: Vec<(String, Vec<u64>)>,
        extent: WireExtent,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WireExtent {
    Whole,
    Cut,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tree {
    Fresh,
    Kept,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WireHistory {
    Kept,
    Flattened,
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    /// Git, or the file system below it.
    Git,
    /// More bytes than asked for.
    TooLarge,
    /// No such file.
    Missing,
    /// The request makes no sense to this tool host.
    Refused,
}
