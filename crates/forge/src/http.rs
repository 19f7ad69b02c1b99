//! The one way to every forge's API: requests, answers with limits, and what a refusal means.
//!
//! Redirects are never followed and nothing is repeated here: a redirect would carry the token to
//! wherever it leads, and a repetition could do a thing twice.

use async_trait::async_trait;
use http::header::{HeaderName, HeaderValue};
use http::{Response, StatusCode};
use outwork_domain::limits::{FORGE_ANSWER_MAX, FORGE_CONNECT_MAX};
use reqwest::{Certificate, Client};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use url::Url;

use crate::answer::{Answer, root_of};
use crate::call::{Call, USER_AGENT};
use crate::error::Error;
use crate::options::OptionsError;
use crate::refusal::refusal;
use crate::scrub::Scrub;

/// Carries requests to one forge under one credential.
#[async_trait]
pub(crate) trait Transport: Send + Sync {
    /// The answer, whatever it says.
    async fn carry(&self, call: &Call) -> Result<Answer, Error>;

    /// What makes the forge's words fit to be shown.
    fn scrub(&self) -> &Scrub;

    /// The answer, if it is no refusal; "unchanged" is none if it was asked for.
    async fn send(&self, call: &Call) -> Result<Answer, Error> {
        let answer = self.carry(call).await?;
        let is_unchanged = call.etag.is_some() && answer.status == StatusCode::NOT_MODIFIED;
        if answer.status.is_success() || is_unchanged {
            return Ok(answer);
        }
        Err(refusal(&answer, call, self.scrub()))
    }
}

/// Sends a request and reads the answer.
pub(crate) async fn ask<T: DeserializeOwned>(
    transport: &dyn Transport,
    call: Call,
) -> Result<T, Error> {
    transport.send(&call).await?.json()
}

/// The same, where "not found" is an answer.
pub(crate) async fn find<T: DeserializeOwned>(
    transport: &dyn Transport,
    call: Call,
) -> Result<Option<T>, Error> {
    match ask(transport, call).await {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a forge says of something that it may know by another name today: the place that it names instead
/// is asked only if that is below our own address of its API.
pub(crate) async fn described<T: DeserializeOwned>(
    transport: &dyn Transport,
    api: &Url,
    call: Call,
) -> Result<T, Error> {
    let answer = transport.carry(&call).await?;
    if answer.status.is_success() {
        return answer.json();
    }
    if answer.status.is_redirection()
        && let Some(path) = answer.header("location").and_then(|to| below(api, to))
        && path != call.path
    {
        return ask(transport, Call::get(path)).await;
    }
    Err(refusal(&answer, &call, transport.scrub()))
}

/// The path below the API's address that a redirect leads to; `None` if it leads elsewhere.
fn below(api: &Url, location: &str) -> Option<String> {
    let to = api.join(location).ok()?;
    if to.origin() != api.origin() || !to.username().is_empty() {
        return None;
    }
    let path = to.path().strip_prefix(api.path().trim_end_matches('/'))?;
    let query = to
        .query()
        .map_or_else(String::new, |query| format!("?{query}"));
    path.starts_with('/').then(|| format!("{path}{query}"))
}

/// reqwest with one credential in one header.
#[derive(Debug)]
pub(crate) struct Direct {
    client: Client,
    base: String,
    header: (HeaderName, HeaderValue),
    scrub: Scrub,
}

impl Direct {
    pub(crate) fn new(
        client: Client,
        base: &Url,
        (name, prefix): (HeaderName, &str),
        token: &SecretString,
    ) -> Result<Self, OptionsError> {
        legal_token(token)?;
        let value = format!("{prefix}{}", token.expose_secret());
        let mut value = HeaderValue::from_str(&value).map_err(|_| OptionsError::Token)?;
        value.set_sensitive(true);
        Ok(Self {
            client,
            base: base.as_str().trim_end_matches('/').to_owned(),
            header: (name, value),
            scrub: Scrub::of([token]),
        })
    }
}

#[async_trait]
impl Transport for Direct {
    async fn carry(&self, call: &Call) -> Result<Answer, Error> {
        let url = format!("{}{}", self.base, call.path);
        let mut request = self.client.request(call.method.clone(), url);
        request = request.headers(call.headers()?);
        request = request.header(self.header.0.clone(), self.header.1.clone());
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let response = request.send().await;
        let response = response.map_err(|error| Error::Unavailable(root_of(&error)))?;
        Answer::read(Response::<reqwest::Body>::from(response)).await
    }

    fn scrub(&self) -> &Scrub {
        &self.scrub
    }
}

/// Refuses a token that no header can carry, or that is none.
pub(crate) fn legal_token(token: &SecretString) -> Result<(), OptionsError> {
    let token = token.expose_secret();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(OptionsError::Token);
    }
    Ok(())
}

/// The client below all forges: no redirects, and certificates as configured.
pub(crate) fn client(ca_pem: Option<&[u8]>) -> Result<Client, OptionsError> {
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(FORGE_CONNECT_MAX)
        .timeout(FORGE_ANSWER_MAX)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false);
    if let Some(pem) = ca_pem {
        let more = Certificate::from_pem_bundle(pem).map_err(|_| OptionsError::Certificates)?;
        if more.is_empty() {
            return Err(OptionsError::Certificates);
        }
        builder = builder.tls_certs_merge(more);
    }
    builder
        .build()
        .map_err(|error| OptionsError::Client(root_of(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_looked_at_only_below_the_api() {
        let api = Url::parse("https://h:8443/root/api/v1").unwrap();
        for (location, path) in [
            (
                "https://h:8443/root/api/v1/repositories/7",
                Some("/repositories/7"),
            ),
            ("/root/api/v1/repos/a/b?x=1", Some("/repos/a/b?x=1")),
            ("https://h:8443/root/api/v1evil/x", None),
            ("https://h:8443/other", None),
            ("https://h/root/api/v1/x", None),
            ("http://h:8443/root/api/v1/x", None),
            ("https://evil/root/api/v1/x", None),
            ("https://u@h:8443/root/api/v1/x", None),
            ("//evil/root/api/v1/x", None),
            ("/root/api/v1/../../x", None),
        ] {
            assert_eq!(below(&api, location).as_deref(), path, "{location}");
        }
    }

    #[test]
    fn a_token_with_a_line_end_is_refused() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let base = Url::parse("https://h/api/v1").unwrap();
        let name = HeaderName::from_static("authorization");
        let refused = Direct::new(
            client(None).unwrap(),
            &base,
            (name, "token "),
            &SecretString::from("abc\n"),
        );
        assert!(matches!(refused, Err(OptionsError::Token)));
        assert!(matches!(
            client(Some(b"nonsense")),
            Err(OptionsError::Certificates)
        ));
    }
}
