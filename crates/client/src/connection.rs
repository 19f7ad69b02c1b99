//! The client itself: address, key, and the one way in which requests go out and answers come in.
//!
//! Redirects are never followed, so the key goes to the configured address and nowhere else; a
//! server on loopback is reached without the environment's proxies.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;
use crate::error::refusal;

const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// An upload of five large images counts as silence, hence so long.
const SILENCE_MAX: Duration = Duration::from_secs(120);
/// Bytes of an answer to anything but an artifact or a diff.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A client of one server with one key; cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    authorization: Option<HeaderValue>,
}

impl Client {
    /// Makes a client for the server at `url`, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    ///
    /// [`Error::Address`], [`Error::Key`], or [`Error::Setup`] if this machine cannot do HTTP.
    pub fn new(url: &str, key: Option<&SecretString>) -> Result<Self, Error> {
        let base = checked(url)?;
        let authorization = key.map(bearer).transpose()?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("outwork/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_WAIT)
            .read_timeout(SILENCE_MAX);
        if base.starts_with("http://") {
            // Nothing to verify, so a machine without root certificates is no obstacle.
            builder = builder.tls_certs_only([]);
        }
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(Error::Setup)?;
        Ok(Self {
            http,
            base,
            authorization,
        })
    }

    /// The server's address without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.base
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.authorization {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        }
    }

    /// A request to whatever address the server named, without the key.
    pub(crate) fn foreign_get(&self, url: &str) -> RequestBuilder {
        self.http.get(url)
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
    ) -> Result<T, Error> {
        self.json(what, self.request(Method::GET, path)).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        self.json(what, self.request(Method::POST, path).json(body))
            .await
    }

    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<T, Error> {
        let bytes = self.bytes(what, request).await?;
        serde_json::from_slice(&bytes).map_err(|error| Error::Answer {
            what,
            why: error.to_string(),
        })
    }

    pub(crate) async fn text(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<String, Error> {
        let bytes = self.bytes(what, request).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn bytes(&self, what: &'static str, request: RequestBuilder) -> Result<Vec<u8>, Error> {
        let mut response = self.send(request).await?;
        let mut all = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.unreachable(e))? {
            if all.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Error::Answer {
                    what,
                    why: "it is larger than 64 MiB".to_owned(),
                });
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    /// Sends a request; an answer that is no success becomes [`Error::Refused`].
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let response = request.send().await.map_err(|e| self.unreachable(e))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status.is_redirection() {
            let to = response.headers().get(reqwest::header::LOCATION);
            let to = to.and_then(|to| to.to_str().ok()).unwrap_or("elsewhere");
            return Err(Error::Refused {
                status: status.as_u16(),
                code: "redirected".to_owned(),
                message: format!("the server redirects to {to}; use that address instead"),
                retry_after: None,
            });
        }
        let seconds = response.headers().get(RETRY_AFTER);
        let seconds = seconds.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        let body = response.bytes().await.map_err(|e| self.unreachable(e))?;
        Err(refusal(
            status.as_u16(),
            seconds.map(Duration::from_secs),
            &body,
        ))
    }

    pub(crate) fn unreachable(&self, source: reqwest::Error) -> Error {
        Error::Unreachable {
            url: self.base.clone(),
            source: source.without_url(),
        }
    }
}

/// One part of a path: everything that is not plain is percent-encoded.
pub(crate) fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    // A dot segment would be resolved away before it is sent.
    match out.as_str() {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => out,
    }
}

/// A query string with its question mark, or nothing for no pairs.
pub(crate) fn query(pairs: &[(&str, String)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        out.push(if out.is_empty() { '?' } else { '&' });
        out.push_str(name);
        out.push('=');
        out.push_str(&segment(value));
    }
    out
}

fn bearer(key: &SecretString) -> Result<HeaderValue, Error> {
    let text = format!("Bearer {}", key.expose_secret());
    let mut value = HeaderValue::from_str(&text).map_err(|_| Error::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

fn checked(url: &str) -> Result<String, Error> {
    let refuse = |why| Error::Address {
        url: url.to_owned(),
        why,
    };
    let base = url.trim().trim_end_matches('/');
    let authority = base
        .strip_prefix("http://")
        .or_else(|| base.strip_prefix("https://"))
        .ok_or_else(|| refuse("it begins neither with http:// nor with https://"))?;
    if authority.is_empty() {
        return Err(refuse("it has no host"));
    }
    if authority.contains('@') {
        return Err(refuse("credentials do not belong into the address"));
    }
    if authority.contains(['?', '#']) || reqwest::Url::parse(base).is_err() {
        return Err(refuse("it is not a plain address"));
    }
    Ok(base.to_owned())
}

fn is_loopback(base: &str) -> bool {
    let url = reqwest::Url::parse(base);
    let host = url.as_ref().ok().and_then(reqwest::Url::host_str);
    host.is_some_and(|host| {
        let bare = host.trim_matches(['[', ']']);
        host == "localhost"
            || bare
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        assert_eq!(checked("http://h:1/ ").unwrap(), "http://h:1");
        assert_eq!(checked("https://h/sub/").unwrap(), "https://h/sub");
        for bad in [
            "",
            "h:8080",
            "ftp://h",
            "http://",
            "http://u:p@h",
            "http://h?x",
        ] {
            assert!(checked(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn loopback_is_recognised() {
        for yes in [
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://[::1]:3",
        ] {
            assert!(is_loopback(yes), "{yes}");
        }
        for no in [
            "http://10.0.0.1",
            "https://example.com",
            "http://localhost.evil.com",
        ] {
            assert!(!is_loopback(no), "{no}");
        }
    }

    #[test]
    fn path_segments_stay_one_segment() {
        assert_eq!(segment("bc-0f2c"), "bc-0f2c");
        assert_eq!(segment("a/../b?c#d"), "a%2F..%2Fb%3Fc%23d");
        assert_eq!(segment(".."), "%2E%2E");
        let pairs = [
            ("limit", "2".to_owned()),
            ("prUrl", "http://h/?a=b&c".to_owned()),
        ];
        assert_eq!(
            query(&pairs),
            "?limit=2&prUrl=http%3A%2F%2Fh%2F%3Fa%3Db%26c"
        );
        assert_eq!(query(&[]), "");
    }
}
