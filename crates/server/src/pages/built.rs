//! The web page, embedded from where its build puts it; a placeholder where it was not built.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH,
    LOCATION, REFERRER_POLICY, VARY, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use rust_embed::{Embed, EmbeddedFile};

use crate::app::App;
use crate::compressed::{Compressed, accepts_gzip};
use crate::errors::Failure;
use crate::reply::{Answer, typed};
use crate::wire::WireAgentId;

/// Only what this server itself serves, no script or style in the text of a page, and no text of anybody
/// becomes a page or a script. What agents left is shown from what the page has fetched: `blob:`.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' \
     data: blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
     trusted-types 'none'";
/// No other window of the browser reaches into ours.
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
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

/// `/agents`, `/launch`, `/settings`: the page itself needs no key; what it shows, it asks for with one.
pub(super) async fn whole_page(State(app): State<App>, headers: HeaderMap) -> Response {
    page(Built::get("index.html"), &headers, app.compressed())
}

/// `/settings/{section}`: the same; which sections there are, the page knows.
pub(super) async fn settings_page(
    State(app): State<App>,
    Path(section): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    if section.bytes().all(legal) {
        let index = Built::get("index.html");
        return Ok(page(index, &headers, app.compressed()));
    }
    Err(Failure::not_found("not_found", "There is nothing here"))
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
        Some(file) if readable => Ok(file_response(name, file, &headers, app.compressed())),
        Some(_) | None => Err(match app.options().dialects.off_at(uri.path()) {
            Some(dialect) => Failure::dialect_off(dialect),
            None => Failure::not_found("not_found", "There is nothing here"),
        }),
    }
}

fn page(index: Option<EmbeddedFile>, headers: &HeaderMap, compressed: &Compressed) -> Response {
    match index {
        Some(file) => file_response("index.html", file, headers, compressed),
        None => {
            let mut response = typed(StatusCode::OK, "text/html; charset=utf-8", PLACEHOLDER);
            protect(&mut response, PLACEHOLDER_POLICY);
            response
        }
    }
}

fn file_response(
    name: &str,
    file: EmbeddedFile,
    headers: &HeaderMap,
    compressed: &Compressed,
) -> Response {
    let hash = hex::encode(file.metadata.sha256_hash());
    let media_type = media_type(name);
    let is_text = is_text(media_type);
    let compressed = if is_text && accepts_gzip(headers.get(ACCEPT_ENCODING)) {
        compressed.gzip(&hash, &file.data)
    } else {
        None
    };
    let etag = match compressed {
        Some(_) => format!("\"{hash}-gzip\""),
        None => format!("\"{hash}\""),
    };
    let known = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut response = if known {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else if let Some(bytes) = compressed {
        let mut response = typed(StatusCode::OK, media_type, bytes);
        let encoding = HeaderValue::from_static("gzip");
        response.headers_mut().insert(CONTENT_ENCODING, encoding);
        response
    } else {
        let body = match file.data {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        };
        typed(StatusCode::OK, media_type, body)
    };
    let fresh = if name.starts_with(HASHED_FOLDER) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    protect(&mut response, PAGE_POLICY);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(fresh));
    if is_text {
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
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
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    let none = HeaderValue::from_static("camera=(), microphone=(), geolocation=()");
    headers.insert(PERMISSIONS_POLICY, none);
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

/// Whether it gets shorter by compression; images and fonts are compressed already.
fn is_text(media_type: &str) -> bool {
    media_type.starts_with("text/")
        || matches!(
            media_type,
            "application/json" | "image/svg+xml" | "application/wasm"
        )
}

#[cfg(test)]
mod tests {
    use axum::http::header::CONTENT_TYPE;

    use super::*;

    #[test]
    fn without_a_build_a_placeholder_says_how_to_make_one() {
        let response = page(None, &HeaderMap::new(), &Compressed::default());
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response.headers()[CONTENT_SECURITY_POLICY],
            PLACEHOLDER_POLICY
        );
        assert!(PLACEHOLDER.contains("make web"));
        assert!(!PLACEHOLDER.contains("<script") && !PLACEHOLDER.contains("style"));
    }

    fn file_of(hash: [u8; 32], data: &'static [u8]) -> EmbeddedFile {
        EmbeddedFile {
            data: Cow::Borrowed(data),
            metadata: rust_embed::Metadata::__rust_embed_new(hash, None, None),
        }
    }

    #[tokio::test]
    async fn a_browser_that_can_gets_less() {
        const TEXT: &[u8] = &[b'a'; 10_000];
        let headers: HeaderMap = [(ACCEPT_ENCODING, "gzip, br".parse().unwrap())]
            .into_iter()
            .collect();
        let compressed = Compressed::default();
        let ask = |name: &str, headers: &HeaderMap| {
            file_response(name, file_of([8; 32], TEXT), headers, &compressed)
        };
        let plain = ask("a.js", &HeaderMap::new());
        let short = ask("a.js", &headers);
        assert_eq!(plain.headers().get(CONTENT_ENCODING), None);
        assert_eq!(short.headers()[CONTENT_ENCODING], "gzip");
        for response in [&plain, &short] {
            assert_eq!(response.headers()[VARY], "accept-encoding");
            assert_eq!(
                response.headers()[CONTENT_TYPE],
                "text/javascript; charset=utf-8"
            );
        }
        // Two forms of one file are two things to a cache.
        assert_ne!(plain.headers()[ETAG], short.headers()[ETAG]);
        let bytes = axum::body::to_bytes(short.into_body(), usize::MAX);
        let bytes = bytes.await.unwrap();
        assert!(bytes.len() < 200, "{}", bytes.len());
        let mut read = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(bytes.as_ref());
        std::io::Read::read_to_end(&mut decoder, &mut read).unwrap();
        assert_eq!(read, TEXT);
        let image = ask("a.png", &headers);
        assert_eq!(image.headers().get(CONTENT_ENCODING), None);
        assert_eq!(image.headers().get(VARY), None);
    }

    #[test]
    fn a_file_is_sent_once() {
        let file = || file_of([7; 32], b"x");
        let compressed = Compressed::default();
        let first = file_response("assets/a-1.js", file(), &HeaderMap::new(), &compressed);
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
        let again = file_response("index.html", file(), &headers, &compressed);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()[CACHE_CONTROL], "no-cache");
    }
}
