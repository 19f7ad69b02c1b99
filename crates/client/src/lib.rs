//! Typed HTTP client of an Outwork server: the command line's way to one.
//!
//! Speaks the public Cursor v0 interface where it has a word for the matter, and Outwork's own
//! `/api/v1` for runs, events, diffs and pull requests. Owns its wire types; prints nothing, reads
//! no environment. The caller installs a TLS provider before the first [`Client`] is made.

#![forbid(unsafe_code)]

mod account;
mod agents;
mod artifacts;
mod connection;
mod details;
mod error;
mod events;
mod pull_requests;
mod sse;
mod watch;
mod webhooks;

pub use account::{Me, Repository};
pub use agents::{
    Agent, AgentPage, AgentSource, AgentTarget, Conversation, Image, Launch, LaunchSource,
    LaunchTarget, ListQuery, Message, PromptBody, PullRequestCreation, Readiness, Webhook,
};
pub use artifacts::{Artifact, ArtifactLink};
pub use connection::Client;
pub use details::{AgentDetails, RepositoryDetails, RunDetails};
pub use error::Error;
pub use events::{Event, EventBody, ToolCall, ToolResult, Usage};
pub use pull_requests::{PullRequest, PullRequestQuery};
pub use watch::{EventStream, Until, Update, WatchOptions};
pub use webhooks::{Delivery, DeliveryAttempt, DeliveryQuery, NewWebhook, WebhookEndpoint};
