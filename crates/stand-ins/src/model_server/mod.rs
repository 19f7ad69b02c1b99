//! A scripted model server on loopback: three wire forms, streamed, with faults on demand.
//!
//! It is stateless: the turn follows from the answers behind the script in the prompt, so a run that
//! resumes simply goes on. Each transcript is checked by the provider's rules and a broken one gets
//! 400. Every request is logged with the moment of its full receipt.

mod check_chat;
mod check_messages;
mod check_responses;
mod recorded;
mod script;
mod serve;
mod stream_chat;
mod stream_messages;
mod stream_responses;
mod transcript;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use crate::http::{Ending, Reply};
pub use recorded::Recorded;
pub use script::{Call, Fault, Order, Script, Stop, Turn, UsageFigures};

use crate::log::Log;
use serve::Shared;

/// A wire form that the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `OpenAI` chat completions, `POST …/chat/completions`.
    Chat,
    /// `OpenAI` responses, `POST …/responses`.
    Responses,
    /// Anthropic messages, `POST …/messages`.
    Messages,
}

/// How much work the server does for each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// Keeps and hashes each body and checks each transcript.
    Full,
    /// Keeps times and sizes only, so that it costs a benchmark as little as possible.
    Times,
}

/// A running server; it stops when it is dropped.
#[derive(Debug)]
pub struct ModelServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl ModelServer {
    /// Starts a server that checks and keeps everything.
    ///
    /// # Errors
    ///
    /// If no port of the loopback can be had.
    pub async fn start() -> io::Result<Self> {
        Self::with_care(Care::Full).await
    }

    /// Starts a server that does as much as it is told for each request.
    ///
    /// # Errors
    ///
    /// If no port of the loopback can be had.
    pub async fn with_care(care: Care) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(care));
        let accepting = tokio::spawn(serve::accept(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            accepting,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base address that a client is configured with.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Refuses requests with another key than this from now on.
    pub fn require_key(&self, key: &str) {
        self.shared.require_key(key);
    }

    /// Plays a script for prompts that bring none.
    pub fn play(&self, script: Script) {
        self.shared.play(script);
    }

    /// Answers the next request that has no other reply waiting with this one.
    pub fn reply_next(&self, reply: Reply) {
        self.shared.push_reply(reply);
    }

    /// The requests so far, in the order of their receipt.
    #[must_use]
    pub fn requests(&self) -> Vec<Arc<Recorded>> {
        self.log().all()
    }

    /// Waits until so many requests have been received in full.
    pub async fn wait_for(&self, count: usize) -> Vec<Arc<Recorded>> {
        self.log().wait_for(count).await
    }

    /// How many requests were received.
    #[must_use]
    pub fn request_count(&self) -> usize {
        self.log().count()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.log().forget();
    }

    fn log(&self) -> &Log<Recorded> {
        self.shared.log()
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
