//! `GET /v0/agents/{id}/conversation`.

use outwork_domain::{EventBody, Timestamp, ToolCall};
use serde_json::{Value, json};

use crate::support::{Server, get};

async fn messages(server: &Server, key: &crate::support::Key, id: &str) -> Vec<Value> {
    let body = server
        .ask(get(format!("/v0/agents/{id}/conversation")).by(key))
        .await
        .good();
    assert_eq!(body["id"], json!(id));
    body["messages"].as_array().unwrap().clone()
}

fn shown(messages: &[Value]) -> Vec<(&str, &str)> {
    messages
        .iter()
        .map(|message| {
            (
                message["type"].as_str().unwrap(),
                message["text"].as_str().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_prompt_appears_when_its_run_starts_and_a_text_when_it_is_complete() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "Add a README").await;
    assert!(messages(&server, &key, &id).await.is_empty());
    let fence = server.work().await;
    assert_eq!(
        shown(&messages(&server, &key, &id).await),
        [("user_message", "Add a README")]
    );
    let call = ToolCall {
        id: "c".into(),
        name: "shell".into(),
        arguments: json!({}),
    };
    let said = vec![
        EventBody::TextDelta {
            turn: 1,
            text: "I'll l".into(),
        },
        EventBody::Thinking {
            turn: 1,
            text: "hm".into(),
            signature: None,
        },
        EventBody::Text {
            turn: 1,
            text: "I'll look.".into(),
        },
        EventBody::ToolCalled { turn: 1, call },
        EventBody::Nudged {
            turn: 2,
            text: "go on".into(),
        },
    ];
    server.append(fence, said).await;
    let before = messages(&server, &key, &id).await;
    let expected = [
        ("user_message", "Add a README"),
        ("assistant_message", "I'll look."),
    ];
    assert_eq!(shown(&before), expected);
    server.say(fence, "Done.").await;
    let after = messages(&server, &key, &id).await;
    assert_eq!(after[..2], before[..], "ids stay");
    assert_eq!(shown(&after[2..]), [("assistant_message", "Done.")]);
    let mut ids: Vec<&str> = after
        .iter()
        .map(|message| message["id"].as_str().unwrap())
        .collect();
    assert!(ids.iter().all(|id| id.starts_with("msg_")), "{ids:?}");
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn it_can_be_read_while_archived() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    server.work().await;
    server.archive(&id, Some(Timestamp::from_millis(1))).await;
    assert_eq!(messages(&server, &key, &id).await.len(), 1);
}
