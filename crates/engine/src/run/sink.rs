//! Where the agent loop's events go: the ledger, with streamed pieces collected for a moment.
//!
//! Pieces never wait and never overtake: an append takes along what has been collected before it. Before
//! they are collected, the values of secrets are taken out, also where they are spread over pieces.

use std::sync::Arc;

use async_trait::async_trait;
use outwork_agent::{Sink, SinkClosed};
use outwork_domain::limits::{DELTA_BYTES_MAX, DELTA_WAIT};
use outwork_domain::redact::{RedactedStream, Redactor};
use outwork_domain::{EventBody, Fence};
use tokio::sync::{Mutex, mpsc};
use tokio_util::task::AbortOnDropHandle;

use crate::ledger::Ledger;

/// How many pieces may wait for the collector before further ones are dropped; the complete text
/// follows anyway.
const PIECES_MAX: usize = 4_096;

/// The sink of one attempt.
pub(super) struct LedgerSink {
    ledger: Arc<dyn Ledger>,
    fence: Fence,
    pieces: Arc<Mutex<mpsc::Receiver<EventBody>>>,
    sender: mpsc::Sender<EventBody>,
    redactor: Redactor,
    streams: Vec<(EventBody, RedactedStream)>,
    /// The error that closed the sink.
    pub(super) closed: Option<outwork_store::Error>,
    _collector: AbortOnDropHandle<()>,
}

impl LedgerSink {
    /// A sink that writes under that fence.
    pub(super) fn new(ledger: Arc<dyn Ledger>, fence: Fence, redactor: Redactor) -> Self {
        let (sender, receiver) = mpsc::channel(PIECES_MAX);
        let pieces = Arc::new(Mutex::new(receiver));
        let collector = tokio::spawn(collect(Arc::clone(&ledger), fence, Arc::clone(&pieces)));
        Self {
            ledger,
            fence,
            pieces,
            sender,
            redactor,
            streams: Vec::new(),
            closed: None,
            _collector: AbortOnDropHandle::new(collector),
        }
    }

    /// What of a piece can be shown by now; nothing if all of it may still become a secret.
    fn redacted(&mut self, mut piece: EventBody) -> Option<EventBody> {
        if self.redactor.is_empty() {
            return Some(piece);
        }
        let Some(text) = piece_text(&mut piece) else {
            return Some(piece);
        };
        let text = std::mem::take(text);
        // What is left of the piece names the stream that it belongs to.
        let known = self.streams.iter().position(|(key, _)| *key == piece);
        let at = known.unwrap_or_else(|| {
            self.streams.push((piece.clone(), self.redactor.stream()));
            self.streams.len() - 1
        });
        let stream = &mut self.streams[at].1;
        let shown = if matches!(piece, EventBody::ToolOutput { .. }) {
            stream.push_cut(&text)
        } else {
            stream.push(&text)
        };
        filled(piece, shown)
    }

    /// What was held back of thinking, when it is complete.
    fn held_thinking(&mut self) -> Vec<EventBody> {
        let thinks = |(key, _): &mut (EventBody, _)| matches!(key, EventBody::ThinkingDelta { .. });
        let streams = self.streams.extract_if(.., thinks);
        streams
            .filter_map(|(key, mut stream)| filled(key, stream.finish()))
            .collect()
    }

    /// What was held back of what the model says, when its turn is complete, as `bodies` tell.
    ///
    /// Of a tool's output and of a turn that broke off, the pieces may end within a value: what was held back may
    /// be all but the end of it, and is not shown. An output whose call goes on is held further.
    fn held(&mut self, bodies: &[EventBody]) -> Vec<EventBody> {
        let is_broken = |body: &EventBody| matches!(body, EventBody::TurnRestarted { .. });
        let is_broken = bodies.iter().any(is_broken);
        let mut held = Vec::new();
        for (key, mut stream) in std::mem::take(&mut self.streams) {
            if let EventBody::ToolOutput { call_id, .. } = &key {
                if !bodies.iter().any(|body| ends(body, call_id)) {
                    self.streams.push((key, stream));
                }
            } else if !is_broken {
                held.extend(filled(key, stream.finish()));
            }
        }
        held
    }
}

/// Whether that is the end of a call.
fn ends(body: &EventBody, call: &str) -> bool {
    matches!(body, EventBody::ToolFinished { call_id, .. } if call_id == call)
}

/// The text of a streamed piece.
fn piece_text(piece: &mut EventBody) -> Option<&mut String> {
    if let EventBody::TextDelta { text, .. }
    | EventBody::ThinkingDelta { text, .. }
    | EventBody::ToolOutput { text, .. } = piece
    {
        return Some(text);
    }
    None
}

fn filled(mut piece: EventBody, text: String) -> Option<EventBody> {
    if text.is_empty() {
        return None;
    }
    *piece_text(&mut piece)? = text;
    Some(piece)
}

#[async_trait]
impl Sink for LedgerSink {
    async fn append(&mut self, bodies: Vec<EventBody>) -> Result<(), SinkClosed> {
        // Holding the lock keeps the collector's own writes from landing behind this one.
        let held = self.held(&bodies);
        let mut pieces = self.pieces.lock().await;
        let mut all = take(&mut pieces);
        all.extend(held);
        all.extend(bodies);
        match self.ledger.append(&self.fence, all).await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.closed = Some(error);
                Err(SinkClosed)
            }
        }
    }

    fn stream(&mut self, piece: EventBody) {
        if let EventBody::ThinkingEnded { .. } = piece {
            for held in self.held_thinking() {
                drop(self.sender.try_send(held));
            }
        }
        if let Some(piece) = self.redacted(piece) {
            // A full channel means that the database is slower than the model: the piece may go.
            drop(self.sender.try_send(piece));
        }
    }
}

async fn collect(
    ledger: Arc<dyn Ledger>,
    fence: Fence,
    pieces: Arc<Mutex<mpsc::Receiver<EventBody>>>,
) {
    loop {
        tokio::time::sleep(DELTA_WAIT).await;
        let mut receiver = pieces.lock().await;
        let batch = take(&mut receiver);
        if batch.is_empty() {
            continue;
        }
        // A stale fence is noticed by the next append; pieces have nobody to tell.
        if let Err(error) = ledger.append_deltas(&fence, batch).await {
            tracing::debug!(%error, "streamed pieces were not stored");
        }
    }
}

fn take(receiver: &mut mpsc::Receiver<EventBody>) -> Vec<EventBody> {
    let mut batch: Vec<EventBody> = Vec::new();
    while let Ok(piece) = receiver.try_recv() {
        if !batch.last_mut().is_some_and(|last| join(last, &piece)) {
            batch.push(piece);
        }
    }
    batch
}

/// Puts a piece behind one of the same kind, if the result stays small enough for one row.
fn join(last: &mut EventBody, piece: &EventBody) -> bool {
    let (text, more) = match (last, piece) {
        (
            EventBody::TextDelta { turn, text },
            EventBody::TextDelta {
                turn: same,
                text: more,
            },
        )
        | (
            EventBody::ThinkingDelta { turn, text },
            EventBody::ThinkingDelta {
                turn: same,
                text: more,
            },
        ) if turn == same => (text, more),
        (
            EventBody::ToolOutput { call_id, text },
            EventBody::ToolOutput {
                call_id: same,
                text: more,
            },
        ) if call_id == same => (text, more),
        _ => return false,
    };
    if text.len() + more.len() > DELTA_BYTES_MAX {
        return false;
    }
    text.push_str(more);
    true
}

#[cfg(test)]
mod tests;
