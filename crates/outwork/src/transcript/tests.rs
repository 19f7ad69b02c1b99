//! Transcripts of small runs, line by line.

use outwork_client::{EventBody, ToolCall, ToolResult, Usage};
use serde_json::json;

use super::*;

fn shown(events: &[EventBody]) -> String {
    let mut transcript = Transcript::new(Style::Plain);
    let mut all: String = events.iter().map(|event| transcript.show(event)).collect();
    all += &transcript.end_line();
    all
}

fn delta(text: &str) -> EventBody {
    EventBody::TextDelta {
        turn: 1,
        text: text.into(),
    }
}

fn text(text: &str) -> EventBody {
    EventBody::Text {
        turn: 1,
        text: text.into(),
    }
}

fn call(id: &str, name: &str, arguments: serde_json::Value) -> EventBody {
    EventBody::ToolCalled {
        turn: 1,
        call: ToolCall {
            id: id.into(),
            name: name.into(),
            arguments,
        },
    }
}

fn output(id: &str, text: &str) -> EventBody {
    EventBody::ToolOutput {
        call_id: id.into(),
        text: text.into(),
    }
}

fn finished(id: &str, status: &str, text: &str, exit_status: Option<i32>) -> EventBody {
    EventBody::ToolFinished {
        call_id: id.into(),
        result: ToolResult {
            status: status.into(),
            text: text.into(),
            exit_status,
        },
        took_ms: 1_250,
    }
}

fn requested() -> EventBody {
    EventBody::ModelRequested {
        turn: 1,
        model: "m".into(),
    }
}

#[test]
fn a_run_reads_from_prompt_to_pull_request() {
    let events = [
        EventBody::Prompt {
            text: "Add a README\nplease".into(),
            image_count: 0,
        },
        EventBody::StateChanged {
            to: "working".into(),
            cause: None,
            message: None,
        },
        requested(),
        delta("I will "),
        delta("do it."),
        text("I will do it."),
        call("c1", "shell", json!({"command": "echo a\necho b"})),
        output("c1", "a\nb"),
        finished("c1", "ok", "a\nb", Some(0)),
        call("c2", "write", json!({"path": "README.md", "content": "…"})),
        finished("c2", "ok", "written", None),
        EventBody::AnswerEnded {
            turn: 1,
            usage: Usage {
                input: 1200,
                output: 34,
                ..Usage::default()
            },
        },
        EventBody::PullRequestOpened {
            repository: "http://h/a".into(),
            number: 7,
            url: "http://h/pulls/7".into(),
        },
    ];
    assert_eq!(
        shown(&events),
        "> Add a README\n> please\n· working\nI will do it.\n$ echo a\n  echo b\n  │ a\n  │ b\n  \
         └ ok, 1.2 s\nwrite README.md\n  └ ok, 1.2 s\n· turn 1: 1200 tokens in, 34 out\n· pull request 7: http://h/pulls/7\n"
    );
}

#[test]
fn the_end_of_an_output_is_shown_though_no_piece_has_it() {
    let of = |pieces: &[&str], whole: &str| {
        let mut events = vec![call("c", "shell", json!({"command": "x"}))];
        events.extend(pieces.iter().map(|piece| output("c", piece)));
        events.push(finished("c", "error", whole, Some(3)));
        shown(&events)
    };
    let end = "  └ exit status 3, 1.2 s\n";
    for (pieces, whole, expected) in [
        (&["a\n"][..], "a\nb\n", "  │ a\n  │ b\n"),
        (&["a\nb"], "a\nbc", "  │ a\n  │ bc\n"),
        (&["a\n", "b\n"], "a\nb", "  │ a\n  │ b\n"),
        (
            &["a\nb\n"],
            "a\n[cut]\nz\n",
            "  │ a\n  │ b\n  │ …\n  │ a\n  │ [cut]\n  │ z\n",
        ),
    ] {
        assert_eq!(
            of(pieces, whole),
            format!("$ x\n{expected}{end}"),
            "{pieces:?}"
        );
    }
}

#[test]
fn an_output_behind_a_remark_is_shown_once() {
    let limit = "[the memory limit of 512 MiB was reached]";
    let of = |pieces: &[&str], whole: &str| {
        let mut events = vec![call("c", "shell", json!({"command": "x"}))];
        events.extend(pieces.iter().map(|piece| output("c", piece)));
        events.push(finished("c", "error", whole, Some(3)));
        shown(&events)
    };
    for (pieces, behind, more) in [
        (&["a\n", "b\n"][..], "a\nb\n", ""),
        (
            &["a\n", "b"],
            "a\nb\n[exit status 3]",
            "  │ [exit status 3]\n",
        ),
        (&["a\n]\n\nb\n"], "a\n]\n\nb\n", ""),
    ] {
        let plain = of(pieces, behind);
        let told = of(pieces, &format!("{limit}\n\n{behind}"));
        assert!(plain.contains(more), "{plain}");
        let end = "  └ exit status 3, 1.2 s\n";
        let output = plain.strip_suffix(end).unwrap();
        assert_eq!(told, format!("{output}  │ {limit}\n{end}"), "{pieces:?}");
    }
}

