//! What a call gave, in the form that belongs to its kind.
//!
//! Numbers come from the facts that the tool told; a result that has none, of a version before them, is
//! left out rather than made up.

use std::time::Duration;

use outwork_domain::{Extent, MatchedFile, ToolCall, ToolFacts, ToolResult, ToolStatus};
use serde_json::{Value, json};

use super::tools::Kind;

/// The root of what searches return: where every sandbox has the agent's files.
const ROOT: &str = "/repo";

/// How a call ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was carried out; the value has the form that belongs to its kind.
    Success(Value),
    /// It was not; the text says why.
    Error(String),
}

/// How a call of that kind ended; none if that cannot be told in its form.
pub(super) fn outcome(
    kind: Kind,
    call: &ToolCall,
    result: &ToolResult,
    took: Duration,
) -> Option<Outcome> {
    // A command that ended by itself was carried out, whatever its status.
    if let (Kind::Shell, Some(status)) = (kind, result.exit_status) {
        return Some(Outcome::Success(shell(result, status, took)));
    }
    if result.status != ToolStatus::Ok {
        return Some(Outcome::Error(result.text.clone()));
    }
    let value = match (kind, &result.facts) {
        (Kind::Mcp, _) => Some(json!({
            "content": [{"text": {"text": result.text}}],
            "isError": false,
        })),
        (
            Kind::Read,
            Some(ToolFacts::Read {
                line_count,
                byte_count,
            }),
        ) => Some(json!({
            "content": without_numbers(&result.text),
            "totalLines": line_count,
            "fileSize": byte_count,
        })),
        (
            Kind::Write,
            Some(ToolFacts::Wrote {
                line_count,
                byte_count,
            }),
        ) => Some(json!({
            "path": call.arguments["path"],
            "linesCreated": line_count,
            "fileSize": byte_count,
        })),
        (
            Kind::Edit,
            Some(ToolFacts::Edited {
                lines_added,
                lines_removed,
            }),
        ) => Some(json!({"linesAdded": lines_added, "linesRemoved": lines_removed})),
        (Kind::Glob, Some(ToolFacts::Found { files, extent })) => Some(json!({
            "files": files,
            "totalFiles": files.len(),
            "clientTruncated": *extent == Extent::Cut,
            "ripgrepTruncated": false,
        })),
        (Kind::Grep, Some(ToolFacts::Matched { files, .. })) => Some(grep(files, &result.text)),
        (
            Kind::Shell | Kind::Read | Kind::Write | Kind::Edit | Kind::Glob | Kind::Grep,
            Some(_) | None,
        ) => None,
    };
    value.map(Outcome::Success)
}

/// Standard output and standard error are one text with us, in the order in which they came.
fn shell(result: &ToolResult, status: i32, took: Duration) -> Value {
    let signal = match result.facts {
        Some(ToolFacts::Command { signal }) => signal.map(signal_name).unwrap_or_default(),
        Some(
            ToolFacts::Read { .. }
            | ToolFacts::Wrote { .. }
            | ToolFacts::Edited { .. }
            | ToolFacts::Found { .. }
            | ToolFacts::Matched { .. },
        )
        | None => String::new(),
    };
    // The note is for the model, which has no field for the status.
    let note = format!("[exit status {status}]");
    let output = result.text.strip_suffix(&note).unwrap_or(&result.text);
    json!({
        "exitCode": status,
        "signal": signal,
        "stdout": output,
        "stderr": "",
        "executionTime": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    })
}

/// The name of a signal as on Linux.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        other => return other.to_string(),
    };
    name.to_owned()
}

/// The lines of a file without the numbers that the model gets with them.
fn without_numbers(text: &str) -> String {
    let bare = |line: &str| -> Option<String> {
        let (number, rest) = line.split_once('\t')?;
        let digits = number.trim_start_matches(' ');
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| rest.to_owned())
    };
    text.split_inclusive('\n')
        .map(|line| bare(line).unwrap_or_else(|| line.to_owned()))
        .collect()
}

/// The lines that matched, with those around them, found again in the text by what the tool says of them.
fn grep(files: &[MatchedFile], text: &str) -> Value {
    let lines: Vec<&str> = text.lines().collect();
    let mut matches = Vec::new();
    let mut at = 0;
    for file in files {
        for number in &file.lines {
            let prefix = format!("{}:{number}:", file.path);
            let rest = lines.get(at..).unwrap_or_default();
            let Some(found) = rest.iter().position(|line| line.starts_with(&prefix)) else {
                continue;
            };
            let place = at + found;
            let before = around(
                &file.path,
                *number,
                lines[at..place].iter().rev(),
                Side::Before,
            );
            let after = around(&file.path, *number, lines[place + 1..].iter(), Side::After);
            let mut one = json!({
                "file": file.path,
                "lineNumber": number,
                "line": lines[place].strip_prefix(prefix.as_str()),
            });
            if !before.is_empty() {
                one["beforeContext"] = json!(before.into_iter().rev().collect::<Vec<_>>());
            }
            if !after.is_empty() {
                one["afterContext"] = json!(after);
            }
            matches.push(one);
            at = place + 1;
        }
    }
    let total = files.iter().map(|file| file.lines.len()).sum::<usize>();
    let output = json!({"matches": matches, "totalMatches": total});
    json!({"workspaceResults": {ROOT: {"type": "content", "output": output}}})
}

#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

/// The lines next to a match that are shown for it, outwards from it.
fn around<'a, 'b: 'a>(
    path: &str,
    number: u64,
    lines: impl Iterator<Item = &'a &'b str>,
    side: Side,
) -> Vec<&'b str> {
    let distance = 1_u64..;
    let wanted = distance.map(|distance| match side {
        Side::Before => number.saturating_sub(distance),
        Side::After => number.saturating_add(distance),
    });
    lines
        .zip(wanted)
        .map_while(|(line, wanted)| line.strip_prefix(format!("{path}-{wanted}-").as_str()))
        .collect()
}
