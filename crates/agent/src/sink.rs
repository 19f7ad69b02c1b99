//! Where the loop's events go.
//!
//! [`Sink::append`] is durable before it returns and keeps the order; [`Sink::stream`] takes what is
//! nice to see early and may be lost: deltas of answers and output of running commands.

use async_trait::async_trait;
use outwork_domain::EventBody;

/// The sink takes no more events: the attempt has lost its lease, or the run was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event sink is closed")]
pub struct SinkClosed;

/// Takes the events of a run.
#[async_trait]
pub trait Sink: Send {
    /// Appends events, all or none, and returns once they are durable.
    ///
    /// # Errors
    ///
    /// [`SinkClosed`] if nothing was and nothing more will be appended.
    async fn append(&mut self, events: Vec<EventBody>) -> Result<(), SinkClosed>;

    /// Takes a delta; never waits.
    fn stream(&mut self, event: EventBody);
}
