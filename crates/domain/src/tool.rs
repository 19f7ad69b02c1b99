//! Tool calls and their results, as model APIs know them.

use serde_json::Value;

/// A tool that a model may call.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolDefinition {
    /// Its name, such as `shell`.
    pub name: &'static str,
    /// What it does and how to use it, for the model.
    pub description: &'static str,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// One call of a tool by a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// The id that ties the result to the call; unique within a run.
    pub id: String,
    /// The tool's name as the model wrote it.
    pub name: String,
    /// The arguments as the model wrote them; any JSON, checked by whoever carries the call out.
    pub arguments: Value,
}

/// How a tool call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ToolStatus {
    /// It did what it was asked to do; a command ended with status 0.
    Ok,
    /// It did not; the text says why. A command ended with another status or at its time limit.
    Error,
    /// The attempt ended during the call: its effect is unknown.
    Interrupted,
}

/// What a tool call gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolResult {
    /// How it ended.
    pub status: ToolStatus,
    /// What the model gets to read; at most [`crate::limits::OUTPUT_TO_MODEL_BYTES_MAX`] bytes.
    pub text: String,
    /// The exit status of a command, if one ran and ended by itself.
    pub exit_status: Option<i32>,
    /// What the tool says beside its text, if there is something to say.
    pub facts: Option<ToolFacts>,
}

/// What a tool says about its result in numbers and names; for people and clients, never for the model.
///
/// The text alone is cut and decorated for the model, so it does not tell these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolFacts {
    /// A command ended.
    Command {
        /// The signal that ended it; none if it ended by itself.
        signal: Option<i32>,
    },
    /// A file was read, in whole or in part.
    Read {
        /// Lines of the whole file; 0 if it is no text.
        line_count: u64,
        /// Bytes of the whole file.
        byte_count: u64,
    },
    /// A file was written whole.
    Wrote {
        /// Its lines.
        line_count: u64,
        /// Its bytes.
        byte_count: u64,
    },
    /// A file was edited.
    Edited {
        /// Lines that it has now and had not.
        lines_added: u64,
        /// Lines that it had and has not.
        lines_removed: u64,
    },
    /// Files were found by name.
    Found {
        /// Their paths in the order of the text, at most [`crate::limits::MATCHES_MAX`].
        files: Vec<String>,
        /// Whether these are all.
        extent: Extent,
    },
    /// Lines were found.
    Matched {
        /// Where, in the order of the text, at most [`crate::limits::MATCHES_MAX`] lines in all.
        files: Vec<MatchedFile>,
        /// Whether these are all.
        extent: Extent,
    },
}

/// The lines of one file that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedFile {
    /// The file as the text shows it.
    pub path: String,
    /// The numbers of its lines, from 1.
    pub lines: Vec<u64>,
}

/// Whether a list is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// It is.
    Whole,
    /// A limit cut it.
    Cut,
}

impl ToolResult {
    /// A good result with that text.
    #[must_use]
    pub fn ok(text: impl Into<String>) -> Self {
        Self {
            status: ToolStatus::Ok,
            text: text.into(),
            exit_status: None,
            facts: None,
        }
    }

    /// An error with that text.
    #[must_use]
    pub fn error(text: impl Into<String>) -> Self {
        Self {
            status: ToolStatus::Error,
            text: text.into(),
            exit_status: None,
            facts: None,
        }
    }

    /// The result of a call whose attempt ended before it answered.
    #[must_use]
    pub fn interrupted() -> Self {
        Self {
            status: ToolStatus::Interrupted,
            text: "interrupted: its effect is unknown".to_owned(),
            exit_status: None,
            facts: None,
        }
    }
}
