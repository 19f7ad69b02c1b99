//! One line for a tool call, and for events that are no more than a remark.

use outwork_client::{EventBody, ToolCall};
use serde_json::Value;

use crate::output::Role;
use crate::plain::{plain, plain_line};

const ARGUMENTS_CHARS_MAX: usize = 200;

/// What is being done, such as `$ cargo test` or `read src/main.rs`.
pub(super) fn headline(call: &ToolCall) -> String {
    let text = |key: &str| call.arguments.get(key).and_then(Value::as_str);
    if call.name == "shell"
        && let Some(command) = text("command")
    {
        let lines = plain(command);
        let lines: Vec<&str> = lines.trim_end().lines().collect();
        return format!("$ {}", lines.join("\n  "));
    }
    let name = plain_line(&call.name);
    let known = ["path", "pattern"].into_iter().find_map(text);
    let arguments = known.map_or_else(|| call.arguments.to_string(), str::to_owned);
    format!("{name} {}", cut(&plain_line(&arguments)))
}

/// Whether a good result says nothing that the call did not say.
pub(super) fn is_silent(call: &ToolCall) -> bool {
    matches!(call.name.as_str(), "read" | "write" | "edit")
}

fn cut(text: &str) -> String {
    if text.chars().count() <= ARGUMENTS_CHARS_MAX {
        return text.to_owned();
    }
    let start: String = text.chars().take(ARGUMENTS_CHARS_MAX).collect();
    format!("{start}…")
}

/// What an event that is no part of the conversation says, if people want to know.
pub(super) fn remark(body: &EventBody) -> Option<(Role, String)> {
    Some(match body {
        EventBody::StateChanged { to, cause, message } => state(to, cause.as_deref(), message),
        EventBody::ModelRetried {
            reason, wait_ms, ..
        } => (
            Role::Warning,
            format!(
                "the model is asked again in {} s: {reason}",
                wait_ms.div_ceil(1000)
            ),
        ),
        EventBody::TurnRestarted { reason, .. } => (
            Role::Warning,
            format!("the answer broke off and begins anew: {reason}"),
        ),
        EventBody::AnswerEnded { turn, usage } if usage.input + usage.output > 0 => (
            Role::Dim,
            format!(
                "turn {turn}: {} tokens in, {} out",
                usage.input, usage.output
            ),
        ),
        EventBody::Nudged { text, .. } => (Role::Warning, format!("reminded: {text}")),
        EventBody::LimitReached { limit } => (Role::Warning, format!("limit reached: {limit}")),
        EventBody::WorkspacePrepared { base, branch, .. } => (
            Role::Dim,
            format!("workspace at {}, branch {branch}", short(base)),
        ),
        EventBody::Committed {
            commit,
            subject,
            file_count,
            insertions,
            deletions,
            ..
        } => (
            Role::Good,
            format!(
                "committed {} {subject} ({file_count} {}, +{insertions} −{deletions})",
                short(commit),
                if *file_count == 1 { "file" } else { "files" }
            ),
        ),
        EventBody::NothingToPublish { .. } => {
            (Role::Dim, "nothing changed, nothing to push".to_owned())
        }
        EventBody::Pushed { branch, commit, .. } => {
            (Role::Good, format!("pushed {branch} at {}", short(commit)))
        }
        EventBody::PullRequestOpened { number, url, .. } => {
            (Role::Good, format!("pull request {number}: {url}"))
        }
        EventBody::NetworkUsed { .. } => return network(body),
        EventBody::Note { text } => (Role::Warning, text.clone()),
        EventBody::Prompt { .. }
        | EventBody::ModelRequested { .. }
        | EventBody::TextDelta { .. }
        | EventBody::ThinkingDelta { .. }
        | EventBody::Thinking { .. }
        | EventBody::Text { .. }
        | EventBody::ToolCalled { .. }
        | EventBody::AnswerEnded { .. }
        | EventBody::ToolOutput { .. }
        | EventBody::ToolFinished { .. }
        | EventBody::Unknown => return None,
    })
}

/// What became of the wish to reach a host; without a reason it was reached.
fn network(body: &EventBody) -> Option<(Role, String)> {
    let EventBody::NetworkUsed {
        host,
        reason,
        count,
        sent_bytes,
        received_bytes,
        ..
    } = body
    else {
        return None;
    };
    let times = match count {
        1 => String::new(),
        count => format!(" ({count} times)"),
    };
    Some(match reason {
        Some(reason) => (
            Role::Warning,
            format!("{host} was not reached{times}: {reason}"),
        ),
        None => (
            Role::Dim,
            format!("reached {host}{times}: {sent_bytes} bytes out, {received_bytes} in"),
        ),
    })
}

fn state(to: &str, cause: Option<&str>, message: &Option<String>) -> (Role, String) {
    let role = match to {
        "succeeded" => Role::Good,
        "failed" | "expired" => Role::Bad,
        "cancelled" | "cancelling" => Role::Warning,
        _ => Role::Dim,
    };
    let mut words = to.to_owned();
    if let Some(cause) = cause {
        words += &format!(" ({cause})");
    }
    if let Some(message) = message {
        words += &format!(": {message}");
    }
    (role, words)
}

/// The first ten digits of a commit's id.
fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}
