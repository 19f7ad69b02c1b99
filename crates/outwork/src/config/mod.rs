//! What the server is told: flag over environment over file over default.
//!
//! clap reads flags and environment into [`Flags`]; the file is read here; [`Settings`] is what all of
//! it comes to. Only the wiring turns settings into the options of components.

mod dialects;
mod egress;
mod emails;
mod file;
mod flags;
mod forges;
mod hosts;
mod isolation;
mod limits;
mod models;
mod outbound;
mod own_secrets;
mod paths;
mod projects;
mod pull_requests;
mod secret_key;
mod settings;
mod webhooks;

pub use file::{CoAuthorChoice, OtherHostsChoice, RuleChoice};
pub use flags::{Flags, StorageFlags};
pub use forges::{ForgeKind, ForgeSettings, Listening};
pub use hosts::PlainHttpChoice;
pub use isolation::{IsolationSettings, LimitsChoice};
pub use projects::{ProjectSection, PullRequestChoice};
pub use secret_key::{SecretKeyPlace, read as read_secret_key};
pub use settings::{
    DatabaseChoice, GitSettings, RunSettings, Settings, Storage, configured_local_repos,
    configured_projects,
};
