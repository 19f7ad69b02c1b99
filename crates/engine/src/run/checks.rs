//! Which of a run's commands were tests or other checks, and how they ended.
//!
//! What a model says of its tests is its word; what is told here was run. Commands are recognised by the
//! names that the usual tools have, so an unusual one is left out rather than claimed.

use std::collections::HashMap;
use std::fmt;

use outwork_domain::limits::{PULL_REQUEST_CHECKS_MAX, PULL_REQUEST_COMMAND_CHARS_MAX};
use outwork_domain::{Event, EventBody, RunId, ToolStatus};

use crate::visible::{code_span, visible_text};

/// The tool that runs commands.
const SHELL: &str = "shell";
/// Words behind a program that are looked at.
const WORDS_MAX: usize = 6;
/// Programs that do nothing but check.
const CHECKERS: &[&str] = &[
    "ava",
    "biome",
    "clippy",
    "ctest",
    "eslint",
    "flake8",
    "golangci-lint",
    "jest",
    "mocha",
    "mypy",
    "nextest",
    "nox",
    "phpstan",
    "phpunit",
    "playwright",
    "pylint",
    "pyright",
    "pytest",
    "rspec",
    "rubocop",
    "ruff",
    "shellcheck",
    "staticcheck",
    "tox",
    "tsc",
    "vitest",
];
/// Programs that check if they are told to.
const RUNNERS: &[&str] = &[
    "bash", "bazel", "bun", "bundle", "cargo", "cmake", "composer", "deno", "dotnet", "go",
    "gradle", "gradlew", "hatch", "just", "make", "meson", "mix", "mvn", "mvnw", "ninja", "node",
    "npm", "npx", "php", "pnpm", "poetry", "python", "python3", "rake", "sbt", "sh", "swift",
    "task", "uv", "yarn",
];
/// Words that tell them to.
const ORDERS: &[&str] = &[
    "check",
    "checks",
    "clippy",
    "eslint",
    "jest",
    "lint",
    "mypy",
    "nextest",
    "pytest",
    "rspec",
    "ruff",
    "spec",
    "test",
    "tests",
    "tsc",
    "typecheck",
    "unittest",
    "verify",
    "vet",
    "vitest",
];
/// Words that stand before the program.
const PREFIXES: &[&str] = &[
    "!", "command", "do", "env", "exec", "if", "nice", "sudo", "then", "time", "timeout", "while",
    "xvfb-run",
];

/// A check that a run made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    command: String,
    /// None if it did not end by itself.
    exit_status: Option<i32>,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let command = code_span(&self.command);
        match self.exit_status {
            Some(status) => write!(f, "{command} ended with status {status}"),
            None => write!(f, "{command} did not end by itself"),
        }
    }
}

/// The checks of a run: the last of each command, in the order in which they ended, at most
/// [`PULL_REQUEST_CHECKS_MAX`].
pub(super) fn checks_of(history: &[Event], run_id: RunId) -> Vec<Check> {
    let mut calls: HashMap<&str, String> = HashMap::new();
    let mut found: Vec<Check> = Vec::new();
    for event in history.iter().filter(|event| event.run_id == run_id) {
        if let EventBody::ToolCalled { call, .. } = &event.body
            && call.name == SHELL
            && let Some(command) = call.arguments["command"].as_str()
            && is_check(command)
        {
            calls.insert(&call.id, one_line(command));
        }
        if let EventBody::ToolFinished {
            call_id, result, ..
        } = &event.body
            && result.status != ToolStatus::Interrupted
            && let Some(command) = calls.remove(call_id.as_str())
        {
            found.retain(|check| check.command != command);
            found.push(Check {
                command,
                exit_status: result.exit_status,
            });
        }
    }
    found.split_off(found.len().saturating_sub(PULL_REQUEST_CHECKS_MAX))
}

/// The command's lines behind each other.
fn one_line(command: &str) -> String {
    let lines = command
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let line = lines.collect::<Vec<_>>().join("; ").replace('\t', " ");
    // In a description a comment would pass for one of our marks.
    visible_text(&line, PULL_REQUEST_COMMAND_CHARS_MAX).replace("<!--", "< !--")
}

/// Whether a command line has a check in it.
fn is_check(command: &str) -> bool {
    let simple = command.split(['\n', ';', '&', '|', '(', ')']);
    simple.into_iter().any(|simple| {
        let mut words = simple.split_whitespace().skip_while(|word| is_prefix(word));
        words
            .next()
            .is_some_and(|program| checks(program, &mut words))
    })
}

