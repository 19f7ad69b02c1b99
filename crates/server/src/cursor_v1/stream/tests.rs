//! What each kind of event becomes, and whole streams as clients get them.

use std::time::Duration;

use outwork_domain::run_state::RunState;
use outwork_domain::{
    AgentId, Attempt, Event, EventBody, Extent, MatchedFile, ModelId, NetworkVerdict, RunId, Seq,
    StopReason, Timestamp, TokenUsage, ToolCall, ToolFacts, ToolResult,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::tools::Known;
use super::translate::{Beside, translate};

const TOOK: Duration = Duration::from_millis(1_234);

fn event(seq: u64, body: EventBody) -> Event {
    Event {
        seq: Seq(seq),
        run_id: RunId::new(Uuid::from_u128(2)),
        attempt: Attempt(1),
        at: Timestamp::from_millis(1_767_225_600_000 + i64::try_from(seq).unwrap()),
        body,
    }
}

fn call(name: &str, arguments: Value) -> ToolCall {
    ToolCall {
        id: "call_1".into(),
        name: name.into(),
        arguments,
    }
}

fn network(verdict: NetworkVerdict) -> EventBody {
    EventBody::NetworkUsed {
        host: "example.org".into(),
        verdict,
        count: 3,
        sent_bytes: 4,
        received_bytes: 5,
    }
}

fn frames(body: EventBody, beside: &Beside) -> String {
    let agent = AgentId::new(Uuid::from_u128(1));
    let bytes = translate(agent, &event(7, body), beside).unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The data of both frames of a result.
fn finished(call: &ToolCall, result: ToolResult) -> (Value, Value) {
    let body = EventBody::ToolFinished {
        call_id: call.id.clone(),
        result,
        took: TOOK,
    };
    let frames = frames(body, &Beside::Call(Some(call.clone())));
    let mut data = frames
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap());
    (data.next().unwrap(), data.next().unwrap())
}

fn ok(text: &str, facts: ToolFacts) -> ToolResult {
    ToolResult {
        facts: Some(facts),
        ..ToolResult::ok(text)
    }
}

fn ended_with(exit_status: i32, signal: Option<i32>, text: &str) -> ToolResult {
    ToolResult {
        exit_status: Some(exit_status),
        facts: Some(ToolFacts::Command { signal }),
        ..ToolResult::error(text)
    }
}

/// The value of a success, which both frames must agree on.
fn value(call: &ToolCall, result: ToolResult) -> Value {
    let (simple, update) = finished(call, result);
    assert_eq!(simple["status"], "completed");
    assert_eq!(
        update["toolCall"]["result"]["status"], "success",
        "{update}"
    );
    let value = update["toolCall"]["result"]["value"].clone();
    assert_eq!(simple["result"], json!({"success": value}));
    assert_eq!(simple["args"], update["toolCall"]["args"]);
    value
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table, a row a case")]
fn calls_become_those_that_clients_know() {
    for (name, arguments, kind, args) in [
        (
            "shell",
            json!({"command": "ls", "timeout_seconds": 5, "working_folder": "a"}),
            "shell",
            json!({"command": "ls", "timeout": 5000, "workingDirectory": "a"}),
        ),
        (
            "shell",
            json!({"command": "ls", "timeout_seconds": null}),
            "shell",
            json!({"command": "ls"}),
        ),
        (
            "read",
            json!({"path": "a", "offset": 3}),
            "read",
            json!({"path": "a"}),
        ),
        (
            "write",
            json!({"path": "a", "content": "b"}),
            "write",
            json!({"path": "a", "fileText": "b"}),
        ),
        (
            "edit",
            json!({"path": "a", "old_string": "b", "new_string": "c"}),
            "edit",
            json!({"path": "a"}),
        ),
        (
            "glob",
            json!({"pattern": "*", "path": "a"}),
            "glob",
            json!({"globPattern": "*", "targetDirectory": "a"}),
        ),
        (
            "grep",
            json!({"pattern": "x", "context": 2, "ignore_case": true, "glob": "*.rs"}),
            "grep",
            json!({"pattern": "x", "context": 2, "caseInsensitive": true, "glob": "*.rs", "outputMode": "content"}),
        ),
        (
            "deploy",
            json!({"to": 1}),
            "mcp",
            json!({"providerIdentifier": "outwork", "toolName": "deploy", "args": {"to": 1}}),
        ),
        (
            "shell",
            json!({"command": 7}),
            "mcp",
            json!({"providerIdentifier": "outwork", "toolName": "shell", "args": {"command": 7}}),
        ),
        (
            "grep",
            json!({"pattern": "x", "context": "two"}),
            "mcp",
            json!({"providerIdentifier": "outwork", "toolName": "grep", "args": {"pattern": "x", "context": "two"}}),
        ),
        (
            "read",
            json!("{\"path\":"),
            "mcp",
            json!({"providerIdentifier": "outwork", "toolName": "read"}),
        ),
    ] {
        let call = call(name, arguments.clone());
        let (simple, update) = Known::of(&call).started(&call.id);
        let (simple, update) = (json!(simple), json!(update));
        assert_eq!(
            update,
            json!({"type": kind, "args": args}),
            "{name} {arguments}"
        );
        assert_eq!(simple["args"], args);
        assert_eq!(simple["status"], "running");
        assert_eq!(simple["callId"], "call_1");
    }
}

#[test]
fn a_command_that_ended_is_a_success_whatever_its_status() {
    let call = call("shell", json!({"command": "x"}));
    let done = |exit, signal, stdout: &str| {
        json!({
            "exitCode": exit, "signal": signal, "stdout": stdout, "stderr": "", "executionTime": 1234,
        })
    };
    let good = ToolResult {
        exit_status: Some(0),
        ..ok("hello\n", ToolFacts::Command { signal: None })
    };
    assert_eq!(value(&call, good), done(0, "", "hello\n"));
    let failed = ended_with(3, None, "no\n[exit status 3]");
    assert_eq!(value(&call, failed), done(3, "", "no\n"));
    let note = "[killed by signal 9, status 137]";
    let killed = ended_with(137, Some(9), note);
    assert_eq!(value(&call, killed), done(137, "SIGKILL", note));
    let odd = ended_with(162, Some(34), "");
    assert_eq!(value(&call, odd), done(162, "34", ""));
    // Of a version that did not tell the signal.
    let old = ToolResult {
        exit_status: Some(0),
        ..ToolResult::ok("hello\n")
    };
    assert_eq!(value(&call, old), done(0, "", "hello\n"));
}

#[test]
fn files_that_were_read_written_and_edited_tell_their_sizes() {
    let (line_count, byte_count) = (40, 999);
    let read = call("read", json!({"path": "a"}));
    let facts = ToolFacts::Read {
        line_count,
        byte_count,
    };
    let text = "     1\tone\n    12\t\ttwo\n[lines 1 to 2 of 40; go on with offset 3]\n";
    let content = "one\n\ttwo\n[lines 1 to 2 of 40; go on with offset 3]\n";
    let expected = json!({"content": content, "totalLines": 40, "fileSize": 999});
    assert_eq!(value(&read, ok(text, facts)), expected);
    let write = call("write", json!({"path": "a", "content": "x"}));
    let facts = ToolFacts::Wrote {
        line_count,
        byte_count,
    };
    let expected = json!({"path": "a", "linesCreated": 40, "fileSize": 999});
    assert_eq!(value(&write, ok("made a: 1 bytes", facts)), expected);
    let edit = call(
        "edit",
        json!({"path": "a", "old_string": "x", "new_string": "y"}),
    );
    let facts = ToolFacts::Edited {
        lines_added: 1,
        lines_removed: 2,
    };
    let expected = json!({"linesAdded": 1, "linesRemoved": 2});
    assert_eq!(value(&edit, ok("edited a", facts)), expected);
}

#[test]
fn searches_tell_what_they_found() {
    let glob = call("glob", json!({"pattern": "*"}));
    let facts = ToolFacts::Found {
        files: vec!["a b".into(), "c".into()],
        extent: Extent::Cut,
    };
    let expected = json!({
        "files": ["a b", "c"], "totalFiles": 2, "clientTruncated": true, "ripgrepTruncated": false,
    });
    assert_eq!(value(&glob, ok("a b\nc\n[only …]\n", facts)), expected);
    let grep = call("grep", json!({"pattern": "x", "context": 1}));
    let facts = ToolFacts::Matched {
        files: vec![
            MatchedFile {
                path: "2026-11-22.md".into(),
                lines: vec![2, 3],
            },
            MatchedFile {
                path: "b:1:c".into(),
                lines: vec![9],
            },
        ],
        extent: Extent::Whole,
    };
    let text = "2026-11-22.md-1-zero\n2026-11-22.md:2:x y\n2026-11-22.md:3:x:4:\n2026-11-22.md-4-\nb:1:c:9:x\n";
    let matches = json!([
        {"file": "2026-11-22.md", "lineNumber": 2, "line": "x y", "beforeContext": ["zero"]},
        {"file": "2026-11-22.md", "lineNumber": 3, "line": "x:4:", "afterContext": [""]},
        {"file": "b:1:c", "lineNumber": 9, "line": "x"},
    ]);
    let output = json!({"matches": matches, "totalMatches": 3});
    let expected = json!({"workspaceResults": {"/repo": {"type": "content", "output": output}}});
    assert_eq!(value(&grep, ok(text, facts)), expected);
}

#[test]
fn what_was_not_carried_out_is_an_error_with_the_words_of_the_tool() {
    let known = call(
        "edit",
        json!({"path": "a", "old_string": "x", "new_string": "y"}),
    );
    let unknown = call("deploy", json!({}));
    for call in [known, unknown] {
        for result in [ToolResult::error("no such file"), ToolResult::interrupted()] {
            let text = result.text.clone();
            let (simple, update) = finished(&call, result);
            let error = json!({"message": text});
            assert_eq!(simple["result"], json!({"error": error}));
            assert_eq!(
                update["toolCall"]["result"],
                json!({"status": "error", "error": error})
            );
        }
    }
    // At its time limit: there is no exit status.
    let late = ToolResult {
        facts: Some(ToolFacts::Command { signal: None }),
        ..ToolResult::error("[stopped at its time limit of 5 s]")
    };
    let (simple, _) = finished(&call("shell", json!({"command": "x"})), late);
    assert!(simple["result"]["error"]["message"].is_string(), "{simple}");
}

#[test]
fn a_result_without_its_numbers_is_left_out_and_not_made_up() {
    let call = call("read", json!({"path": "a"}));
    let (simple, update) = finished(&call, ToolResult::ok("     1\tone\n"));
    assert_eq!(simple.get("result"), None);
    assert_eq!(
        update["toolCall"],
        json!({"type": "read", "args": {"path": "a"}})
    );
}

#[test]
fn tools_that_are_not_built_in_give_their_text() {
    let value = value(&call("deploy", json!({})), ToolResult::ok("done"));
    assert_eq!(
        value,
        json!({"content": [{"text": {"text": "done"}}], "isError": false})
    );
}

#[test]
fn values_too_large_for_a_frame_are_left_out_and_flagged() {
    let limit = 1024 * 1024;
    // The quotes and braces around the text count too.
    let small = call(
        "write",
        json!({"path": "a", "content": "x".repeat(limit - 100)}),
    );
    let (simple, update) = Known::of(&small).started("c");
    assert_eq!(json!(simple)["args"], json!(update)["args"]);
    assert_eq!(json!(simple).get("truncated"), None);
    let large = call("write", json!({"path": "a", "content": "ü".repeat(limit)}));
    let (simple, update) = Known::of(&large).started("c");
    let (simple, update) = (json!(simple), json!(update));
    assert_eq!(simple.get("args"), None);
    assert_eq!(simple["truncated"], json!({"args": true}));
    // Every field is there, with its type, or clients would drop the update.
    assert_eq!(update["args"]["path"], "a");
    let text = update["args"]["fileText"].as_str().unwrap();
    assert!(
        text.ends_with("ü…") && text.len() < limit / 8,
        "{}",
        text.len()
    );
    let many: Vec<String> = vec!["x".repeat(1000); 2000];
    let odd = call("deploy", json!({"many": many}));
    let (simple, update) = Known::of(&odd).started("c");
    assert_eq!(json!(simple)["truncated"], json!({"args": true}));
    let args = json!({"providerIdentifier": "outwork", "toolName": "deploy"});
    assert_eq!(json!(update)["args"], args);
}

#[test]
fn a_result_whose_call_is_unknown_is_not_told() {
    let body = EventBody::ToolFinished {
        call_id: "call_1".into(),
        result: ToolResult::ok(""),
        took: TOOK,
    };
    assert_eq!(frames(body, &Beside::Call(None)), "");
}

#[test]
fn usage_has_no_token_twice() {
    let usage = TokenUsage {
        input: 100,
        output: 7,
        cache_read: 60,
        cache_write: 30,
    };
    let frames = frames(EventBody::Spent { usage }, &Beside::Nothing);
    let expected =
        r#""usage":{"inputTokens":10,"outputTokens":7,"cacheReadTokens":60,"cacheWriteTokens":30}"#;
    assert!(frames.contains(expected), "{frames}");
}

/// One of each kind, as a run has them.
#[expect(clippy::too_many_lines, reason = "one table, a row a case")]
fn every_kind() -> Vec<(EventBody, Beside)> {
    let text = || "one\ntwo \u{2028} \"three\"".to_owned();
    let shell = call("shell", json!({"command": "make"}));
    let result = ended_with(2, None, "boom\n[exit status 2]");
    let plain = [
        EventBody::Prompt {
            text: text(),
            image_count: 1,
            approves: None,
        },
        EventBody::StateChanged {
            to: RunState::Working,
            cause: None,
            message: None,
        },
        EventBody::ModelRequested {
            turn: 1,
            model: ModelId::script(),
        },
        EventBody::ModelRetried {
            turn: 1,
            reason: text(),
            wait: TOOK,
        },
        EventBody::TurnRestarted {
            turn: 1,
            reason: text(),
        },
        EventBody::ThinkingDelta {
            turn: 1,
            text: text(),
        },
        EventBody::ThinkingEnded {
            turn: 1,
            took: TOOK,
        },
        EventBody::TextDelta {
            turn: 1,
            text: text(),
        },
        EventBody::Thinking {
            turn: 1,
            text: text(),
            signature: None,
        },
        EventBody::Text {
            turn: 1,
            text: text(),
        },
        EventBody::ToolCalled {
            turn: 1,
            call: shell.clone(),
        },
        EventBody::AnswerEnded {
            turn: 1,
            stop: StopReason::ToolUse,
            usage: TokenUsage::default(),
        },
        EventBody::ToolOutput {
            call_id: "call_1".into(),
            text: text(),
        },
        EventBody::Nudged {
            turn: 1,
            text: text(),
        },
        EventBody::LimitReached { limit: text() },
        EventBody::Note { text: text() },
        network(NetworkVerdict::Allowed),
        network(NetworkVerdict::Refused(text())),
        EventBody::Spent {
            usage: TokenUsage {
                input: 5,
                output: 6,
                ..TokenUsage::default()
            },
        },
    ];
    let mut all: Vec<_> = plain
        .into_iter()
        .map(|body| (body, Beside::Nothing))
        .collect();
    let finished = EventBody::ToolFinished {
        call_id: "call_1".into(),
        result,
        took: TOOK,
    };
    all.insert(13, (finished, Beside::Call(Some(shell))));
    all
}

#[test]
fn a_run_as_frames() {
    let agent = AgentId::new(Uuid::from_u128(1));
    let mut stream = String::new();
    for (seq, (body, beside)) in (1..).zip(every_kind()) {
        let bytes = translate(agent, &event(seq, body), &beside).unwrap();
        stream.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    insta::assert_snapshot!(stream);
}

#[test]
fn frames_have_the_form_that_clients_split_by() {
    for (body, beside) in every_kind() {
        let frames = frames(body.clone(), &beside);
        assert!(!frames.contains('\r'), "{body:?}");
        let mut updates = 0;
        for frame in frames.split_terminator("\n\n") {
            let lines: Vec<&str> = frame.split('\n').collect();
            let [id, event, data] = lines.as_slice() else {
                panic!("{frame}");
            };
            assert_eq!(*id, "id: 1767225600007-7");
            assert!(
                event.starts_with("event: ") && data.starts_with("data: {"),
                "{frame}"
            );
            updates += usize::from(*event == "event: interaction_update");
        }
        assert!(updates <= 1, "{frames}");
    }
}
