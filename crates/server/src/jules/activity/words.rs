//! What a tool call is called when it has ended, and what is said of its result.

use outwork_domain::{ToolCall, ToolResult, ToolStatus};
use serde_json::Value;

const TITLE_CHARS_MAX: usize = 120;
const RESULT_CHARS_MAX: usize = 1_000;

/// What was done, on one line: the tool, and what it was done with.
pub(super) fn title(call: &ToolCall, result: &ToolResult) -> String {
    let with = subject(&call.arguments);
    let words = match with {
        Some(with) => format!("{} {with}", call.name),
        None => call.name.clone(),
    };
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = match result.status {
        ToolStatus::Ok => "",
        ToolStatus::Error => " (failed)",
        ToolStatus::Interrupted => " (interrupted)",
    };
    cut(&words, TITLE_CHARS_MAX) + end
}

/// The end of its result, where commands say how it went.
pub(super) fn description(result: &ToolResult) -> String {
    let text = result.text.trim();
    let count = text.chars().count();
    if count <= RESULT_CHARS_MAX {
        return text.to_owned();
    }
    let end: String = text.chars().skip(count - RESULT_CHARS_MAX + 1).collect();
    format!("…{end}")
}

/// What a call was made with: the argument that names it best, else the first that is text.
fn subject(arguments: &Value) -> Option<&str> {
    let named = ["command", "path", "pattern", "query", "url", "name"];
    let known = named
        .iter()
        .find_map(|name| arguments.get(name).and_then(Value::as_str));
    let first = || arguments.as_object()?.values().find_map(Value::as_str);
    known.or_else(first)
}

fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().nth(chars_max).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max - 1).collect();
    kept + "…"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(arguments: Value) -> ToolCall {
        ToolCall {
            id: "call_1".to_owned(),
            name: "shell".to_owned(),
            arguments,
        }
    }

    #[test]
    fn titles_name_the_tool_and_what_it_was_done_with() {
        let ok = ToolResult::ok("fine");
        let told = |arguments| title(&call(arguments), &ok);
        assert_eq!(
            told(json!({"command": "cargo\n  test"})),
            "shell cargo test"
        );
        assert_eq!(told(json!({"other": 5, "text": "x"})), "shell x");
        assert_eq!(told(json!([])), "shell");
        let long = told(json!({"command": "ü".repeat(500)}));
        assert_eq!(long.chars().count(), TITLE_CHARS_MAX);
        let failed = ToolResult {
            status: ToolStatus::Error,
            ..ToolResult::ok("")
        };
        assert_eq!(title(&call(json!({})), &failed), "shell (failed)");
    }

    #[test]
    fn of_a_long_result_the_end_is_told() {
        assert_eq!(description(&ToolResult::ok(" 12 passed\n")), "12 passed");
        let long = description(&ToolResult::ok(format!("{}end", "ü".repeat(5_000))));
        assert_eq!(long.chars().count(), RESULT_CHARS_MAX);
        assert!(long.starts_with('…') && long.ends_with("end"));
    }
}
