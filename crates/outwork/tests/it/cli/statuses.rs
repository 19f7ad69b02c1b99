//! Exit statuses of client commands, by what the server says.

use outwork_domain::NoChange;

use super::canned::{serve, serve_or};
use super::{outwork, text};

const ID: &str = "bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11";
const EVENTS: &str = "/api/v1/agents/bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11/events?until=idle";
const REST: &str =
    "/api/v1/agents/bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11/events?after=2&limit=500";
const CONVERSATION: &str = "/v0/agents/bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11/conversation";
const DETAILS: &str = "/api/v1/agents/bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11";

fn event(seq: u64, body: &str) -> String {
    format!(
        "data: {{\"seq\":{seq},\"runId\":\"r\",\"attempt\":1,\"at\":\"2026-01-15T10:30:00.000Z\",{body}}}\n\n"
    )
}

fn details(state: &str) -> String {
    format!(
        r#"{{"id":"{ID}","name":"n","model":"script","state":"{state}","repositories":[{{"repository":"r"}}],"createdAt":"t",
        "runs":[{{"id":"r","number":1,"mode":"agent","model":"script","state":"{state}","attempt":1,"createdAt":"t","cause":"script_failed",
        "message":"Block 1 failed."}}]}}"#
    )
}

fn server(state: &str) -> String {
    let events = event(
        1,
        r#""type":"text","turn":1,"text":"evil \u001b]0;title\u0007\u009b2Jend""#,
    ) + &event(2, r#""type":"of_tomorrow""#);
    serve(vec![
        (EVENTS, events),
        (REST, r#"{"events":[]}"#.to_owned()),
        (DETAILS, details(state)),
    ])
}

#[test]
fn watching_ends_with_the_fate_of_the_run() {
    for (state, status) in [
        ("succeeded", 0),
        ("failed", 1),
        ("cancelled", 1),
        ("expired", 1),
    ] {
        let url = server(state);
        let output = outwork(&["watch", ID, "--url", &url]).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{state}");
        assert_eq!(text(&output.stdout), "evil end\n");
        if status == 1 {
            let words = text(&output.stderr);
            assert!(
                words.contains("Block 1 failed.") && words.contains(state),
                "{words}"
            );
        }
    }
}

#[test]
fn watching_as_json_gives_the_events_as_they_came() {
    let url = server("succeeded");
    let output = outwork(&["--json", "watch", ID, "--url", &url])
        .output()
        .unwrap();
    assert!(output.status.success());
    let shown = text(&output.stdout);
    assert!(
        !shown.contains(|c: char| c.is_control() && c != '\n'),
        "{shown:?}"
    );
    let events: Vec<serde_json::Value> = shown
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["text"], "evil \u{1b}]0;title\u{7}\u{9b}2Jend");
    assert_eq!(events[1]["type"], "of_tomorrow");
}

#[test]
fn nobody_there_is_status_5_and_says_what_to_look_at() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let output = outwork(&["models", "--url", &url]).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    let words = text(&output.stderr);
    assert!(
        words.contains(&url) && words.contains("outwork serve"),
        "{words}"
    );
}

#[test]
fn an_unknown_agent_is_status_3() {
    let url = serve(vec![]);
    let output = outwork(&["show", ID, "--url", &url]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("No such agent"));
}

#[test]
fn an_api_that_is_off_is_status_4() {
    let off = r#"{"error":{"code":"dialect_off","message":"The Cursor v0 API is switched off"}}"#;
    let url = serve_or(vec![], off);
    let output = outwork(&["models", "--url", &url]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stderr).contains("switched off"));
}

#[test]
fn a_conversation_ends_with_what_the_server_adds_to_it() {
    let said = NoChange::NothingNew;
    let conversation = r#"{"id":"c","messages":[{"id":"1","type":"user_message","text":"Look"},
        {"id":"2","type":"assistant_message","text":"I looked."}]}"#;
    let shown = |summary: &str| {
        let summary = serde_json::to_string(summary).unwrap();
        let details = details("succeeded");
        let details = details.replacen('{', &format!("{{\"summary\":{summary},"), 1);
        let url = serve(vec![
            (CONVERSATION, conversation.to_owned()),
            (DETAILS, details),
        ]);
        let arguments = ["show", ID, "--conversation", "--url", &url];
        let output = outwork(&arguments).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let talk = "> Look\n\nI looked.\n\n";
    assert_eq!(shown("I looked."), talk);
    let told = shown(&said.behind("I looked."));
    assert_eq!(told, format!("{talk}· {}\n", said.sentence()));
}

#[test]
fn a_few_letters_name_an_agent_if_they_name_one() {
    let agent = |id: &str| {
        format!(
            r#"{{"id":"{id}","name":"n","model":"m","state":"succeeded","repositories":[],"createdAt":"t","updatedAt":"t"}}"#
        )
    };
    let two = [agent(ID), agent("bc-0f2d0000-5d1b-4c1e-9b53-3a1f7f0f9e11")].join(",");
    let url = serve(vec![
        (
            "/api/v1/agents?limit=100&archived=true",
            format!(r#"{{"agents":[{two}]}}"#),
        ),
        (DETAILS, details("succeeded")),
        (
            "/v0/agents/bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11/artifacts",
            r#"{"artifacts":[]}"#.to_owned(),
        ),
    ]);
    for (letters, status) in [("0f2c", 0), ("bc-0F2C", 0), ("0f2", 2), ("0f2e", 3)] {
        let output = outwork(&["show", letters, "--url", &url]).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{letters}");
        if status == 2 {
            let words = text(&output.stderr);
            assert!(
                words.contains(ID) && words.contains("bc-0f2d0000"),
                "{words}"
            );
        }
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error_to_speak_of() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_outwork"))
        .args(["completions", "bash"])
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(text(&output.stderr), "");
}