fn checks<'a>(program: &str, arguments: &mut impl Iterator<Item = &'a str>) -> bool {
    let name = program.rsplit('/').next().unwrap_or_default();
    // The shell has a builtin of that name.
    let is_builtin = program == "test";
    CHECKERS.contains(&name)
        || (!is_builtin && is_order(name))
        || (RUNNERS.contains(&name) && arguments.take(WORDS_MAX).any(is_order))
}

/// Whether a word such as `test`, `test:unit`, `--check` or `run-tests.sh` asks for a check.
fn is_order(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or_default();
    let mut parts = name.split([':', '-', '_', '.']);
    parts.any(|part| ORDERS.contains(&part))
}

/// Whether a word stands before the program: a variable, a number of seconds, an option of such a word.
fn is_prefix(word: &str) -> bool {
    let is_time = word.trim_end_matches(['s', 'm']).parse::<u32>().is_ok();
    PREFIXES.contains(&word) || word.contains('=') || word.starts_with('-') || is_time
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use outwork_domain::{Attempt, Seq, Timestamp, ToolCall, ToolResult};
    use serde_json::json;

    use super::*;

    #[test]
    fn checks_are_known_by_their_names() {
        for command in [
            "cargo test --workspace",
            "cd crates && RUST_LOG=off cargo nextest run",
            "cargo fmt --all -- --check",
            "timeout -k 5 60s make check",
            "npm run test:unit 2>&1 | tail -5",
            "python3 -m pytest -q",
            "go vet ./...",
            "./scripts/run-tests.sh",
            "node_modules/.bin/tsc --noEmit",
            "if ! ./gradlew verify; then exit 1; fi",
        ] {
            assert!(is_check(command), "{command}");
        }
        for command in [
            "test -f README.md",
            "ls tests",
            "cargo build",
            "echo test > notes",
            "git log --grep test",
            "cat checks.txt",
            "npm install",
            "",
        ] {
            assert!(!is_check(command), "{command}");
        }
    }

    fn event(run_id: RunId, body: EventBody) -> Event {
        Event {
            seq: Seq(1),
            run_id,
            attempt: Attempt(1),
            at: Timestamp::from_millis(0),
            body,
        }
    }

    fn called(id: &str, command: &str) -> EventBody {
        EventBody::ToolCalled {
            turn: 1,
            call: ToolCall {
                id: id.to_owned(),
                name: SHELL.to_owned(),
                arguments: json!({ "command": command }),
            },
        }
    }

    fn finished(id: &str, exit_status: Option<i32>) -> EventBody {
        let mut result = match exit_status {
            Some(0) => ToolResult::ok(""),
            Some(_) | None => ToolResult::error(""),
        };
        result.exit_status = exit_status;
        EventBody::ToolFinished {
            call_id: id.to_owned(),
            result,
            took: Duration::ZERO,
        }
    }

    #[test]
    fn the_last_end_of_each_check_counts() {
        let run = RunId::new(uuid::Uuid::nil());
        let other = RunId::new(uuid::Uuid::max());
        let events = [
            event(other, called("0", "cargo test")),
            event(other, finished("0", Some(1))),
            event(run, called("1", "cargo test")),
            event(run, finished("1", Some(101))),
            event(run, called("2", "echo done")),
            event(run, finished("2", Some(0))),
            event(run, called("3", "make lint\nmake check")),
            event(run, finished("3", None)),
            event(run, called("4", "cargo test")),
            event(run, finished("4", Some(0))),
            event(run, called("5", "go test")),
        ];
        let lines: Vec<String> = checks_of(&events, run)
            .iter()
            .map(Check::to_string)
            .collect();
        assert_eq!(
            lines,
            [
                "`make lint; make check` did not end by itself",
                "`cargo test` ended with status 0"
            ]
        );
        let many: Vec<Event> = (0..30)
            .flat_map(|n| {
                let id = n.to_string();
                let call = called(&id, &format!("cargo test t{n}"));
                [event(run, call), event(run, finished(&id, Some(0)))]
            })
            .collect();
        let last = checks_of(&many, run);
        assert_eq!(last.len(), PULL_REQUEST_CHECKS_MAX);
        assert!(last[9].command.ends_with("t29"), "{last:?}");
    }
}
