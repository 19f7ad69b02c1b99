//! What answers: one request in, one whole answer out, pieces of it on the way.
//!
//! A model is asked once per call of [`Model::answer`]; repeating, waiting and giving up are the
//! loop's matter, which is why the errors say what may be done and not which library failed.

use std::time::Duration;

use async_trait::async_trait;
use outwork_domain::{Effort, RunMode, StopReason, TokenUsage, ToolCall, ToolDefinition};

use crate::{Message, Thought};

/// What a model is asked.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The system prompt.
    pub system: &'a str,
    /// The conversation; every call in it has exactly one result.
    pub messages: &'a [Message],
    /// The tools that it may call.
    pub tools: &'a [ToolDefinition],
    /// How hard it is to think; as it is configured if absent.
    pub effort: Option<Effort>,
    /// Whether it may change something.
    pub mode: RunMode,
}

/// A piece of an answer while it streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delta {
    /// Of its text.
    Text(String),
    /// Of its thinking.
    Thinking(String),
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Its thinking, in order.
    pub thinking: Vec<Thought>,
    /// Its text.
    pub text: String,
    /// Its tool calls, in order; arguments that are no JSON come as a JSON string.
    pub calls: Vec<ToolCall>,
    /// Why it ended.
    pub stop: StopReason,
    /// What it cost, if the provider said so.
    pub usage: Option<TokenUsage>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Busy or away; asking later may help.
    #[error("{reason}")]
    Busy {
        /// What it said.
        reason: String,
        /// The wait that it asked for.
        retry_after: Option<Duration>,
    },
    /// The answer broke off; asking again may help.
    #[error("{reason}")]
    Broken {
        /// What broke.
        reason: String,
    },
    /// The conversation does not fit the model.
    #[error("{reason}")]
    TooLong {
        /// What it said.
        reason: String,
    },
    /// The provider refuses our key, or it has no credit.
    #[error("{reason}")]
    Auth {
        /// What it said, without the key.
        reason: String,
    },
    /// The provider refuses the request as such.
    #[error("{reason}")]
    Rejected {
        /// What it said.
        reason: String,
    },
    /// A block of the `script` model failed.
    #[error("{report}")]
    ScriptFailed {
        /// Which block, how it ended, and its output.
        report: String,
    },
}

/// Whether a model can go astray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// It may loop, fall silent or outgrow its context, so the loop watches over it.
    Free,
    /// It does what its script says, however often that repeats itself.
    Scripted,
}

/// Answers requests.
#[async_trait]
pub trait Model: Send + Sync {
    /// Asks once; `deltas` gets pieces of the answer while it streams.
    ///
    /// # Errors
    ///
    /// [`ModelError`] says whether asking again may help.
    async fn answer(
        &self,
        request: &Request<'_>,
        deltas: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<Answer, ModelError>;

    /// Tells how many tokens fit into a conversation.
    fn context_tokens(&self) -> u64;

    /// Tells whether it can be asked to think harder.
    fn takes_effort(&self) -> bool {
        true
    }

    /// Tells whether the loop has to watch over it.
    fn conduct(&self) -> Conduct {
        Conduct::Free
    }
}
