//! `/healthz`, `/readyz`, `/metrics`: for supervisors and scrapers, without a key.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::errors::Failure;
use crate::reply::{Answer, typed};

/// The process answers.
pub(crate) async fn healthz() -> Response {
    typed(StatusCode::OK, "text/plain; charset=utf-8", "ok\n")
}

/// The store reads and writes, and the server is not about to stop.
pub(crate) async fn readyz(State(app): State<App>) -> Answer {
    if app.options().shutdown.is_cancelled() {
        return Err(Failure::unavailable("shutting down"));
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

/// The figures of this process.
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    let text = (app.options().metrics)();
    typed(
        StatusCode::OK,
        "text/plain; version=0.0.4; charset=utf-8",
        text,
    )
}
