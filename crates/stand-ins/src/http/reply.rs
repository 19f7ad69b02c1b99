//! What goes back over the connection: status, body, and how it goes wrong on the way.

use std::time::Duration;

use serde::Deserialize;

/// How an answer that is cut ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The connection is closed.
    #[default]
    Close,
    /// The connection is reset.
    Reset,
    /// Nothing more comes, and the connection stays open.
    Silence,
    /// The body ends in order, as if it were complete.
    Clean,
}

/// An answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) delay: Duration,
    pub(crate) chunk_bytes: Option<usize>,
    pub(crate) pause: Duration,
    pub(crate) cut_after: Option<(usize, Ending)>,
}

impl Reply {
    /// A stream of server-sent events with exactly these bytes.
    #[must_use]
    pub fn stream(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "text/event-stream", body.into())
    }

    /// A status with a JSON body.
    #[must_use]
    pub fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, "application/json", body.into())
    }

    /// No answer at all: the request is read, and then this happens.
    #[must_use]
    pub fn nothing(ending: Ending) -> Self {
        let mut reply = Self::new(0, "", Vec::new());
        reply.cut_after = Some((0, ending));
        reply
    }

    fn new(status: u16, kind: &str, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body,
            delay: Duration::ZERO,
            chunk_bytes: None,
            pause: Duration::ZERO,
            cut_after: None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Ends after so many bytes of the body.
    #[must_use]
    pub const fn cut_after(mut self, bytes: usize, ending: Ending) -> Self {
        self.cut_after = Some((bytes, ending));
        self
    }

    /// Sends so many bytes at a time, with a pause between them.
    #[must_use]
    pub const fn in_chunks(mut self, bytes: usize, pause: Duration) -> Self {
        self.chunk_bytes = Some(bytes);
        self.pause = pause;
        self
    }

    /// Waits before the first byte.
    #[must_use]
    pub const fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}
