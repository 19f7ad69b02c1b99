//! A scripted model without thinking time, in the wire form of OpenAI's chat completions.
//!
//! The task's number stands in the prompt, the turn follows from the tool results behind it. Every
//! request and answer is noted with its time: a request when its last byte is there, an answer when its
//! last byte was handed to the kernel.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::http::{content_length, head_end};

/// Shell calls of one task; the answer after the last one is its end.
pub const STEPS: u32 = 10;
/// What stands in front of a task's number in its prompt.
pub const MARK: &str = "bench-task-";

/// How a task's answers come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Script {
    /// The wait before each answer.
    pub delay: Duration,
    /// The turn that is answered only when everything is released.
    pub held_turn: Option<u32>,
}

/// When a task's requests and answers were there, by turn.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// Requests, received whole.
    pub received: HashMap<u32, Instant>,
    /// Answers, sent whole.
    pub answered: HashMap<u32, Instant>,
}

/// The model server; it ends with the runtime.
pub struct Model {
    address: SocketAddr,
    board: Arc<Board>,
}

struct Board {
    tasks: Mutex<HashMap<u32, (Script, Times)>>,
    changes: watch::Sender<()>,
    released: watch::Sender<bool>,
}

impl Model {
    /// Starts the server on a free port of loopback.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let board = Arc::new(Board {
            tasks: Mutex::default(),
            changes: watch::Sender::new(()),
            released: watch::Sender::new(false),
        });
        let shared = board.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that goes away ends its connection; the measurement notices by itself.
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Ok(Self { address, board })
    }

    /// The base address for the configuration.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Says how a task will be answered.
    pub fn expect(&self, task: u32, script: Script) {
        self.board
            .with(|tasks| tasks.insert(task, (script, Times::default())));
    }

    /// Answers all that was held, and holds nothing any more.
    pub fn release(&self) {
        self.board.released.send_replace(true);
    }

    /// Holds again what scripts say is to be held.
    pub fn hold(&self) {
        self.board.released.send_replace(false);
    }

    /// The times of a task so far.
    pub fn times(&self, task: u32) -> Times {
        self.board
            .with(|tasks| tasks.get(&task).map(|(_, times)| times.clone()))
            .unwrap_or_default()
    }

    /// Waits until a task's request of that turn has arrived.
    pub async fn received(&self, task: u32, turn: u32) -> Result<Instant> {
        self.wait(|| self.times(task).received.get(&turn).copied())
            .await
    }

    /// Waits until a task's answer of that turn was sent.
    pub async fn answered(&self, task: u32, turn: u32) -> Result<Instant> {
        self.wait(|| self.times(task).answered.get(&turn).copied())
            .await
    }

    async fn wait(&self, found: impl Fn() -> Option<Instant>) -> Result<Instant> {
        let mut changes = self.board.changes.subscribe();
        loop {
            changes.borrow_and_update();
            if let Some(instant) = found() {
                return Ok(instant);
            }
            changes.changed().await?;
        }
    }
}

impl Board {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<u32, (Script, Times)>) -> T) -> T {
        work(&mut self.tasks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, task: u32, work: impl FnOnce(&mut Times)) -> Script {
        let script = self.with(|tasks| {
            let (script, times) = tasks.entry(task).or_default();
            work(times);
            *script
        });
        self.changes.send_replace(());
        script
    }
}

async fn serve(mut stream: TcpStream, board: Arc<Board>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(body) = read_request(&mut stream, &mut buffer).await? {
        let at = Instant::now();
        let (task, turn) = place(&serde_json::from_slice(&body)?)?;
        let script = board.note(task, |times| {
            times.received.insert(turn, at);
        });
        if !script.delay.is_zero() {
            tokio::time::sleep(script.delay).await;
        }
        if script.held_turn == Some(turn) {
            board
                .released
                .subscribe()
                .wait_for(|released| *released)
                .await?;
        }
        stream.write_all(answer(task, turn).as_bytes()).await?;
        let at = Instant::now();
        board.note(task, |times| {
            times.answered.insert(turn, at);
        });
    }
    Ok(())
}

