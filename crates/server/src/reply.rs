//! Answers: JSON built once as bytes, texts, and the headers that go with them.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

use crate::errors::Failure;

/// What handlers give.
pub(crate) type Answer = Result<Response, Failure>;

const BODY_BYTES_USUAL: usize = 768;

/// A JSON body, 200.
pub(crate) fn json(body: &impl Serialize) -> Answer {
    json_with(StatusCode::OK, body)
}

/// A JSON body under a status.
pub(crate) fn json_with(status: StatusCode, body: &impl Serialize) -> Answer {
    let mut bytes = Vec::with_capacity(BODY_BYTES_USUAL);
    serde_json::to_writer(&mut bytes, body)
        .map_err(|error| Failure::internal(format!("a body cannot be written: {error}")))?;
    Ok(typed(status, "application/json", bytes))
}

/// A body of a media type; never kept by caches, since it is its account's.
pub(crate) fn typed(
    status: StatusCode,
    media_type: &'static str,
    body: impl Into<Body>,
) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A difference as text.
pub(crate) fn diff(text: String) -> Response {
    typed(StatusCode::OK, "text/x-diff; charset=utf-8", text)
}
