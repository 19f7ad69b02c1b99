//! Activities: what they say, their order, pages, filter.

use std::time::Duration;

use outwork_domain::{Cause, EventBody, StopReason, TokenUsage, ToolCall, ToolResult};
use serde_json::{Value, json};

use super::support::{Jules, invalid, not_found, refused};
use crate::support::get;

fn tool(turn: u32) -> Vec<EventBody> {
    let call = ToolCall {
        id: format!("call_{turn}"),
        name: "shell".to_owned(),
        arguments: json!({"command": format!("cargo test {turn}")}),
    };
    let call_id = call.id.clone();
    vec![
        EventBody::TextDelta {
            turn,
            text: "I".to_owned(),
        },
        EventBody::Text {
            turn,
            text: format!("I test {turn}."),
        },
        EventBody::ToolCalled { turn, call },
        EventBody::AnswerEnded {
            turn,
            stop: StopReason::ToolUse,
            usage: TokenUsage::default(),
        },
        EventBody::ToolOutput {
            call_id: call_id.clone(),
            text: "12".to_owned(),
        },
        EventBody::ToolFinished {
            call_id,
            result: ToolResult::ok("12 passed\n"),
            took: Duration::from_millis(5),
        },
    ]
}

fn time_of(activity: &Value) -> String {
    activity["createTime"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_is_told_from_its_start_to_its_end() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    assert_eq!(jules.activities(&id).await, [] as [Value; 0]);
    let fence = jules.server.work().await;
    jules.server.append(fence, tool(1)).await;
    jules.server.succeed(fence, "Done.").await;
    jules.message(&id, "two").await.good();
    let fence = jules.server.work().await;
    jules
        .server
        .fail(fence, Cause::ScriptFailed, "It broke.")
        .await;
    let activities = jules.activities(&id).await;
    let expected = [
        (
            "agent",
            json!({"agentMessaged": {"agentMessage": "I test 1."}}),
        ),
        (
            "agent",
            json!({"progressUpdated": {"title": "shell cargo test 1", "description": "12 passed"}}),
        ),
        ("system", json!({"sessionCompleted": {}})),
        ("user", json!({"userMessaged": {"userMessage": "two"}})),
        ("system", json!({"sessionFailed": {"reason": "It broke."}})),
    ];
    assert_eq!(activities.len(), expected.len(), "{activities:#?}");
    for (at, (activity, (originator, what))) in activities.iter().zip(expected).enumerate() {
        let own = activity["id"].as_str().unwrap();
        let mut whole = json!({
            "name": format!("sessions/{id}/activities/{own}"),
            "id": own,
            // The clock stands still, and still each is later than the one before.
            "createTime": format!("2026-01-15T10:30:00.{at:03}000Z"),
            "originator": originator,
        });
        let what = what.as_object().unwrap().clone();
        whole.as_object_mut().unwrap().extend(what);
        assert_eq!(*activity, whole);
        let path = format!("/v1alpha/sessions/{id}/activities/{own}");
        assert_eq!(jules.ask(get(path)).await.good(), whole);
    }
}

#[tokio::test]
async fn what_ends_otherwise_says_why() {
    let jules = Jules::new().await;
    let cancelled = jules.start("one").await;
    jules.call(&cancelled, "archive", &json!({})).await.good();
    let expired = jules.start("two").await;
    jules.server.expire_waiting().await;
    for (id, reason) in [(cancelled, "cancelled"), (expired, "expired")] {
        assert_eq!(jules.state(&id).await, "FAILED");
        let activities = jules.activities(&id).await;
        assert_eq!(
            activities.last().unwrap()["sessionFailed"],
            json!({"reason": reason})
        );
    }
}

#[tokio::test]
async fn pages_and_filters_show_every_activity_once() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    let fence = jules.server.work().await;
    for turn in 1..=60 {
        jules.server.append(fence, tool(turn)).await;
        if turn % 7 == 0 {
            jules.server.clock.advance(Duration::from_millis(3));
        }
    }
    jules.server.succeed(fence, "Done.").await;
    let of = |query: &str| format!("/v1alpha/sessions/{id}/activities?{query}");
    let read = async |query: &str| jules.ask(get(of(query))).await.good();
    let mut all: Vec<Value> = Vec::new();
    let mut token = String::new();
    loop {
        let page = read(&format!("pageToken={token}")).await;
        let shown = page["activities"].as_array().unwrap();
        assert!(shown.len() <= 50);
        all.extend(shown.clone());
        match page["nextPageToken"].as_str() {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
    }
    assert_eq!(all.len(), 121);
    // As text and as milliseconds, times grow strictly.
    assert!(
        all.windows(2)
            .all(|pair| time_of(&pair[0]) < time_of(&pair[1]))
    );
    assert_eq!(
        read("pageSize=1000").await["activities"]
            .as_array()
            .unwrap()[..],
        all[..100]
    );
    for at in [0, 57, 119, 120] {
        let time = time_of(&all[at]);
        let later = read(&format!("pageSize=100&filter=create_time%3E%22{time}%22")).await;
        let expected: Vec<_> = all[at + 1..].iter().take(100).cloned().collect();
        assert_eq!(later["activities"], json!(expected), "{at}");
        let since = read(&format!(
            "pageSize=1&filter=createTime%20%3E%3D%20%22{time}%22"
        ))
        .await;
        assert_eq!(since["activities"], json!([all[at]]), "{at}");
    }
    // A token as the vendor's: what was made after that nanosecond.
    let later = read("pageToken=1768473000000000000&pageSize=1").await;
    assert_eq!(later["activities"], json!([all[1]]));
    for query in [
        "pageToken=x",
        "filter=x",
        "pageSize=-5",
        "filter=create_time%3E2026-01-15T10:30:00Z",
    ] {
        assert_eq!(
            refused(&jules.ask(get(of(query))).await),
            invalid(),
            "{query}"
        );
    }
}

#[tokio::test]
async fn what_is_no_activity_is_not_found() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    jules.run("Done.").await;
    let other = jules.start("two").await;
    let there = jules.activities(&id).await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for (session, activity) in [
        (&id, "x"),
        (&id, "00000000000000000000000000000000"),
        (&id, "0000000000000000000000000000ff00"),
        (&id, "%2F"),
        (&other, there.as_str()),
    ] {
        let path = format!("/v1alpha/sessions/{session}/activities/{activity}");
        assert_eq!(
            refused(&jules.ask(get(path)).await),
            not_found(),
            "{activity}"
        );
    }
}

#[tokio::test]
async fn a_message_that_never_came_to_its_turn_is_told_with_its_end() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    jules.message(&id, "two").await.good();
    jules.call(&id, "archive", &json!({})).await.good();
    let activities = jules.activities(&id).await;
    let said: Vec<_> = activities
        .iter()
        .filter_map(|one| one["userMessaged"]["userMessage"].as_str())
        .collect();
    assert_eq!(said, ["two"]);
    let told = jules.told(&id).await;
    assert_eq!(told, ["sessionFailed", "userMessaged", "sessionFailed"]);
}
