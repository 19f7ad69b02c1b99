//! What readers and programs learn about the API: `/openapi.json`, and `/docs` made from the same
//! document.

mod examples;
mod get_docs;
mod get_openapi;
mod operations;
mod page;
mod schemas;

use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::Routes;

/// The routes of the reference.
pub(crate) fn routes() -> Routes<App> {
    Routes::new()
        .routes(routes!(get_openapi::get_openapi))
        .routes(routes!(get_docs::get_docs))
}
