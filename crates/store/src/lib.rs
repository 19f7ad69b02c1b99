//! The database: every table, every query, every transaction. SQLite and PostgreSQL from one SQL text.
//!
//! Owns durability, the order of an agent's events, leases and fencing. Leaves to the engine when to do
//! what, and to the domain which state follows which. Nothing outside this crate contains SQL.

#![forbid(unsafe_code)]

pub mod accounts;
pub mod agent_search;
pub mod agents;
mod announcer;
pub mod artifacts;
pub mod attempts;
mod bells;
pub mod change_sets;
mod database;
pub mod deliveries;
pub mod environments;
mod error;
pub mod events;
pub mod forge_issues;
pub mod forge_pages;
pub mod forge_pull_requests;
pub mod guidance;
mod hundred;
pub mod incoming_hooks;
pub mod keys;
mod lock;
mod migrations;
mod new_id;
pub mod projects;
pub mod pull_requests;
pub mod receipts;
mod rows;
pub mod runs;
mod sealer;
pub mod sealing;
mod sealing_key;
mod sealing_keys;
pub mod secrets;
pub mod sessions;
mod sqlite;
mod store;
mod transaction;
pub mod usage;
pub mod user_secrets;
pub mod variables;
pub mod webhooks;
pub mod workspaces;
mod writer;

pub use agent_search::{AgentFilter, AgentsOf, Facets, ModelUsage, Order, SearchPlace, SortBy};
pub use agents::{AgentView, Archived, ListFilter, RepositoryChange};
pub use announcer::Announce;
pub use change_sets::ChangeSet;
pub use database::Read;
pub use deliveries::{DeliveryFilter, Noted, Outgoing, Receiver, Settlement};
pub use error::Error;
pub use forge_pages::ForgePage;
pub use forge_pull_requests::{ForgePullRequestFilter, ForgePullRequestPlace, ListedPullRequest};
/// The future that the work of a transaction is: `Box::pin(async move { … })`.
pub use futures::future::BoxFuture;
pub use incoming_hooks::{ClaimedHook, IncomingHook, NewIncomingHook, Received};
pub use keys::KeySecret;
pub use new_id::new_id;
pub use pull_requests::NewPullRequest;
pub use receipts::{KeyedRequest, Reply};
pub use runs::{
    Announcement, Bases, Claim, ClaimWish, Claimed, Damaged, Fate, Guard, Lapsed, NewRun, Standing,
    Transition, WorkerId,
};
pub use sealer::Sealer;
pub use sealing_key::{InvalidSealingKey, SealingKey, SealingKeyId};
pub use sessions::{Session, SessionSecret};
pub use store::{Database, Store};
pub use transaction::{Reader, Tx};
pub use user_secrets::{SecretFilter, SecretScope};
pub use workspaces::WorkspaceLease;
