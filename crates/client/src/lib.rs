//! Typed HTTP client of an Outwork server: the command line's way to one.
//!
//! Speaks Outwork's own `/api/v1` for agents, runs, events, diffs and pull requests, the public Cursor v1
//! interface for launches, archive, usage, environments and secrets, and v0 for the rest. Owns its wire
//! types; prints nothing, reads no environment. The caller installs a TLS provider before the first
//! [`Client`] is made.

#![forbid(unsafe_code)]

mod account;
mod agent_list;
mod agents;
mod artifacts;
mod connection;
mod details;
mod environments;
mod error;
mod events;
mod launch;
mod mode;
mod pull_requests;
mod secrets;
mod sse;
mod usage;
mod watch;
mod webhooks;

pub use account::{Me, Repository};
pub use agent_list::{AgentPage, Archived, ListQuery, ListedAgent};
pub use agents::{Agent, AgentSource, AgentTarget, Conversation, Image, Message, PromptBody};
pub use artifacts::{Artifact, ArtifactLink};
pub use connection::Client;
pub use details::{AgentDetails, RepositoryDetails, RunDetails};
pub use environments::{CloudEnvironment, EnvironmentRepository, EnvironmentVersion};
pub use error::Error;
pub use events::{Event, EventBody, ToolCall, ToolResult, Usage};
pub use launch::{
    Launch, LaunchEnvironment, LaunchModel, LaunchRepository, Launched, PullRequestCreation,
    Readiness, Webhook,
};
pub use mode::Mode;
pub use pull_requests::{
    ForgePullRequest, ForgePullRequestQuery, ForgePullRequests, PullRequest, PullRequestQuery,
};
pub use secrets::{NewSecret, Secret, SecretOwner, SecretScope};
pub use usage::{AgentUsage, Cost, RunUsage, Tokens};
pub use watch::{EventStream, Until, Update, WatchOptions};
pub use webhooks::{Delivery, DeliveryAttempt, DeliveryQuery, NewWebhook, WebhookEndpoint};
