//! `GET /docs`: the same description for people; nothing is loaded and nothing runs.

use axum::extract::State;
use axum::http::StatusCode;

use super::page::{STYLE, write_page};
use crate::app::App;
use crate::errors::Failure;
use crate::pages::{protect, style_only};
use crate::reply::{Answer, typed};

/// Shows this document as a page.
#[utoipa::path(
    get,
    path = "/docs",
    responses((status = 200, description = "A page.", body = String, content_type = "text/html")),
)]
pub(super) async fn get_docs(State(app): State<App>) -> Answer {
    let document = app.description().document().map_err(Failure::internal)?;
    let text = app
        .reference_page()
        .get_or_init(|| write_page(document, app.engine().public_url()).into())
        .clone();
    let mut response = typed(StatusCode::OK, "text/html; charset=utf-8", text);
    protect(&mut response, &style_only(STYLE));
    Ok(response)
}
