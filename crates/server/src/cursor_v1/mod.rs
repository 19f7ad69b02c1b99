//! The Cursor Cloud Agents API v1: a durable agent, and one run for each prompt.
//!
//! Names, presence of fields, statuses and codes are fixed by the API's public specification. One file
//! a verb; what several verbs share is a file of its own.

mod path;
mod status;
mod stream;

use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::Routes;

/// All routes of v1.
pub(crate) fn routes() -> Routes<App> {
    Routes::new().routes(routes!(stream::stream_run::stream_run))
}