/// The body of the next request, or nothing if the other end is done.
async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<Vec<u8>>> {
    loop {
        if let Some(start) = head_end(buffer) {
            let head = std::str::from_utf8(&buffer[..start])?;
            let length = content_length(head).context("a request without a length")?;
            while buffer.len() < start + length {
                stream.read_buf(buffer).await?;
            }
            let body = buffer[start..start + length].to_vec();
            buffer.drain(..start + length);
            return Ok(Some(body));
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// The task and the turn that a request is of.
fn place(request: &Value) -> Result<(u32, u32)> {
    let messages = request["messages"]
        .as_array()
        .context("a request without messages")?;
    let number = |message: &Value| {
        let text = message["content"].to_string();
        let (_, rest) = text.split_once(MARK)?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    let prompt = messages
        .iter()
        .rposition(|message| number(message).is_some());
    let prompt = prompt.context("a request without a task")?;
    let task = number(&messages[prompt]).unwrap_or_default();
    let results = messages[prompt..]
        .iter()
        .filter(|message| message["role"] == "tool");
    Ok((task, 1 + u32::try_from(results.count())?))
}

/// A whole answer as a stream of events: one shell call, or the end.
fn answer(task: u32, turn: u32) -> String {
    let (delta, reason) = if turn <= STEPS {
        let command = format!("echo step {turn} of task {task} >> steps.txt");
        let function =
            json!({ "name": "shell", "arguments": json!({ "command": command }).to_string() });
        let call = json!({ "index": 0, "id": format!("call_{task}_{turn}"), "type": "function", "function": function });
        (
            json!({ "role": "assistant", "content": null, "tool_calls": [call] }),
            "tool_calls",
        )
    } else {
        (
            json!({ "role": "assistant", "content": "All steps are done." }),
            "stop",
        )
    };
    let usage = json!({ "prompt_tokens": 1000, "completion_tokens": 20, "total_tokens": 1020 });
    let chunks = [
        chunk(
            &json!([{ "index": 0, "delta": delta, "finish_reason": null }]),
            &Value::Null,
        ),
        chunk(
            &json!([{ "index": 0, "delta": {}, "finish_reason": reason }]),
            &Value::Null,
        ),
        chunk(&json!([]), &usage),
        "data: [DONE]\n\n".to_owned(),
    ];
    let body = chunks.concat();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn chunk(choices: &Value, usage: &Value) -> String {
    let whole = json!({
        "id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 0, "model": "bench",
        "choices": choices, "usage": usage,
    });
    format!("data: {whole}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Connection, request};

    fn body(results: usize) -> String {
        let mut messages = vec![
            json!({ "role": "system", "content": "x" }),
            json!({ "role": "user", "content": [{ "type": "text", "text": "Do bench-task-7, please" }] }),
        ];
        messages.extend((0..results).map(|_| json!({ "role": "tool", "content": "ok" })));
        json!({ "messages": messages }).to_string()
    }

    #[tokio::test]
    async fn turns_follow_from_results_and_are_noted() {
        let model = Model::start().await.unwrap();
        let mut connection = Connection::open(model.address).await.unwrap();
        let mut ask = async |results| {
            let sent = request("POST", "/v1/chat/completions", "k", Some(&body(results)));
            String::from_utf8(connection.exchange(&sent).await.unwrap().body).unwrap()
        };
        assert!(ask(0).await.contains("echo step 1 of task 7"));
        assert!(ask(9).await.contains("echo step 10 of task 7"));
        assert!(ask(10).await.contains("All steps are done."));
        let times = model.times(7);
        assert_eq!(times.received.len(), 3);
        assert!(times.answered[&11] >= times.received[&11]);
        assert_eq!(model.received(7, 1).await.unwrap(), times.received[&1]);
    }

    #[tokio::test]
    async fn a_held_turn_waits_for_its_release() {
        let model = Model::start().await.unwrap();
        model.expect(
            7,
            Script {
                held_turn: Some(1),
                ..Script::default()
            },
        );
        let address = model.address;
        let asked = tokio::spawn(async move {
            let mut connection = Connection::open(address).await.unwrap();
            connection
                .exchange(&request("POST", "/", "k", Some(&body(0))))
                .await
                .unwrap()
                .status
        });
        model.received(7, 1).await.unwrap();
        assert!(model.times(7).answered.is_empty());
        model.release();
        assert_eq!(asked.await.unwrap(), 200);
        model.answered(7, 1).await.unwrap();
    }
}
