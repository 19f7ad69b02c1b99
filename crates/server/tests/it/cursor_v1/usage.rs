//! `GET /v1/agents/{id}/usage`.

use outwork_domain::{EventBody, Fence, StopReason, TokenUsage};
use serde_json::{Value, json};

use crate::support::{Server, get};

async fn answer(server: &Server, fence: Fence, usage: TokenUsage) {
    let ended = EventBody::AnswerEnded {
        turn: 1,
        stop: StopReason::EndTurn,
        usage,
    };
    server.append(fence, vec![ended]).await;
}

fn tokens(input: u64, output: u64, written: u64, read: u64) -> Value {
    json!({"inputTokens": input, "outputTokens": output, "cacheWriteTokens": written,
        "cacheReadTokens": read, "totalTokens": input + output + written + read})
}

#[tokio::test]
async fn tokens_are_added_up_by_run() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let id = server.launch(&key, "x").await;
    let path = format!("/v1/agents/{id}/usage");
    let before = server.read(&key, &path).await;
    assert_eq!(before["totalUsage"], tokens(0, 0, 0, 0));
    assert_eq!(before["runs"].as_array().unwrap().len(), 1);

    let fence = server.work().await;
    let usage = TokenUsage {
        input: 100,
        output: 7,
        cache_read: 60,
        cache_write: 10,
    };
    answer(&server, fence, usage).await;
    answer(&server, fence, usage).await;
    let body = server.read(&key, &path).await;
    assert_eq!(body["totalUsage"], tokens(60, 14, 20, 120));
    assert_eq!(body["runs"][0]["usage"], body["totalUsage"]);

    let run_id = body["runs"][0]["id"].as_str().unwrap();
    assert_eq!(
        server.read(&key, &format!("{path}?runId={run_id}")).await,
        body
    );
    let never = "run-00000000-0000-4000-8000-000000000001";
    for run_id in [never, "nonsense"] {
        let reply = server
            .ask(get(format!("{path}?runId={run_id}")).by(&key))
            .await;
        assert_eq!(
            reply.refused(),
            (404, "run_not_found".to_owned()),
            "{run_id}"
        );
    }
}
