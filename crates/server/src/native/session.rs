//! `/api/v1/session`, `/api/v1/sessions`: browsers sign in and out with an API key.
//!
//! The key comes once, in a body, and goes nowhere but through the look-up of every key. What stays in the
//! browser is a cookie that no script can read.

use axum::extract::{FromRequest as _, Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use outwork_domain::{KeyKind, ProjectName};
use outwork_engine::SessionsOf;
use outwork_store::SessionSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Caller, Rejected, find_key, identify, is_signed_in, refuse_other_sites};
use crate::body::JsonBody;
use crate::errors::Failure;
use crate::rate_limit::RouteClass;
use crate::reply::{Answer, json, json_with};
use crate::session_cookie;
use crate::wire::{Moment, Text};

/// Bytes of a body that holds a key.
const BODY_BYTES_MAX: usize = 4096;

/// With what a browser signs in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewSessionBody {
    #[schema(value_type = String, example = "key_0123456789abcdef")]
    api_key: Option<String>,
}

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SessionBody<'a> {
    key_id: String,
    key_name: &'a str,
    /// The user's address; absent for services.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    /// `user`, also by the word of a service, or `service`.
    #[schema(pattern = "^(user|service)$", example = "user")]
    kind: &'static str,
    #[schema(pattern = "^(read|write)$", example = "write")]
    scope: &'static str,
    /// The projects that the key is limited to; empty: to none.
    #[schema(value_type = Vec<String>)]
    projects: Vec<Text<&'a ProjectName>>,
    /// When the session began; the key, if the request came with one.
    created_at: Moment,
    /// When it ends; absent for a key without an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Moment>,
}

impl<'a> SessionBody<'a> {
    fn of(caller: &'a Caller) -> Self {
        let Caller(key, session) = caller;
        let (created_at, expires_at) = match session {
            Some(session) => (session.created_at, Some(session.expires_at)),
            None => (key.created_at, key.rules.expires_at),
        };
        Self {
            key_id: key.id.to_string(),
            key_name: &key.name,
            email: key.is_of_user().then_some(key.email.as_str()),
            kind: if key.is_of_user() { "user" } else { "service" },
            scope: key.rules.scope.word(),
            projects: key.rules.projects.iter().map(Text).collect(),
            created_at: Moment(created_at),
            expires_at: expires_at.map(Moment),
        }
    }
}

/// Signs a browser in with an API key: it gets a cookie that stands for the key.
///
/// The cookie ends after 30 days, with the key, and when the browser signs out. Signing in again ends the
/// session that the browser had.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    request_body = NewSessionBody,
    responses(
        (status = 201, description = "The session; its cookie is in `Set-Cookie`.", body = SessionBody),
        (status = 400, description = "`validation_error`: no `apiKey`. `missing_body`."),
        (status = 401, description = "`unauthorized`: this is no API key, or none any more."),
        (status = 403, description = "`role_forbidden`: another site made a browser send this, the key may \
            not be used from this address, or it is a sub-token."),
        (status = 429, description = "`rate_limit_exceeded`: too many wrong keys from this address, or too \
            many requests with this one."),
        (status = 503, description = "`unavailable`: not at present; come back after `Retry-After`."),
    ),
)]
pub(super) async fn create_session(
    State(app): State<App>,
    request: Request,
) -> Result<Response, Rejected> {
    let (parts, body) = request.into_parts();
    refuse_other_sites(&parts, &app)?;
    let request = Request::from_parts(parts.clone(), body);
    let body = JsonBody::<NewSessionBody, BODY_BYTES_MAX>::from_request(request, &app).await?;
    let JsonBody(NewSessionBody { api_key }) = body;
    let api_key = api_key.as_deref().map(str::trim);
    let Some(token) = api_key.filter(|text| !text.is_empty()) else {
        return Err(Failure::invalid("apiKey is required").into());
    };
    let Caller(key, _) = find_key(&parts, &app, token).await?;
    if matches!(key.kind, KeyKind::Delegated { .. }) {
        return Err(Failure::forbidden("A sub-token cannot sign in").into());
    }
    let engine = app.engine();
    let counted = app.meters().count(RouteClass::Change, key.counted_as());
    let standing = counted.map_err(|refused| Rejected::TooMany(refused, engine.now()))?;
    let before = session_cookie::of(&parts.headers, engine.public_url());
    let secret = before.map(SessionSecret::from_cookie);
    let begun = engine.begin_session(key.as_ref().clone(), secret).await;
    let (cookie, session) = begun.map_err(Failure::from)?;
    if let Some(before) = before {
        app.sessions().forget_token(before);
    }
    let caller = Caller(key, None);
    let shown = SessionBody {
        created_at: Moment(session.created_at),
        expires_at: Some(Moment(session.expires_at)),
        ..SessionBody::of(&caller)
    };
    let mut response = json_with(StatusCode::CREATED, &shown)?;
    let headers = response.headers_mut();
    let times = (session.created_at, session.expires_at);
    session_cookie::set(headers, engine.public_url(), &cookie, times)
        .map_err(|error| Failure::internal(error.to_string()))?;
    app.sessions().begun(&cookie, session);
    if let Some(standing) = standing {
        standing.tell_unless_told(headers, engine.now());
    }
    Ok(response)
}

