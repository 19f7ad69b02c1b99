//! What the model is to do, said in the prompt: the scripted model server reads it there.

use std::time::Duration;

use serde_json::{Value, json};

/// Shell calls of one task; the answer after the last one is its end.
pub const STEPS: u32 = 10;
/// Requests to the model of one task.
pub const REQUESTS: u32 = STEPS + 1;

/// Ten shell calls, one a turn, without thinking time.
pub fn plain() -> String {
    of_steps(STEPS)
}

/// So many shell calls, one a turn, without thinking time.
pub fn of_steps(steps: u32) -> String {
    prompt(&format!(
        "[[script: {steps} shell echo step {{i}} >> steps.txt]]"
    ))
}

/// The same with thinking time before each answer.
pub fn slow(delay: Duration) -> String {
    let fault = json!({ "delay_ms": delay.as_millis() });
    let calls = json!([{ "shell": "echo step {i} >> steps.txt" }]);
    turns(&json!([
        { "repeat": STEPS, "calls": calls, "fault": fault },
        { "text": "All steps are done.", "fault": fault },
    ]))
}

/// So many shell calls, and then no answer at all.
pub fn silent_after(steps: u32) -> String {
    let calls = json!([{ "shell": "echo step {i} >> steps.txt" }]);
    let silence = json!({ "text": "", "fault": { "cut_after": 0, "ending": "silence" } });
    if steps == 0 {
        return turns(&json!([silence]));
    }
    turns(&json!([{ "repeat": steps, "calls": calls }, silence]))
}

/// One shell call of any kind.
pub fn bomb(command: &str) -> String {
    turns(&json!([{ "calls": [{ "shell": command }] }, { "text": "Done." }]))
}

fn turns(turns: &Value) -> String {
    prompt(&format!("[[script-json: {}]]", json!({ "turns": turns })))
}

fn prompt(script: &str) -> String {
    format!("Add lines to steps.txt\n\n{script}")
}

#[cfg(test)]
mod tests {
    use outwork_stand_ins::model_server::ModelServer;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::http::request;

    #[tokio::test]
    async fn the_model_server_understands_every_prompt() {
        let server = ModelServer::start().await.unwrap();
        for prompt in [
            plain(),
            of_steps(50),
            slow(Duration::from_millis(1)),
            silent_after(1),
            bomb("yes"),
        ] {
            let body = json!({
                "model": "bench",
                "stream": true,
                "messages": [{ "role": "user", "content": prompt }],
            });
            let asked = request("POST", "/v1/chat/completions", "k", Some(&body.to_string()));
            let mut stream = TcpStream::connect(server.address()).await.unwrap();
            stream.write_all(&asked).await.unwrap();
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"HTTP/1.1 200", "{prompt}");
        }
    }
}
