//! The outermost layer: a request id on every response, one log line a request, figures, panics
//! caught, and failures written in the shape of the surface that was asked.
//!
//! Neither headers nor query strings are logged: keys and signatures travel there.

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tracing::Instrument;
use uuid::Uuid;

use crate::errors::Failure;
use crate::surface::Surface;

/// What holds for an answer that does not say otherwise.
const CLOSED: [(HeaderName, &str); 3] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (REFERRER_POLICY, "no-referrer"),
    (X_FRAME_OPTIONS, "DENY"),
];

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id that a request has in its answer and in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestId(Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let id = parts.extensions.get::<Self>().copied();
        id.ok_or_else(|| Failure::internal("the request has no id"))
    }
}

/// What the log line and the figures say of a request.
struct Asked {
    method: Method,
    route: Option<MatchedPath>,
    began: Instant,
    challenge: Challenge,
}

/// What may be asked of who comes without a key.
#[derive(Clone, Copy)]
enum Challenge {
    /// Whatever helps.
    Usual,
    /// Nothing that makes a browser ask its user: a script sent this, and asks by itself.
    OfScript,
}

impl Challenge {
    fn of(headers: &HeaderMap) -> Self {
        let fetched = headers
            .get("sec-fetch-dest")
            .is_some_and(|to| to == "empty");
        if fetched || headers.contains_key("x-requested-with") {
            Self::OfScript
        } else {
            Self::Usual
        }
    }
}

impl Asked {
    /// The route's pattern, not the path: a path has ids, and there is no end of unknown ones.
    fn route(&self) -> &str {
        self.route.as_ref().map_or("", MatchedPath::as_str)
    }
}

/// Carries a request through the routes and finishes its response.
pub(crate) async fn observe(mut request: Request, next: Next) -> Response {
    let surface = Surface::of(request.uri().path());
    let asked = Asked {
        method: request.method().clone(),
        route: request.extensions().get::<MatchedPath>().cloned(),
        began: Instant::now(),
        challenge: Challenge::of(request.headers()),
    };
    let id = Uuid::new_v4();
    request.extensions_mut().insert(RequestId(id));
    let span = tracing::info_span!("request", request_id = %id);
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    let response = answer.instrument(span.clone()).await;
    let response =
        response.unwrap_or_else(|panic| Failure::internal(words_of(panic)).into_response());
    let _entered = span.entered();
    finish(&asked, surface, id, response)
}

fn finish(asked: &Asked, surface: Surface, id: Uuid, mut response: Response) -> Response {
    let failure = response.extensions_mut().remove::<Failure>();
    record(asked, response.status(), failure.as_ref());
    if let Some(failure) = &failure {
        response = surface.tell(failure, response);
    }
    let headers = response.headers_mut();
    match asked.challenge {
        Challenge::OfScript if headers.contains_key(WWW_AUTHENTICATE) => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Challenge::OfScript | Challenge::Usual => {}
    }
    let mut text = Uuid::encode_buffer();
    let text = id.hyphenated().encode_lower(&mut text);
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Pages say for themselves what they may do; whatever else a browser is led to may do nothing.
    for (name, value) in CLOSED {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

fn record(asked: &Asked, status: StatusCode, failure: Option<&Failure>) {
    let took = asked.began.elapsed();
    count(asked, status, took);
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let (method, route, status) = (&asked.method, asked.route(), status.as_u16());
    match failure {
        Some(Failure {
            fault: Some(fault),
            code,
            ..
        }) => {
            tracing::error!(%method, route, status, took_ms, code, fault, "request failed");
        }
        Some(Failure { code, .. }) => {
            tracing::info!(%method, route, status, took_ms, code, "request refused");
        }
        // Clients poll by GET for hours: their lines would bury all others.
        None if method == Method::GET || method == Method::HEAD => {
            tracing::debug!(%method, route, status, took_ms, "request answered");
        }
        None => tracing::info!(%method, route, status, took_ms, "request answered"),
    }
}

fn count(asked: &Asked, status: StatusCode, took: Duration) {
    let method = match asked.method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        _ => "other",
    };
    let route = asked.route().to_owned();
    let class = match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    metrics::counter!("outwork_http_requests_total", "method" => method, "route" => route.clone(), "status" => class)
        .increment(1);
    metrics::histogram!("outwork_http_request_seconds", "route" => route)
        .record(took.as_secs_f64());
}

fn words_of(panic: Box<dyn Any + Send>) -> String {
    let words = match panic.downcast::<String>() {
        Ok(words) => *words,
        Err(panic) => match panic.downcast::<&'static str>() {
            Ok(words) => (*words).to_owned(),
            Err(_) => "no words".to_owned(),
        },
    };
    format!("a handler panicked: {words}")
}
