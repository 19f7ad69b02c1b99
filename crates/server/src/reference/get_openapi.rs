//! `GET /openapi.json`: the description of every route, for programs.

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::errors::Failure;
use crate::reply::{Answer, typed};

/// Gives this document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    responses((status = 200, description = "OpenAPI 3.1.", body = Object)),
)]
pub(super) async fn get_openapi(State(app): State<App>) -> Answer {
    let text = app.description().text().map_err(Failure::internal)?;
    Ok(typed(StatusCode::OK, "application/json", text))
}