#[test]
fn what_was_not_streamed_is_shown_whole() {
    let long = (1..=25).map(|n| format!("line {n}\n")).collect::<String>();
    let events = [
        requested(),
        text("Answer."),
        call("c", "grep", json!({"pattern": "x"})),
        finished("c", "error", &long, None),
    ];
    let shown = shown(&events);
    assert!(
        shown.starts_with("Answer.\ngrep x\n  │ line 1\n"),
        "{shown}"
    );
    assert!(
        shown.ends_with("  │ line 20\n  │ … 5 more lines\n  └ error, 1.2 s\n"),
        "{shown}"
    );
}

#[test]
fn an_answer_that_begins_anew_is_streamed_again() {
    let restarted = EventBody::TurnRestarted {
        turn: 1,
        reason: "cut".into(),
    };
    let events = [requested(), delta("Half"), restarted, text("Whole.")];
    assert_eq!(
        shown(&events),
        "Half\n· the answer broke off and begins anew: cut\nWhole.\n"
    );
}

#[test]
fn a_failure_names_cause_and_remedy() {
    let failed = EventBody::StateChanged {
        to: "failed".into(),
        cause: Some("push_denied".into()),
        message: Some("Ask for\nwrite access.".into()),
    };
    assert_eq!(
        shown(&[failed]),
        "· failed (push_denied): Ask for write access.\n"
    );
}

#[test]
fn nothing_that_an_agent_writes_reaches_the_terminal() {
    let evil = "\u{1b}]0;pwned\u{7}x\u{1b}[2J\u{9b}31m\u{202e}";
    let events = [
        EventBody::Prompt {
            text: evil.into(),
            image_count: 0,
        },
        requested(),
        delta("\u{1b}]0;ti"),
        delta("tle\u{7}ok"),
        EventBody::Thinking {
            turn: 1,
            text: evil.into(),
        },
        call("c", evil, json!({ "path": evil })),
        call("d", "shell", json!({ "command": evil })),
        call("e", "other", json!({ evil: evil })),
        output("c", evil),
        finished("c", evil, evil, None),
        finished("d", "error", evil, Some(1)),
        EventBody::Committed {
            repository: evil.into(),
            commit: evil.into(),
            subject: evil.into(),
            file_count: 1,
            insertions: 1,
            deletions: 1,
        },
        EventBody::Pushed {
            repository: evil.into(),
            branch: evil.into(),
            commit: evil.into(),
        },
        EventBody::PullRequestOpened {
            repository: evil.into(),
            number: 1,
            url: evil.into(),
        },
        EventBody::WorkspacePrepared {
            repository: evil.into(),
            base: evil.into(),
            branch: evil.into(),
        },
        EventBody::StateChanged {
            to: evil.into(),
            cause: Some(evil.into()),
            message: Some(evil.into()),
        },
        EventBody::Note { text: evil.into() },
        EventBody::NetworkUsed {
            host: evil.into(),
            verdict: "refused".into(),
            reason: Some(evil.into()),
            count: 1,
            sent_bytes: 0,
            received_bytes: 0,
        },
        EventBody::Nudged {
            turn: 1,
            text: evil.into(),
        },
    ];
    let shown = shown(&events);
    let odd = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!shown.contains(odd), "{shown:?}");
    assert!(!shown.contains("title"), "{shown}");
}

#[test]
fn an_output_that_ends_its_filter_does_not_swallow_the_next() {
    let events = [
        call("a", "shell", json!({"command": "x"})),
        output("a", "one\u{1b}]0;never ended"),
        finished("a", "ok", "", Some(0)),
        text("Still there."),
    ];
    assert!(shown(&events).ends_with("Still there.\n"));
}

#[test]
fn what_was_reached_and_what_was_not_is_one_line_each() {
    let network = |verdict: &str, reason: Option<&str>, count| EventBody::NetworkUsed {
        host: "example.org".into(),
        verdict: verdict.into(),
        reason: reason.map(str::to_owned),
        count,
        sent_bytes: 7,
        received_bytes: 9,
    };
    let shown = shown(&[
        network("allowed", None, 2),
        network("refused", Some("it is not open"), 1),
    ]);
    assert_eq!(
        shown,
        "· reached example.org (2 times): 7 bytes out, 9 in\n\
         · example.org was not reached: it is not open\n"
    );
}

#[test]
fn colours_stand_outside_of_foreign_text() {
    let mut transcript = Transcript::new(Style::Coloured);
    let shown = transcript.show(&EventBody::Note {
        text: "\u{1b}[0mx".into(),
    });
    assert_eq!(
        shown,
        format!("{}\n", Style::Coloured.paint(Role::Warning, "· x"))
    );
}

#[test]
fn durations_are_for_people() {
    let of = |millis| took(Duration::from_millis(millis));
    assert_eq!(
        (of(7), of(59_999), of(61_000)),
        ("7 ms".into(), "59.9 s".into(), "1 min 1 s".into())
    );
}