/// Says whose the credentials of the request are, and how long they hold.
#[utoipa::path(
    get,
    path = "/api/v1/session",
    responses((status = 200, description = "The session, or the key.", body = SessionBody)),
)]
pub(super) async fn get_session(caller: Caller) -> Answer {
    json(&SessionBody::of(&caller))
}

/// Signs the browser out.
#[utoipa::path(
    delete,
    path = "/api/v1/session",
    responses(
        (status = 204, description = "The session of the cookie has ended, or there was none."),
        (status = 403, description = "`role_forbidden`: another site made a browser send this."),
        (status = 429, description = "`rate_limit_exceeded`: too many cookies of no session from this \
            address."),
        (status = 503, description = "`unavailable`: not at present; come back after `Retry-After`."),
    ),
)]
pub(super) async fn delete_session(
    State(app): State<App>,
    parts: Parts,
) -> Result<Response, Rejected> {
    // Only what is a session is worth a write.
    if let Some(cookie) = session_cookie::of(&parts.headers, app.engine().public_url())
        && is_signed_in(&parts, &app, cookie).await?
    {
        let secret = SessionSecret::from_cookie(cookie);
        let ended = app.engine().end_session(secret).await;
        ended.map_err(Failure::from)?;
        app.sessions().forget_token(cookie);
    }
    signed_out(&app)
}

/// Signs out everywhere: all browsers that signed in with a key of the account.
///
/// A key that is limited ends the sessions of its own only. Streams that a session opened end with it.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions",
    responses((status = 204, description = "They have ended.")),
)]
pub(super) async fn delete_sessions(
    State(app): State<App>,
    parts: Parts,
) -> Result<Response, Rejected> {
    let Caller(key, _) = identify(&parts, &app).await?;
    let engine = app.engine();
    let counted = app.meters().count(RouteClass::Change, key.counted_as());
    counted.map_err(|refused| Rejected::TooMany(refused, engine.now()))?;
    let of = if key.is_unlimited() {
        SessionsOf::Account(key.account_id)
    } else {
        SessionsOf::Key(key.id)
    };
    engine.end_sessions(of).await.map_err(Failure::from)?;
    app.sessions().forget_sessions_of(of);
    signed_out(&app)
}

fn signed_out(app: &App) -> Result<Response, Rejected> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers: &mut HeaderMap = response.headers_mut();
    session_cookie::clear(headers, app.engine().public_url())
        .map_err(|error| Failure::internal(error.to_string()))?;
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
