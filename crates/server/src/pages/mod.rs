//! What people see in a browser: the built web page, and pull requests as plain HTML.

mod built;
mod pull_request;
mod pull_request_files;

use axum::Router;
use axum::routing::get;

use crate::app::App;

pub(crate) use built::{built_file, protect};
pub(crate) use pull_request::style_only;

/// All routes of the pages; built files are found by the fallback.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(built::start_page))
        .route("/agents", get(built::whole_page))
        .route("/launch", get(built::whole_page))
        .route("/settings", get(built::whole_page))
        .route("/settings/{section}", get(built::settings_page))
        .route("/agents/{id}", get(built::agent_page))
        .route("/pulls/{name}", get(pull_request_files::get_pull_request))
}
