//! Our tools under the names and with the arguments that the clients of v1 know.
//!
//! A call that fits none of them (an unknown tool, arguments of a wrong type) is one of the kind `mcp`,
//! which takes anything. What a call becomes depends on the call alone, so its start and its end agree.

use std::time::Duration;

use outwork_domain::{ToolCall, ToolResult};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::tool_result::{Outcome, outcome};

/// Bytes of JSON above which a value is left out of a `tool_call` (our limit; the API only says that
/// there is one).
const VALUE_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of one text that an `interaction_update` keeps of a value above that limit.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// A call as the clients know it.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) kind: Kind,
    pub(super) args: Value,
}

/// The kinds of calls that ours become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Shell,
    Read,
    Write,
    Edit,
    Glob,
    Grep,
    Mcp,
}

/// The `toolCall` of an `interaction_update`.
#[derive(Debug, Serialize)]
pub(super) struct ToolCallObject {
    #[serde(rename = "type")]
    kind: &'static str,
    args: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
}

/// The data of a `tool_call`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolCallData<'a> {
    call_id: &'a str,
    name: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<Truncated>,
}

#[derive(Debug, Default, Serialize)]
struct Truncated {
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<bool>,
}

impl Kind {
    /// The `type` of a `toolCall`.
    const fn word(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::Read => "read",
            Self::Write => "write",
            Self::Edit => "edit",
            Self::Glob => "glob",
            Self::Grep => "grep",
            Self::Mcp => "mcp",
        }
    }

    /// The `name` of a `tool_call`.
    const fn name(self) -> &'static str {
        match self {
            Self::Shell => "run_terminal_cmd",
            Self::Read => "read_file",
            Self::Write => "write_file",
            Self::Edit => "edit_file",
            Self::Glob => "glob",
            Self::Grep => "grep",
            Self::Mcp => "mcp",
        }
    }
}

impl Known {
    pub(super) fn of(call: &ToolCall) -> Self {
        let arguments = Arguments(&call.arguments);
        let known = match call.name.as_str() {
            "shell" => arguments.shell().map(|args| (Kind::Shell, args)),
            "read" => arguments.read().map(|args| (Kind::Read, args)),
            "write" => arguments.write().map(|args| (Kind::Write, args)),
            "edit" => arguments.edit().map(|args| (Kind::Edit, args)),
            "glob" => arguments.glob().map(|args| (Kind::Glob, args)),
            "grep" => arguments.grep().map(|args| (Kind::Grep, args)),
            _ => None,
        };
        let (kind, args) = known.unwrap_or_else(|| (Kind::Mcp, mcp(call)));
        Self { kind, args }
    }

    /// The data of both frames for the start of the call.
    pub(super) fn started<'a>(&self, call_id: &'a str) -> (ToolCallData<'a>, ToolCallObject) {
        self.data(call_id, "running", None)
    }

    /// The data of both frames for its end.
    pub(super) fn completed<'a>(
        &self,
        call: &'a ToolCall,
        result: &ToolResult,
        took: Duration,
    ) -> (ToolCallData<'a>, ToolCallObject) {
        self.data(
            &call.id,
            "completed",
            outcome(self.kind, call, result, took),
        )
    }

    fn data<'a>(
        &self,
        call_id: &'a str,
        status: &'static str,
        outcome: Option<Outcome>,
    ) -> (ToolCallData<'a>, ToolCallObject) {
        let (plain, tagged) = match outcome {
            None => (None, None),
            Some(Outcome::Success(value)) => {
                let tagged = json!({"status": "success", "value": value});
                (Some(json!({"success": value})), Some(tagged))
            }
            Some(Outcome::Error(message)) => {
                let error = json!({"message": message});
                let tagged = json!({"status": "error", "error": error});
                (Some(json!({"error": error})), Some(tagged))
            }
        };
        let (args, args_cut) = fitting(Some(self.args.clone()));
        let (result, result_cut) = fitting(plain);
        let truncated = Truncated {
            args: args_cut,
            result: result_cut,
        };
        let data = ToolCallData {
            call_id,
            name: self.kind.name(),
            status,
            args,
            result,
            truncated: (args_cut.is_some() || result_cut.is_some()).then_some(truncated),
        };
        let object = ToolCallObject {
            kind: self.kind.word(),
            args: shortened(self.args.clone()),
            result: tagged.map(shortened),
        };
        (data, object)
    }
}

