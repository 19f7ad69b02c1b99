//! HTTP: the dialects that clients speak, authentication, streams, the pages.
//!
//! Only this crate knows statuses, headers and wire JSON. Whatever a request asks for is a command of
//! the engine or a read of the store; whatever fails becomes one `errors::Failure`, which the
//! outermost layer writes in the shape of the dialect that was asked.

#![forbid(unsafe_code)]

mod about;
mod activities;
mod app;
mod artifact_files;
mod auth;
mod body;
mod body_room;
mod compressed;
mod count_requests;
mod cursor;
mod cursor_v0;
mod cursor_v1;
mod dialects;
mod encoding;
mod errors;
mod feed;
mod findings;
mod follower;
mod forge_hooks;
mod health;
mod image;
mod jules;
mod keys;
mod links;
mod mintlify;
mod mode;
mod native;
mod observe;
mod once;
mod openapi;
mod options;
mod page;
mod pages;
mod path;
mod prompt;
mod pull_request_wish;
mod query;
mod rate_limit;
mod reach;
mod readiness;
mod reference;
mod reply;
mod routes;
mod serve;
mod session_cookie;
mod strict;
mod surface;
mod watched_key;
mod webhook;
mod wire;

pub use about::{Examine, Finding, Health, OwnWorker};
pub use dialects::{Dialects, Switch};
pub use options::ServerOptions;
pub use rate_limit::{InvalidWindow, Period, RateLimitOptions, Window};
pub use routes::{openapi, router};
pub use serve::serve;
