//! Who is asking: an API key, as the user name of Basic or as a Bearer token, equal in rights. Where Jules is
//! spoken, also in a header of its own.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outwork_domain::{AccountId, ApiKey, KeyRules, KeyScope, Timestamp};

use crate::app::App;
use crate::errors::Failure;
use crate::keys::Seen;
use crate::rate_limit::{Refused, asker};
use crate::surface::Surface;

/// The key that a request came with.
#[derive(Clone)]
pub(crate) struct Caller(pub(crate) Arc<ApiKey>);

impl Caller {
    pub(crate) fn account_id(&self) -> AccountId {
        self.0.account_id
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
        let token = match credentials(&parts.headers, Surface::of(parts.uri.path()))? {
            Credentials::Basic(token) => {
                refuse_other_sites(parts)?;
                token
            }
            Credentials::Bearer(token) => token,
        };
        let caller = look_up(parts, app, &token).await?;
        check_rules(parts, app, &caller.0.rules)?;
        Ok(caller)
    }
}

/// Finds the key behind a token, unless too many wrong ones came from where this one comes from.
///
/// A token that was a key before is looked up in any case: whoever shares an address with a guesser
/// goes on working.
async fn look_up(parts: &Parts, app: &App, token: &str) -> Result<Caller, Rejected> {
    let (hash, was_known) = match app.keys().look(token) {
        Seen::Fresh(key) => return valid(app, key),
        Seen::Known(hash) => (hash, true),
        Seen::Never(hash) => (hash, false),
    };
    let address = asker(parts, &app.options().rate_limits.trusted_proxies);
    let too_many = |refused| Rejected::TooMany(refused, app.engine().now());
    if !was_known {
        app.strangers().admit(address).map_err(too_many)?;
    }
    let found = app.keys().read(app.store(), token, hash).await;
    match found.map_err(Failure::from)? {
        Some(key) => valid(app, key),
        None => {
            app.strangers().count(address).map_err(too_many)?;
            Err(wrong_key().into())
        }
    }
}

/// What a key may be used for holds in every dialect. Which projects it reaches is asked behind this.
fn check_rules(parts: &Parts, app: &App, rules: &KeyRules) -> Result<(), Failure> {
    let address = asker(parts, &app.options().rate_limits.trusted_proxies);
    if !rules.admit_address(address) {
        let message = "This API key may not be used from this address";
        return Err(Failure::forbidden(message));
    }
    if rules.scope == KeyScope::Read && !parts.method.is_safe() {
        return Err(Failure::forbidden(
            "This API key may only read: its scope is read",
        ));
    }
    Ok(())
}

/// Nobody guessed a key that has expired, so it is not counted as wrong.
fn valid(app: &App, key: Arc<ApiKey>) -> Result<Caller, Rejected> {
    if key.is_valid_at(app.engine().now()) {
        return Ok(Caller(key));
    }
    Err(wrong_key().into())
}

/// What a key that is none, or is none any more, is answered.
pub(crate) fn wrong_key() -> Failure {
    Failure::unauthorized("Invalid User API Key")
}

/// The header that holds the key where Jules is spoken.
const GOOGLE_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

fn credentials(headers: &HeaderMap, surface: Surface) -> Result<Credentials<'_>, Failure> {
    let google_key = headers.get(GOOGLE_KEY);
    if let Some(key) = google_key.filter(|_| surface == Surface::Google) {
        let key = key.to_str().map_err(|_| wrong_key())?.trim();
        return Ok(Credentials::Bearer(Cow::Borrowed(key)));
    }
    let missing = match surface {
        Surface::Google => "Missing API key: send it as X-Goog-Api-Key or as a Bearer token",
        Surface::Cursor
        | Surface::PrivateWorkers
        | Surface::Mintlify
        | Surface::Native
        | Surface::Page => {
            "Missing API key: send it as the user name of Basic or as a Bearer token"
        }
    };
    let header = headers
        .get(AUTHORIZATION)
        .ok_or_else(|| Failure::unauthorized(missing))?;
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
fn refuse_other_sites(parts: &Parts) -> Result<(), Failure> {
    if parts.method.is_safe() || !is_of_another_site(&parts.headers) {
        return Ok(());
    }
    let message = "Requests that another site made a browser send are refused";
    Err(Failure::forbidden(message))
}

/// Fetch metadata says it; a browser too old for that still names the origin. Other clients send
/// neither.
fn is_of_another_site(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(ORIGIN) else {
        return false;
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    !matches!((origin, host), (Some((_, authority)), Some(host)) if authority == host)
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
        let foreign = |pairs: &[(&'static str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| {
                (
                    axum::http::HeaderName::from_static(name),
                    value.parse().unwrap(),
                )
            });
            is_of_another_site(&pairs.collect())
        };
        assert!(!foreign(&[]));
        assert!(!foreign(&[("sec-fetch-site", "none"), ("origin", "null")]));
        assert!(foreign(&[("sec-fetch-site", "same-site")]));
        assert!(!foreign(&[("origin", "http://h:80"), ("host", "h:80")]));
        assert!(foreign(&[("origin", "http://evil"), ("host", "h:80")]));
        assert!(foreign(&[("origin", "null"), ("host", "h:80")]));
        assert!(foreign(&[("origin", "null")]));
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
