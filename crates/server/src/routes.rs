//! All routes on one screen, and what answers where there is none.

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::routing::get;
use outwork_engine::Engine;

use crate::app::App;
use crate::errors::Failure;
use crate::observe::observe;
use crate::options::ServerOptions;
use crate::{artifact_files, cursor_v0, cursor_v1, health, native, pages};

/// Builds the routes of all dialects, of our own API and of the pages.
///
/// Body limits, panics, request ids and the shapes of failures are taken care of inside; the caller
/// only serves it.
pub fn router(engine: Engine, options: ServerOptions) -> Router {
    Router::new()
        .merge(cursor_v0::routes())
        .merge(cursor_v1::routes())
        .merge(native::routes())
        .merge(pages::routes())
        .route("/artifacts/{agent}/{*path}", get(artifact_files::download))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(pages::built_file)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(observe))
        .with_state(App::new(engine, options))
}

async fn method_not_allowed() -> Failure {
    let message = "This route does not know that method";
    Failure::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        message,
    )
}
