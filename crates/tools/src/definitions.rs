//! The tools as a model sees them: names, descriptions, JSON Schemas of their arguments.

use std::time::Duration;

use outwork_domain::limits::{COMMAND_DEFAULT, COMMAND_MAX, TERM_TO_KILL};
use outwork_domain::{ToolCall, ToolDefinition};
use serde_json::{Value, json};

/// The tools that a tool host carries out.
#[must_use]
pub fn definitions() -> Vec<ToolDefinition> {
    vec![shell(), read(), write(), edit(), glob(), grep()]
}

/// The tools that only look: none of them runs a command or changes a file.
#[must_use]
pub fn reading_definitions() -> Vec<ToolDefinition> {
    vec![read(), glob(), grep()]
}

fn shell() -> ToolDefinition {
    ToolDefinition {
        name: "shell",
        description: "Runs a bash command in the repository (/repo) and returns its standard output and standard error together, with the exit status if it is not 0. Every call is a new shell: the working folder and variables of an earlier call are gone, files stay. There is no terminal, no standard input and no root. Other hosts are reached only through the proxy that http_proxy and the like name, if at all; what it refuses, it says why. When the command itself ends, everything that it started in the background is killed, so start and use a server within one call. Long output is cut in the middle; the whole of it is then in a file that the result names. Set timeout_seconds for commands that may take longer than two minutes.",
        parameters: object(
            &["command"],
            &json!({
                "command": text("The command, for `bash -c`."),
                "timeout_seconds": {"type": "integer", "minimum": 1, "maximum": COMMAND_MAX.as_secs(), "description": "When the command is stopped. 120 if left out."},
                "working_folder": text("Where it runs, relative to /repo. /repo if left out.")
            }),
        ),
    }
}

fn read() -> ToolDefinition {
    ToolDefinition {
        name: "read",
        description: "Reads a text file and returns its lines with their numbers. Returns up to 2000 lines or 64 KiB at once; use offset and limit for more. A binary file gives its size and hash only.",
        parameters: object(
            &["path"],
            &json!({
                "path": text("The file, relative to /repo or absolute."),
                "offset": {"type": "integer", "minimum": 1, "description": "The first line to return. 1 if left out."},
                "limit": {"type": "integer", "minimum": 1, "description": "How many lines to return. 2000 if left out."}
            }),
        ),
    }
}

fn write() -> ToolDefinition {
    ToolDefinition {
        name: "write",
        description: "Writes a whole file: makes it, with the folders above it, or replaces all of it. Mode and line endings of a file that is replaced are kept. To change a part of a file use edit.",
        parameters: object(
            &["path", "content"],
            &json!({
                "path": text("The file, relative to /repo or absolute."),
                "content": text("All of its new content.")
            }),
        ),
    }
}

fn edit() -> ToolDefinition {
    ToolDefinition {
        name: "edit",
        description: "Replaces a piece of text in a file. old_string must be exactly as in the file, with its indentation and without the line numbers that read shows, and must occur exactly once unless replace_all is true: take in enough of the lines around it.",
        parameters: object(
            &["path", "old_string", "new_string"],
            &json!({
                "path": text("The file, relative to /repo or absolute."),
                "old_string": text("The text to replace."),
                "new_string": text("The text to put in its place."),
                "replace_all": {"type": "boolean", "description": "Replace every occurrence. false if left out."}
            }),
        ),
    }
}

fn glob() -> ToolDefinition {
    ToolDefinition {
        name: "glob",
        description: "Finds files by name, such as `**/*.rs` or `src/**/test_*.py`. A pattern without a slash matches at any depth. Files that .gitignore names are left out. Returns paths relative to /repo, sorted.",
        parameters: object(
            &["pattern"],
            &json!({
                "pattern": text("The pattern: * ** ? [abc] {a,b}."),
                "path": text("The folder to search, relative to /repo. /repo if left out.")
            }),
        ),
    }
}

fn grep() -> ToolDefinition {
    ToolDefinition {
        name: "grep",
        description: "Finds lines that match a regular expression (Rust syntax, no look-around) and returns them as path:line:text. Files that .gitignore names and binary files are left out.",
        parameters: object(
            &["pattern"],
            &json!({
                "pattern": text("The regular expression."),
                "path": text("The file or folder to search, relative to /repo. /repo if left out."),
                "glob": text("Only files whose name matches this pattern, such as *.ts."),
                "ignore_case": {"type": "boolean", "description": "Whether upper and lower case are the same. false if left out."},
                "context": {"type": "integer", "minimum": 0, "maximum": 20, "description": "Lines to show before and after each match. 0 if left out."}
            }),
        ),
    }
}

fn object(required: &[&str], properties: &Value) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

/// How long the server waits for the result of a call: what the call may take, and patience.
pub(crate) fn patience(call: &ToolCall) -> Duration {
    /// An answer follows a command's limit within 2 s; the rest is for a loaded machine.
    const SLACK: Duration = Duration::from_secs(20);
    const OTHER_TOOLS: Duration = Duration::from_secs(60);
    if call.name != "shell" {
        return OTHER_TOOLS;
    }
    let asked = call
        .arguments
        .get("timeout_seconds")
        .and_then(Value::as_u64);
    let limit = asked.map_or(COMMAND_DEFAULT, Duration::from_secs);
    limit.min(COMMAND_MAX) + TERM_TO_KILL + SLACK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_a_closed_schema_and_a_description() {
        let names: Vec<_> = definitions().iter().map(|tool| tool.name).collect();
        assert_eq!(names, ["shell", "read", "write", "edit", "glob", "grep"]);
        for tool in definitions() {
            assert_eq!(tool.parameters["additionalProperties"], json!(false));
            assert!(tool.description.len() > 80, "{}", tool.name);
            for required in tool.parameters["required"].as_array().unwrap() {
                let name = required.as_str().unwrap();
                assert!(tool.parameters["properties"].get(name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn a_command_cannot_make_the_server_wait_for_ever() {
        let call = |arguments| ToolCall {
            id: "1".into(),
            name: "shell".into(),
            arguments,
        };
        assert!(patience(&call(json!({"timeout_seconds": u64::MAX}))) < COMMAND_MAX * 2);
        assert!(patience(&call(json!(null))) > COMMAND_DEFAULT);
    }
}
