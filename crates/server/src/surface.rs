//! The shapes in which failures are told: one a surface, chosen by the path that was asked.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use crate::errors::Failure;

/// Who is asking, by the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surface {
    /// The Cursor Cloud Agents API: `{"error":{"code","message"}}`.
    Cursor,
    /// Its routes about private workers: `{"error":"text"}`.
    PrivateWorkers,
    /// Mintlify's agent jobs: `{"error":"text"}`, in the vendor's words.
    Mintlify,
    /// Jules's sessions: `{"error":{"code","message","status"}}`, as all of its vendor's APIs have it.
    Google,
    /// Our own API: `application/problem+json` (RFC 9457).
    Native,
    /// People: plain text.
    Page,
}

#[derive(Serialize)]
struct CursorError<'a> {
    error: CursorDetail<'a>,
}

#[derive(Serialize)]
struct TextError<'a> {
    error: &'a str,
}

#[derive(Serialize)]
struct CursorDetail<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(flatten)]
    details: BTreeMap<&'static str, &'a Value>,
}

#[derive(Serialize)]
struct GoogleError<'a> {
    error: GoogleDetail<'a>,
}

#[derive(Serialize)]
struct GoogleDetail<'a> {
    code: u16,
    message: &'a str,
    status: &'static str,
}

#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
}

impl Surface {
    pub(crate) fn of(path: &str) -> Self {
        let mut parts = path.split('/').skip(1);
        let (first, second) = (parts.next(), parts.next());
        let deeper = parts.next().is_some();
        match (first, second) {
            (Some("v0"), Some("private-workers")) => Self::PrivateWorkers,
            (Some("v2"), _) => Self::Mintlify,
            (Some("v1alpha"), _) => Self::Google,
            (Some("v1"), Some("agent")) if deeper => Self::Mintlify,
            (Some("agent"), Some(_)) => Self::Mintlify,
            (Some("v0" | "v1" | "auth"), _) => Self::Cursor,
            // Clients of the Cursor API ask services of its vendor's too; they read a refusal like others.
            (Some(service), _) if service.starts_with("aiserver.v1.") => Self::Cursor,
            (Some("api" | "forge"), _) => Self::Native,
            (Some(_) | None, _) => Self::Page,
        }
    }

    /// Writes a failure into the response that stands for it; other headers of it stay (`Allow`).
    pub(crate) fn tell(self, failure: &Failure, response: Response) -> Response {
        let (content_type, body) = match self {
            Self::Cursor => ("application/json", cursor_body(failure)),
            Self::PrivateWorkers => ("application/json", workers_body(failure)),
            Self::Mintlify => ("application/json", mintlify_body(failure)),
            Self::Google => ("application/json", google_body(failure)),
            Self::Native => ("application/problem+json", problem_body(failure)),
            Self::Page => (
                "text/plain; charset=utf-8",
                format!("{}\n", failure.message),
            ),
        };
        let (mut parts, _) = response.into_parts();
        parts.status = failure.status;
        let headers = &mut parts.headers;
        headers.remove(CONTENT_LENGTH);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if failure.status == StatusCode::UNAUTHORIZED {
            let schemes = HeaderValue::from_static(r#"Basic realm="outwork", Bearer"#);
            headers.insert(WWW_AUTHENTICATE, schemes);
        }
        if let Some(secs) = failure.retry_after_secs {
            headers.insert(RETRY_AFTER, HeaderValue::from(secs));
        }
        Response::from_parts(parts, Body::from(body))
    }
}

fn cursor_body(failure: &Failure) -> String {
    let error = CursorDetail {
        code: failure.code,
        message: &failure.message,
        details: details_of(failure),
    };
    written(&CursorError { error })
}

fn workers_body(failure: &Failure) -> String {
    written(&TextError {
        error: &failure.message,
    })
}

/// What the vendor says where it always says the same.
fn mintlify_body(failure: &Failure) -> String {
    let error = match (failure.status, failure.code) {
        (StatusCode::UNAUTHORIZED, _) => "Invalid or missing API key",
        (StatusCode::FORBIDDEN, _) => "Forbidden",
        (_, "agent_not_found") => "Job not found",
        (_, "rate_limit_exceeded") => "Rate limit exceeded",
        (StatusCode::INTERNAL_SERVER_ERROR, _) => "Internal error",
        (StatusCode::SERVICE_UNAVAILABLE, _) => "Unavailable",
        (_, _) => &failure.message,
    };
    written(&TextError { error })
}

/// What failed by the words of `google.rpc.Code`.
fn google_body(failure: &Failure) -> String {
    let status = match (failure.status, failure.code) {
        (_, "agent_archived" | "no_plan_waits") => "FAILED_PRECONDITION",
        (StatusCode::UNAUTHORIZED, _) => "UNAUTHENTICATED",
        (StatusCode::FORBIDDEN, _) => "PERMISSION_DENIED",
        (StatusCode::NOT_FOUND, _) => "NOT_FOUND",
        (_, "idempotency_key_reused") => "ALREADY_EXISTS",
        (StatusCode::CONFLICT, _) => "ABORTED",
        (StatusCode::REQUEST_TIMEOUT, _) => "DEADLINE_EXCEEDED",
        (StatusCode::TOO_MANY_REQUESTS, _) => "RESOURCE_EXHAUSTED",
        (StatusCode::SERVICE_UNAVAILABLE, _) => "UNAVAILABLE",
        (status, _) if status.is_server_error() => "INTERNAL",
        (_, _) => "INVALID_ARGUMENT",
    };
    let message = match failure.code {
        "agent_not_found" => "Session not found",
        _ => &failure.message,
    };
    written(&GoogleError {
        error: GoogleDetail {
            code: failure.status.as_u16(),
            message,
            status,
        },
    })
}

fn details_of(failure: &Failure) -> BTreeMap<&'static str, &Value> {
    let details = failure.details.iter();
    details.map(|(key, value)| (*key, value)).collect()
}

fn problem_body(failure: &Failure) -> String {
    let title = failure.status.canonical_reason().unwrap_or("Error");
    written(&Problem {
        kind: "about:blank",
        title,
        status: failure.status.as_u16(),
        code: failure.code,
        detail: &failure.message,
    })
}

fn written(body: &impl Serialize) -> String {
    let body = serde_json::to_string(body).map_or(Cow::Borrowed("{}"), Cow::Owned);
    body.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_chooses_the_surface() {
        for (path, surface) in [
            ("/v0", Surface::Cursor),
            ("/v0/agents", Surface::Cursor),
            ("/v1/agents", Surface::Cursor),
            ("/v0/private-workers", Surface::PrivateWorkers),
            ("/v0/private-workers/pools", Surface::PrivateWorkers),
            ("/v2/agent/docs/job", Surface::Mintlify),
            ("/v2/nothing", Surface::Mintlify),
            ("/v1alpha/sessions", Surface::Google),
            ("/v1alpha", Surface::Google),
            ("/v1/agent/docs/job", Surface::Mintlify),
            ("/v1/agent", Surface::Cursor),
            ("/v1/agents/x", Surface::Cursor),
            ("/agent/docs/jobs", Surface::Mintlify),
            ("/agents", Surface::Page),
            ("/auth/exchange_user_api_key", Surface::Cursor),
            ("/aiserver.v1.Some/Thing", Surface::Cursor),
            ("/aiserver", Surface::Page),
            ("/v0agents", Surface::Page),
            ("/api/v1/x", Surface::Native),
            ("/", Surface::Page),
            ("*", Surface::Page),
        ] {
            assert_eq!(Surface::of(path), surface, "{path}");
        }
    }
}
