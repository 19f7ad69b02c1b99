//! Every kind of event as the wire shows it.

use outwork_domain::run_state::RunState;
use outwork_domain::{Attempt, BranchName, CommitId, ModelId, PullRequestNumber};
use outwork_domain::{RunId, Seq, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::*;

fn event(body: EventBody) -> Event {
    Event {
        seq: Seq(7),
        run_id: RunId::new(Uuid::nil()),
        attempt: Attempt(2),
        at: Timestamp::from_millis(1_768_473_000_000),
        body,
    }
}

fn text() -> String {
    "one\ntwo".to_owned()
}

fn commit() -> CommitId {
    "0123456789abcdef0123456789abcdef01234567".parse().unwrap()
}

fn repository() -> Repository {
    "https://h/acme/tools".parse().unwrap()
}

fn branch() -> BranchName {
    "outwork/x-1".parse().unwrap()
}

/// What the model said and did.
fn of_turns() -> Vec<EventBody> {
    let call = ToolCall {
        id: "c1".into(),
        name: "shell".into(),
        arguments: json!({"a": [1]}),
    };
    let result = ToolResult {
        exit_status: Some(3),
        ..ToolResult::error("no")
    };
    let usage = TokenUsage {
        input: 1,
        output: 2,
        cache_read: 3,
        cache_write: 4,
    };
    let ms = Duration::from_millis(1_500);
    let call_id = || "c1".to_owned();
    vec![
        EventBody::ModelRequested {
            turn: 1,
            model: ModelId::script(),
        },
        EventBody::ModelRetried {
            turn: 1,
            reason: text(),
            wait: ms,
        },
        EventBody::TurnRestarted {
            turn: 1,
            reason: text(),
        },
        EventBody::TextDelta {
            turn: 1,
            text: text(),
        },
        EventBody::ThinkingDelta {
            turn: 1,
            text: text(),
        },
        EventBody::ThinkingEnded { turn: 1, took: ms },
        EventBody::Thinking {
            turn: 1,
            text: text(),
            signature: Some("secret".into()),
        },
        EventBody::Text {
            turn: 1,
            text: text(),
        },
        EventBody::ToolCalled { turn: 1, call },
        EventBody::AnswerEnded {
            turn: 1,
            stop: StopReason::ToolUse,
            usage,
        },
        EventBody::ToolOutput {
            call_id: call_id(),
            text: text(),
        },
        EventBody::ToolFinished {
            call_id: call_id(),
            result,
            took: ms,
        },
        EventBody::Nudged {
            turn: 1,
            text: text(),
        },
    ]
}

fn network(verdict: NetworkVerdict) -> EventBody {
    EventBody::NetworkUsed {
        host: "example.org".to_owned(),
        verdict,
        count: 3,
        sent_bytes: 4,
        received_bytes: 5,
    }
}

/// What happened around the model.
fn of_runs() -> Vec<EventBody> {
    let (to, cause) = (RunState::Failed, Some(Cause::PushDenied));
    let url = "http://h/pulls/4".to_owned();
    vec![
        EventBody::Prompt {
            text: text(),
            image_count: 2,
            approves: None,
        },
        EventBody::StateChanged {
            to: RunState::Queued,
            cause: None,
            message: None,
        },
        EventBody::StateChanged {
            to,
            cause,
            message: Some(text()),
        },
        EventBody::LimitReached { limit: text() },
        EventBody::WorkspacePrepared {
            repository: repository(),
            base: commit(),
            branch: branch(),
        },
        EventBody::Committed {
            repository: repository(),
            commit: commit(),
            subject: text(),
            file_count: 1,
            insertions: 2,
            deletions: 3,
        },
        EventBody::NothingToPublish {
            repository: repository(),
        },
        EventBody::Pushed {
            repository: repository(),
            branch: branch(),
            commit: commit(),
        },
        EventBody::PullRequestOpened {
            repository: repository(),
            number: PullRequestNumber(4),
            url,
        },
        EventBody::Spent {
            usage: TokenUsage {
                input: 1,
                ..TokenUsage::default()
            },
        },
        network(NetworkVerdict::Allowed),
        network(NetworkVerdict::Refused(text())),
        EventBody::Note { text: text() },
    ]
}

#[test]
fn every_kind_has_its_fields() {
    let events: Vec<Event> = of_runs().into_iter().chain(of_turns()).map(event).collect();
    for event in &events {
        let object = serde_json::to_value(EventObject::of(event)).unwrap();
        assert_eq!(object["type"], kind_of(&event.body));
    }
    let objects: Vec<EventObject<'_>> = events.iter().map(EventObject::of).collect();
    insta::assert_json_snapshot!(objects);
}

#[test]
fn a_frame_is_three_lines_and_an_empty_one() {
    let frame = write_frame(&event(EventBody::Note { text: text() })).unwrap();
    let frame = std::str::from_utf8(&frame).unwrap();
    let lines: Vec<&str> = frame.split('\n').collect();
    assert_eq!(lines.len(), 5, "{frame}");
    assert_eq!(&lines[..2], ["id: 7", "event: note"]);
    assert!(lines[2].starts_with(r#"data: {"seq":7,"#), "{frame}");
    assert_eq!(lines[3..], ["", ""]);
}
