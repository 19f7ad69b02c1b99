//! The events of a stream, one after the other.

use std::time::Duration;

use axum::body::BodyDataStream;
use futures::StreamExt;
use serde_json::Value;

use super::{Ask, Server};

/// Far beyond what any wait takes; only a hang reaches it.
const DEADLINE: Duration = Duration::from_secs(20);

/// A stream that is being read.
pub struct Frames {
    body: BodyDataStream,
    buffer: String,
}

impl Frames {
    /// Opens a stream.
    pub async fn open(server: &Server, ask: Ask) -> Self {
        let response = server
            .send(ask.header("accept", "text/event-stream").request())
            .await;
        let (status, headers) = (response.status(), response.headers());
        assert_eq!(status, 200);
        assert_eq!(headers["content-type"], "text/event-stream");
        Self {
            body: response.into_body().into_data_stream(),
            buffer: String::new(),
        }
    }

    /// The next event's object, or none at the end; its lines must agree with it.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let frame = self.frame().await?;
            let field = |name: &str| {
                let line = frame.lines().find_map(|line| line.strip_prefix(name));
                line.map(|value| value.trim_start().to_owned())
            };
            let Some(data) = field("data:") else {
                continue;
            };
            let event: Value = serde_json::from_str(&data).unwrap();
            assert_eq!(field("id:").unwrap(), event["seq"].to_string());
            assert_eq!(field("event:").unwrap(), event["type"]);
            return Some(event);
        }
    }

    /// All events up to the end of the stream.
    pub async fn rest(mut self) -> Vec<Value> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }

    async fn frame(&mut self) -> Option<String> {
        loop {
            if let Some((frame, rest)) = self.buffer.split_once("\n\n") {
                let frame = frame.to_owned();
                self.buffer = rest.to_owned();
                return Some(frame);
            }
            let chunk = tokio::time::timeout(DEADLINE, self.body.next())
                .await
                .unwrap();
            self.buffer
                .push_str(std::str::from_utf8(&chunk?.unwrap()).unwrap());
        }
    }
}
