//! A history as text: what a model gets that sums it up, and outputs cut down to save room.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use crate::Message;

/// Bytes of an output that are worth dropping.
const SMALL_OUTPUT: usize = 200;
/// Bytes that stay of an output or of arguments when they are cut down.
const CLIPPED_OUTPUT: usize = 2_000;

/// Drops an output but for its size.
pub(super) fn empty(text: &mut String) {
    if text.len() > SMALL_OUTPUT {
        *text = format!("[output of {} bytes dropped to save room]", text.len());
    }
}

/// Cuts an output down to its head and tail.
pub(super) fn shorten(text: &mut String) {
    if text.len() > 2 * CLIPPED_OUTPUT {
        *text = clipped(text, CLIPPED_OUTPUT);
    }
}

/// Head and tail of a text.
fn clipped(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut head = most / 2;
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    format!("{}\n[…]\n{}", &text[..head], tail(text, most / 2))
}

/// The last bytes of a text.
pub(super) fn tail(text: &str, most: usize) -> &str {
    let mut start = text.len().saturating_sub(most);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

/// The messages as text for whoever sums them up.
pub(super) fn rendered(messages: &[Message]) -> String {
    let mut text = String::new();
    for message in messages {
        // Writing to a String cannot fail.
        let _ = match message {
            Message::Prompt { text: words, .. } => writeln!(text, "User: {words}"),
            Message::Nudge(words) => writeln!(text, "System: {words}"),
            Message::Summary(words) => writeln!(text, "Summary of what was before: {words}"),
            Message::Answer {
                text: words, calls, ..
            } => {
                for call in calls {
                    let arguments = clipped(&call.arguments.to_string(), CLIPPED_OUTPUT);
                    let _ = writeln!(text, "Agent calls {}: {arguments}", call.name);
                }
                writeln!(text, "Agent: {words}")
            }
            Message::Results(results) => {
                for one in results {
                    let _ = writeln!(
                        text,
                        "Result: {}",
                        clipped(&one.result.text, CLIPPED_OUTPUT)
                    );
                }
                Ok(())
            }
        };
    }
    text
}

/// The paths that were written or edited.
pub(super) fn changed_files(messages: &[Message]) -> BTreeSet<String> {
    let calls = messages.iter().flat_map(|message| match message {
        Message::Answer { calls, .. } => calls.as_slice(),
        Message::Prompt { .. } | Message::Results(_) | Message::Nudge(_) | Message::Summary(_) => {
            &[]
        }
    });
    calls
        .filter(|call| matches!(call.name.as_str(), "write" | "edit"))
        .filter_map(|call| call.arguments.get("path").and_then(Value::as_str))
        .map(str::to_owned)
        .collect()
}
