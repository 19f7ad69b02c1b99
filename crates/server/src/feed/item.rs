//! An event on its way to streams, with what it was written as.

use std::future::Future;

use bytes::Bytes;
use outwork_domain::Event;
use tokio::sync::OnceCell;

/// In which form a stream wants events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Our own API's.
    Native,
    /// The frames of the Cursor Cloud Agents API v1.
    CursorV1,
}

/// An event that any number of streams may hold at once.
#[derive(Debug)]
pub(crate) struct Item {
    /// The event.
    pub(crate) event: Event,
    /// The bytes that its body is stored in.
    pub(crate) weight: usize,
    native: OnceCell<Bytes>,
    cursor_v1: OnceCell<Bytes>,
}

impl Item {
    pub(crate) fn new((event, weight): (Event, usize)) -> Self {
        Self {
            event,
            weight,
            native: OnceCell::new(),
            cursor_v1: OnceCell::new(),
        }
    }

    /// The event as bytes of that form; `write` is asked the first time only.
    pub(crate) async fn bytes<E, W>(
        &self,
        form: Form,
        write: impl FnOnce() -> W,
    ) -> Result<Bytes, E>
    where
        W: Future<Output = Result<Bytes, E>>,
    {
        let cell = match form {
            Form::Native => &self.native,
            Form::CursorV1 => &self.cursor_v1,
        };
        cell.get_or_try_init(write).await.cloned()
    }
}
