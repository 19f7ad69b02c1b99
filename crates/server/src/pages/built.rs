//! The web page, embedded from where its build puts it; a placeholder where it was not built.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH, LOCATION, REFERRER_POLICY,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use rust_embed::{Embed, EmbeddedFile};

use crate::app::App;
use crate::errors::Failure;
use crate::reply::{Answer, typed};
use crate::wire::WireAgentId;

/// Only what this server itself serves; a stylesheet in an attribute cannot load or run anything.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' \
     'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const PLACEHOLDER: &str = include_str!("placeholder.html");
const PLACEHOLDER_POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Files whose names change with their content.
const HASHED_FOLDER: &str = "assets/";

#[derive(Embed)]
#[folder = "../../web/dist/"]
struct Built;

/// `/`: leads to the agents.
pub(super) async fn start_page() -> Response {
    let mut response = typed(
        StatusCode::TEMPORARY_REDIRECT,
        "text/plain; charset=utf-8",
        "/agents\n",
    );
    response
        .headers_mut()
        .insert(LOCATION, HeaderValue::from_static("/agents"));
    response
}

/// `/agents`: the page itself needs no key; what it shows, it asks for with one.
pub(super) async fn agents_page(headers: HeaderMap) -> Response {
    page(Built::get("index.html"), &headers)
}

/// `/agents/{id}`: leads to the page, which reads the id from its query.
pub(super) async fn agent_page(uri: Uri) -> Answer {
    let id = uri.path().strip_prefix("/agents/").unwrap_or_default();
    let unknown = |_| Failure::not_found("not_found", "There is nothing here");
    let id = WireAgentId(WireAgentId::read(id).map_err(unknown)?);
    let to = format!("/agents?id={id}");
    let mut response = typed(
        StatusCode::TEMPORARY_REDIRECT,
        "text/plain; charset=utf-8",
        format!("{to}\n"),
    );
    let to = HeaderValue::from_str(&to).map_err(|error| Failure::internal(error.to_string()))?;
    response.headers_mut().insert(LOCATION, to);
    Ok(response)
}

/// What no route knows: a file of the built page, else nothing.
pub(crate) async fn built_file(
    State(app): State<App>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Answer {
    // Files that begin with a dot keep the folder in the repository; they are no part of the page.
    let name = uri.path().trim_start_matches('/').trim_start_matches('.');
    let readable = method == Method::GET || method == Method::HEAD;
    match Built::get(name) {
        Some(file) if readable => Ok(file_response(name, file, &headers)),
        Some(_) | None => Err(match app.options().dialects.off_at(uri.path()) {
            Some(dialect) => Failure::dialect_off(dialect),
            None => Failure::not_found("not_found", "There is nothing here"),
        }),
    }
}

fn page(index: Option<EmbeddedFile>, headers: &HeaderMap) -> Response {
    match index {
        Some(file) => file_response("index.html", file, headers),
        None => {
            let mut response = typed(StatusCode::OK, "text/html; charset=utf-8", PLACEHOLDER);
            protect(&mut response, PLACEHOLDER_POLICY);
            response
        }
    }
}

fn file_response(name: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let known = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut response = if known {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        let body = match file.data {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        };
        typed(StatusCode::OK, media_type(name), body)
    };
    let fresh = if name.starts_with(HASHED_FOLDER) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    protect(&mut response, PAGE_POLICY);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(fresh));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(ETAG, etag);
    }
    response
}

/// The headers of everything that a browser shows as a page of this origin.
pub(crate) fn protect(response: &mut Response, policy: &str) {
    let headers = response.headers_mut();
    // A policy that cannot be sent is one that allows nothing.
    let policy = HeaderValue::from_str(policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::CONTENT_TYPE;

    use super::*;

    #[test]
    fn without_a_build_a_placeholder_says_how_to_make_one() {
        let response = page(None, &HeaderMap::new());
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response.headers()[CONTENT_SECURITY_POLICY],
            PLACEHOLDER_POLICY
        );
        assert!(PLACEHOLDER.contains("make web"));
        assert!(!PLACEHOLDER.contains("<script") && !PLACEHOLDER.contains("style"));
    }

    #[test]
    fn a_file_is_sent_once() {
        let file = || {
            let metadata = rust_embed::Metadata::__rust_embed_new([7; 32], None, None);
            EmbeddedFile {
                data: Cow::Borrowed(b"x"),
                metadata,
            }
        };
        let first = file_response("assets/a-1.js", file(), &HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(
            first.headers()[CONTENT_TYPE],
            "text/javascript; charset=utf-8"
        );
        assert_eq!(
            first.headers()[CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        let again = file_response("index.html", file(), &headers);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()[CACHE_CONTROL], "no-cache");
    }
}
