//! Where the agent loop's events go: the ledger, with streamed pieces collected for a moment.
//!
//! Pieces never wait and never overtake: an append takes along what has been collected before it.

use std::sync::Arc;

use async_trait::async_trait;
use outwork_agent::{Sink, SinkClosed};
use outwork_domain::limits::{DELTA_BYTES_MAX, DELTA_WAIT};
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
    /// The error that closed the sink.
    pub(super) closed: Option<outwork_store::Error>,
    _collector: AbortOnDropHandle<()>,
}

impl LedgerSink {
    /// A sink that writes under that fence.
    pub(super) fn new(ledger: Arc<dyn Ledger>, fence: Fence) -> Self {
        let (sender, receiver) = mpsc::channel(PIECES_MAX);
        let pieces = Arc::new(Mutex::new(receiver));
        let collector = tokio::spawn(collect(Arc::clone(&ledger), fence, Arc::clone(&pieces)));
        Self {
            ledger,
            fence,
            pieces,
            sender,
            closed: None,
            _collector: AbortOnDropHandle::new(collector),
        }
    }
}

#[async_trait]
impl Sink for LedgerSink {
    async fn append(&mut self, bodies: Vec<EventBody>) -> Result<(), SinkClosed> {
        // Holding the lock keeps the collector's own writes from landing behind this one.
        let mut pieces = self.pieces.lock().await;
        let mut all = take(&mut pieces);
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
        // A full channel means that the database is slower than the model: the piece may go.
        drop(self.sender.try_send(piece));
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
mod tests {
    use super::*;

    #[test]
    fn pieces_of_one_kind_become_one_row() {
        let (sender, mut receiver) = mpsc::channel(8);
        let text = |turn, text: &str| EventBody::TextDelta {
            turn,
            text: text.into(),
        };
        for piece in [text(1, "a"), text(1, "b"), text(2, "c")] {
            sender.try_send(piece).unwrap();
        }
        assert_eq!(take(&mut receiver), [text(1, "ab"), text(2, "c")]);
    }

    #[test]
    fn rows_stay_small() {
        let (sender, mut receiver) = mpsc::channel(8);
        let long = EventBody::TextDelta {
            turn: 1,
            text: "x".repeat(DELTA_BYTES_MAX),
        };
        sender.try_send(long.clone()).unwrap();
        sender.try_send(long).unwrap();
        assert_eq!(take(&mut receiver).len(), 2);
    }
}
