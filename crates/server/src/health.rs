//! `/healthz`, `/readyz`, `/metrics`: for supervisors and scrapers, without a key.

use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::routes;

use crate::app::App;
use crate::errors::Failure;
use crate::openapi::Routes;
use crate::reply::{Answer, typed};

/// What supervisors and scrapers ask.
pub(crate) fn routes() -> Routes<App> {
    Routes::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
}

/// Tells that the process answers.
#[utoipa::path(
    get,
    path = "/healthz",
    responses((status = 200, description = "`ok`", body = String, content_type = "text/plain")),
)]
async fn healthz() -> Response {
    typed(StatusCode::OK, "text/plain; charset=utf-8", "ok\n")
}

/// Tells that the store reads and writes, that runs can begin, and that the server is not about to stop.
#[utoipa::path(
    get,
    path = "/readyz",
    responses(
        (status = 200, description = "`ready`", body = String, content_type = "text/plain"),
        (status = 503, description = "Not at present."),
    ),
)]
async fn readyz(State(app): State<App>) -> Answer {
    if app.options().shutdown.is_cancelled() {
        return Err(Failure::unavailable("shutting down"));
    }
    if !app.options().working.load(Ordering::Relaxed) {
        // Expected for a moment after each start, and so no fault.
        return Err(Failure {
            fault: None,
            ..Failure::unavailable("the sandbox is being tried")
        });
    }
    app.readiness()
        .ask(app.store())
        .await
        .map_err(Failure::unavailable)?;
    Ok(typed(
        StatusCode::OK,
        "text/plain; charset=utf-8",
        "ready\n",
    ))
}

/// Gives the figures of this process for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    responses((status = 200, description = "Figures.", body = String, content_type = "text/plain")),
)]
async fn metrics(State(app): State<App>) -> Response {
    let text = (app.options().metrics)();
    typed(
        StatusCode::OK,
        "text/plain; version=0.0.4; charset=utf-8",
        text,
    )
}
