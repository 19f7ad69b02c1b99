//! The Cursor Cloud Agents API v1: a durable agent, and one run for each prompt.
//!
//! Names, presence of fields, statuses and codes are fixed by the API's public specification. One file
//! a verb; what several verbs share is a file of its own.

use axum::Router;

use crate::app::App;

/// All routes of v1.
pub(crate) fn routes() -> Router<App> {
    Router::new()
}
