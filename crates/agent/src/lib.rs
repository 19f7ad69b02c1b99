//! The agent loop: a model and tools in, a typed outcome out.
//!
//! [`run_loop`] is a plain `async fn` over a [`Model`], an [`Environment`], a [`Sink`] and a budget.
//! It knows nothing of databases, sandboxes or HTTP servers; whoever calls it implements the traits.
//! The model providers live here too, behind the same trait as the `script` model.

#![forbid(unsafe_code)]

mod conversation;
mod environment;
mod error;
mod model;
mod models;
mod options;
mod provider;
mod rebuild;
mod repair;
mod run;
mod script;
mod sink;
mod system_prompt;
mod thought;

pub use conversation::{CallResult, Conversation, Message, PromptImage};
pub use environment::{Environment, EnvironmentLost};
pub use error::Error;
pub use model::{Answer, Conduct, Delta, Model, ModelError, Request};
pub use models::Models;
pub use options::{ModelOptions, Provider, UnknownProvider};
pub use provider::Timeouts;
pub use rebuild::spending_of;
pub use run::{Interrupted, Outcome, Start, run_loop};
pub use script::Script;
pub use sink::{Sink, SinkClosed};
pub use system_prompt::{BriefedRepository, Briefing, Instructions};
pub use thought::Thought;