/// The value, or that it was too large.
fn fitting(value: Option<Value>) -> (Option<Value>, Option<bool>) {
    match value {
        Some(value) if is_large(&value) => (None, Some(true)),
        value => (value, None),
    }
}

/// The value, its long texts cut if it is too large: a field that is missing would cost the whole update.
fn shortened(mut value: Value) -> Value {
    if is_large(&value) {
        cut_texts(&mut value);
        if is_large(&value) {
            return cut_lists(value);
        }
    }
    value
}

fn is_large(value: &Value) -> bool {
    value.to_string().len() > VALUE_BYTES_MAX
}

fn cut_texts(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > TEXT_BYTES_MAX => {
            text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
            text.push('…');
        }
        Value::Array(list) => list.iter_mut().for_each(cut_texts),
        Value::Object(object) => object.values_mut().for_each(cut_texts),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What is still too large is so by what a model made up: only calls of the kind `mcp` carry that.
fn cut_lists(value: Value) -> Value {
    match value {
        Value::Object(mut object) => {
            object.retain(|_, inner| !is_large(inner));
            Value::Object(object)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Value::Null
        }
    }
}

/// A tool as clients know those that are not built in.
fn mcp(call: &ToolCall) -> Value {
    let mut args = json!({"providerIdentifier": "outwork", "toolName": call.name});
    if call.arguments.is_object() {
        args["args"] = call.arguments.clone();
    }
    args
}

/// The arguments of a call as the model wrote them.
struct Arguments<'a>(&'a Value);

impl Arguments<'_> {
    fn shell(&self) -> Option<Value> {
        let mut args = Args::default();
        args.put("command", Some(self.text("command")?));
        args.put("workingDirectory", self.optional_text("working_folder")?);
        // The clients count milliseconds.
        let timeout = self.optional_number("timeout_seconds")?;
        let timeout = timeout.map(|secs| json!(secs.saturating_mul(1000)));
        args.put("timeout", timeout);
        Some(args.into())
    }

    fn read(&self) -> Option<Value> {
        Some(json!({"path": self.text("path")?}))
    }

    fn write(&self) -> Option<Value> {
        Some(json!({"path": self.text("path")?, "fileText": self.text("content")?}))
    }

    fn edit(&self) -> Option<Value> {
        Some(json!({"path": self.text("path")?}))
    }

    fn glob(&self) -> Option<Value> {
        let mut args = Args::default();
        args.put("globPattern", Some(self.text("pattern")?));
        args.put("targetDirectory", self.optional_text("path")?);
        Some(args.into())
    }

    fn grep(&self) -> Option<Value> {
        let mut args = Args::default();
        args.put("pattern", Some(self.text("pattern")?));
        args.put("path", self.optional_text("path")?);
        args.put("glob", self.optional_text("glob")?);
        args.put("outputMode", Some(json!("content")));
        args.put("context", self.optional_number("context")?.map(Value::from));
        args.put("caseInsensitive", self.optional_bool("ignore_case")?);
        Some(args.into())
    }

    fn text(&self, name: &str) -> Option<Value> {
        self.0.get(name).filter(|value| value.is_string()).cloned()
    }

    /// The text, if it is there; none if something else is.
    fn optional_text(&self, name: &str) -> Option<Option<Value>> {
        self.optional(name, Value::is_string)
    }

    fn optional_bool(&self, name: &str) -> Option<Option<Value>> {
        self.optional(name, Value::is_boolean)
    }

    fn optional_number(&self, name: &str) -> Option<Option<u64>> {
        let found = self.optional(name, Value::is_u64)?;
        Some(found.and_then(|value| value.as_u64()))
    }

    fn optional(&self, name: &str, fits: fn(&Value) -> bool) -> Option<Option<Value>> {
        match self.0.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => fits(value).then(|| Some(value.clone())),
        }
    }
}

/// An object of what is there.
#[derive(Default)]
struct Args(Map<String, Value>);

impl Args {
    fn put(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value);
        }
    }
}

impl From<Args> for Value {
    fn from(args: Args) -> Self {
        Self::Object(args.0)
    }
}
