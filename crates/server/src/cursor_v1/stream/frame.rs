//! Frames as the clients of v1 read them: LF only, exactly one space behind the colon, one line of JSON.

use serde::Serialize;

use super::event_id::EventId;
use crate::errors::Failure;

/// Sent when nothing else was for a while.
pub(super) const HEARTBEAT: &[u8] = b"event: heartbeat\ndata: {}\n\n";
/// Sent when the server stops: after so many milliseconds it is worth to come back.
pub(super) const RETRY: &[u8] = b"retry: 1000\n\n";

/// Frames that are being written.
#[derive(Debug, Default)]
pub(super) struct Frames(Vec<u8>);

impl Frames {
    /// Writes a frame.
    pub(super) fn push(
        &mut self,
        id: Option<EventId>,
        event: &str,
        data: &impl Serialize,
    ) -> Result<(), Failure> {
        if let Some(id) = id {
            self.0.extend_from_slice(format!("id: {id}\n").as_bytes());
        }
        let head = format!("event: {event}\ndata: ");
        self.0.extend_from_slice(head.as_bytes());
        // JSON has no line break of its own, so the data are one line.
        serde_json::to_writer(&mut self.0, data)
            .map_err(|error| Failure::internal(format!("a frame cannot be written: {error}")))?;
        self.0.extend_from_slice(b"\n\n");
        Ok(())
    }

    /// The bytes of all frames.
    pub(super) fn into_bytes(self) -> bytes::Bytes {
        self.0.into()
    }
}
