//! One file a subcommand: its options, and what it does.

pub mod archive;
pub mod artifacts;
pub mod completions;
pub mod delete;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod environment;
pub mod follow_up;
pub mod key;
pub mod launch;
pub mod list;
pub mod models;
pub mod openapi;
pub mod pr;
pub mod project;
pub mod reference;
pub mod repos;
pub mod secret;
pub mod secret_key;
pub mod serve;
pub mod show;
pub mod stop;
pub mod usage;
pub mod watch;
pub mod webhook;
