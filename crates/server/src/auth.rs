//! Who is asking: an API key, as the user name of Basic or as a Bearer token, or a browser that signed in
//! with one; equal in rights. A header wins over a cookie. Where Jules is spoken, the key may also come in a
//! header of its own.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outwork_domain::{AccountId, ApiKey, KeyRules, KeyScope, Timestamp};

use crate::app::App;
use crate::errors::Failure;
use crate::keys::{Seen, SignedIn};
use crate::rate_limit::{Refused, asker};
use crate::session_cookie;
use crate::surface::Surface;
use crate::watched_key::Credential;

/// The key that a request came with, and the session if it came by one.
#[derive(Clone)]
pub(crate) struct Caller(pub(crate) Arc<ApiKey>, pub(crate) Option<Arc<SignedIn>>);

impl Caller {
    pub(crate) fn account_id(&self) -> AccountId {
        self.0.account_id
    }

    /// What the request came with.
    pub(crate) fn credential(&self) -> Credential {
        match &self.1 {
            Some(signed_in) => Credential::Session(signed_in.secret.clone()),
            None => Credential::Key(self.0.id),
        }
    }
}

enum Credentials<'a> {
    Basic(Cow<'a, str>),
    Bearer(Cow<'a, str>),
}

/// Why nobody was let in.
pub(crate) enum Rejected {
    /// Without a key that holds.
    Failure(Failure),
    /// Too many wrong keys came from there.
    TooMany(Refused, Timestamp),
}

impl From<Failure> for Rejected {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl IntoResponse for Rejected {
    fn into_response(self) -> Response {
        match self {
            Self::Failure(failure) => failure.into_response(),
            Self::TooMany(refused, now) => refused.response(now),
        }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Rejected> {
        // The layer that counts requests has asked already.
        if let Some(caller) = parts.extensions.get::<Self>() {
            return Ok(caller.clone());
        }
        let caller = identify(parts, app).await?;
        let rules = &caller.0.rules;
        if rules.scope == KeyScope::Read && !parts.method.is_safe() {
            return Err(Failure::forbidden("This API key may only read: its scope is read").into());
        }
        Ok(caller)
    }
}

/// Finds out who asks, and whether the key may be used from there; not whether it may do what is asked.
pub(crate) async fn identify(parts: &Parts, app: &App) -> Result<Caller, Rejected> {
    let surface = Surface::of(parts.uri.path());
    if names_a_key(&parts.headers, surface) {
        let token = match credentials(&parts.headers, surface)? {
            Credentials::Basic(token) => {
                refuse_other_sites(parts, app)?;
                token
            }
            Credentials::Bearer(token) => token,
        };
        return find_key(parts, app, &token).await;
    }
    let cookie = session_cookie::of(&parts.headers, app.engine().public_url());
    let cookie = cookie.ok_or_else(|| missing_key(surface))?;
    refuse_what_no_page_of_ours_sent(parts, app)?;
    let caller = look_up_session(parts, app, cookie).await?;
    check_address(parts, app, &caller.0.rules)?;
    Ok(caller)
}

/// The same for a key that was sent in another way.
pub(crate) async fn find_key(parts: &Parts, app: &App, token: &str) -> Result<Caller, Rejected> {
    let caller = look_up(parts, app, token).await?;
    check_address(parts, app, &caller.0.rules)?;
    Ok(caller)
}

/// Whether a cookie is a session's; asked before the session ends, so the key's own limits do not count.
pub(crate) async fn is_signed_in(parts: &Parts, app: &App, cookie: &str) -> Result<bool, Rejected> {
    refuse_what_no_page_of_ours_sent(parts, app)?;
    match look_up_session(parts, app, cookie).await {
        Ok(_) => Ok(true),
        Err(Rejected::Failure(failure)) if failure.status == StatusCode::UNAUTHORIZED => Ok(false),
        Err(rejected) => Err(rejected),
    }
}

/// Finds the key behind a token, unless too many wrong ones came from where this one comes from.
///
/// A token that was a key before is looked up in any case: whoever shares an address with a guesser
/// goes on working.
async fn look_up(parts: &Parts, app: &App, token: &str) -> Result<Caller, Rejected> {
    let hash = match app.keys().look(token) {
        Seen::Fresh(key) => return valid(app, key),
        Seen::Known(hash) => hash,
        Seen::Never(hash) => {
            admit_stranger(parts, app)?;
            hash
        }
    };
    let found = app.keys().read(app.store(), token, hash).await;
    match found.map_err(Failure::from)? {
        Some(key) => valid(app, key),
        None => Err(wrong_from(parts, app)),
    }
}

/// Finds the session of a cookie, under the same conditions.
async fn look_up_session(parts: &Parts, app: &App, cookie: &str) -> Result<Caller, Rejected> {
    let hash = match app.sessions().look(cookie) {
        Seen::Fresh(session) => return still_signed_in(app, session),
        Seen::Known(hash) => hash,
        Seen::Never(hash) => {
            admit_stranger(parts, app)?;
            hash
        }
    };
    let found = app.sessions().read(app.store(), cookie, hash).await;
    match found.map_err(Failure::from)? {
        Some(session) => still_signed_in(app, session),
        None => Err(wrong_from(parts, app)),
    }
}

fn admit_stranger(parts: &Parts, app: &App) -> Result<(), Rejected> {
    let address = asker(parts, &app.options().rate_limits.trusted_proxies);
    let admitted = app.strangers().admit(address);
    admitted.map_err(|refused| Rejected::TooMany(refused, app.engine().now()))
}

/// Counts what was none.
fn wrong_from(parts: &Parts, app: &App) -> Rejected {
    let address = asker(parts, &app.options().rate_limits.trusted_proxies);
    match app.strangers().count(address) {
        Ok(()) => wrong_key().into(),
        Err(refused) => Rejected::TooMany(refused, app.engine().now()),
    }
}

/// From where a key may be used holds in every dialect. Which projects it reaches is asked behind this.
fn check_address(parts: &Parts, app: &App, rules: &KeyRules) -> Result<(), Failure> {
    let address = asker(parts, &app.options().rate_limits.trusted_proxies);
    if rules.admit_address(address) {
        return Ok(());
    }
    let message = "This API key may not be used from this address";
    Err(Failure::forbidden(message))
}

/// Nobody guessed a key that has expired, so it is not counted as wrong.
fn valid(app: &App, key: Arc<ApiKey>) -> Result<Caller, Rejected> {
    if key.is_valid_at(app.engine().now()) {
        return Ok(Caller(key, None));
    }
    Err(wrong_key().into())
}

/// The same of a session.
fn still_signed_in(app: &App, session: Arc<SignedIn>) -> Result<Caller, Rejected> {
    let now = app.engine().now();
    if now < session.expires_at && session.key.is_valid_at(now) {
        return Ok(Caller(Arc::clone(&session.key), Some(session)));
    }
    Err(wrong_key().into())
}

/// What a key that is none, or is none any more, is answered.
pub(crate) fn wrong_key() -> Failure {
    Failure::unauthorized("Invalid User API Key")
}

/// What a request without any key is answered.
fn missing_key(surface: Surface) -> Failure {
    Failure::unauthorized(match surface {
        Surface::Google => "Missing API key: send it as X-Goog-Api-Key or as a Bearer token",
        Surface::Cursor
        | Surface::PrivateWorkers
        | Surface::Mintlify
        | Surface::Native
        | Surface::Page => {
            "Missing API key: send it as the user name of Basic or as a Bearer token"
        }
    })
}

/// The header that holds the key where Jules is spoken.
const GOOGLE_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

/// Whether a header holds a key, whatever it is worth.
fn names_a_key(headers: &HeaderMap, surface: Surface) -> bool {
    headers.contains_key(AUTHORIZATION)
        || (surface == Surface::Google && headers.contains_key(GOOGLE_KEY))
}

fn credentials(headers: &HeaderMap, surface: Surface) -> Result<Credentials<'_>, Failure> {
    let google_key = headers.get(GOOGLE_KEY);
    if let Some(key) = google_key.filter(|_| surface == Surface::Google) {
        let key = key.to_str().map_err(|_| wrong_key())?.trim();
        return Ok(Credentials::Bearer(Cow::Borrowed(key)));
    }
    let header = headers
        .get(AUTHORIZATION)
        .ok_or_else(|| missing_key(surface))?;
    let text = header.to_str().map_err(|_| wrong_key())?;
    let (scheme, rest) = text.split_once(' ').ok_or_else(wrong_key)?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !rest.is_empty() {
        return Ok(Credentials::Bearer(Cow::Borrowed(rest)));
    }
    if scheme.eq_ignore_ascii_case("basic") {
        return basic_user(rest)
            .map(|user| Credentials::Basic(Cow::Owned(user)))
            .ok_or_else(wrong_key);
    }
    Err(wrong_key())
}

/// The user name, if the password is empty: a password means that the key sits in the wrong place.
fn basic_user(encoded: &str) -> Option<String> {
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    (password.is_empty() && !user.is_empty()).then(|| user.to_owned())
}

/// A browser adds Basic credentials that it once asked for to requests of any site: such a request
/// may read nothing, but it must not change anything either.
pub(crate) fn refuse_other_sites(parts: &Parts, app: &App) -> Result<(), Failure> {
    let site = Site::of(&parts.headers, app.engine().public_url());
    if parts.method.is_safe() || site != Site::Other {
        return Ok(());
    }
    Err(of_another_site())
}

/// Our page says where it is with every change that it asks for, and what a cookie opens is for it alone.
fn refuse_what_no_page_of_ours_sent(parts: &Parts, app: &App) -> Result<(), Failure> {
    match Site::of(&parts.headers, app.engine().public_url()) {
        Site::Own => Ok(()),
        Site::Untold if parts.method.is_safe() => Ok(()),
        Site::Untold | Site::Other => Err(of_another_site()),
    }
}

fn of_another_site() -> Failure {
    Failure::forbidden("Requests that another site made a browser send are refused")
}

/// What a browser says of whose page sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Site {
    /// One of ours, or nobody's: somebody typed the address.
    Own,
    /// Somebody else's.
    Other,
    /// Nothing.
    Untold,
}

impl Site {
    /// Fetch metadata says it; a browser too old for that, or one that reaches us without TLS, still names
    /// the origin of what changes something. Other clients send neither.
    fn of(headers: &HeaderMap, public_url: &str) -> Self {
        let own_if = |own| if own { Self::Own } else { Self::Other };
        if let Some(site) = headers.get("sec-fetch-site") {
            return own_if(site == "same-origin" || site == "none");
        }
        let Some(origin) = headers.get(ORIGIN) else {
            return Self::Untold;
        };
        let Ok(origin) = origin.to_str() else {
            return Self::Other;
        };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let is_host = match (origin.split_once("://"), host) {
            (Some((_, authority)), Some(host)) => authority == host,
            (None, _) | (_, None) => false,
        };
        // A proxy in front may give the host another name.
        own_if(is_host || is_origin_of(origin, public_url))
    }
}

fn is_origin_of(origin: &str, url: &str) -> bool {
    let rest = url.strip_prefix(origin);
    origin.contains("://") && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, header.parse().unwrap());
        match credentials(&headers, Surface::Cursor).ok()? {
            Credentials::Basic(token) | Credentials::Bearer(token) => Some(token.into_owned()),
        }
    }

    #[test]
    fn takes_both_schemes_in_any_case() {
        let encoded = STANDARD.encode("key_abc:");
        for header in [
            "Bearer key_abc",
            "bearer  key_abc",
            &format!("BASIC {encoded}"),
        ] {
            assert_eq!(token(header).as_deref(), Some("key_abc"), "{header}");
        }
    }

    #[test]
    fn another_site_is_known_by_either_header() {
        let site = |pairs: &[(&'static str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| {
                (
                    axum::http::HeaderName::from_static(name),
                    value.parse().unwrap(),
                )
            });
            Site::of(&pairs.collect(), "https://o.example.com/base")
        };
        assert_eq!(site(&[]), Site::Untold);
        assert_eq!(site(&[("host", "h:80")]), Site::Untold);
        for own in [
            [("sec-fetch-site", "none"), ("origin", "null")],
            [("sec-fetch-site", "same-origin"), ("host", "h:80")],
            [("origin", "http://h:80"), ("host", "h:80")],
            [
                ("origin", "https://o.example.com"),
                ("host", "127.0.0.1:80"),
            ],
        ] {
            assert_eq!(site(&own), Site::Own, "{own:?}");
        }
        for other in [
            [("sec-fetch-site", "same-site"), ("host", "h:80")],
            [("sec-fetch-site", "cross-site"), ("origin", "http://h:80")],
            [("origin", "http://evil"), ("host", "h:80")],
            [("origin", "https://o.example.co"), ("host", "h:80")],
            [("origin", "https://"), ("host", "h:80")],
            [("origin", "null"), ("host", "h:80")],
            [("origin", "null"), ("host", "null")],
        ] {
            assert_eq!(site(&other), Site::Other, "{other:?}");
        }
    }

    #[test]
    fn refuses_what_is_neither() {
        let with_password = format!("Basic {}", STANDARD.encode("key_abc:x"));
        let without_colon = format!("Basic {}", STANDARD.encode("key_abc"));
        let without_user = format!("Basic {}", STANDARD.encode(":"));
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "key_abc",
            "Digest key_abc",
            "Basic ???",
            &with_password,
            &without_colon,
            &without_user,
        ] {
            assert_eq!(token(header), None, "{header}");
        }
    }
}
