//! octocrab as the way to GitHub: it signs for the App and adds the credential; its own repetitions and
//! redirects are not built in.

use async_trait::async_trait;
use octocrab::auth::AppAuth;
use octocrab::{Octocrab, OctocrabBuilder};
use secrecy::SecretString;
use url::Url;

use crate::answer::{Answer, root_of};
use crate::call::{Call, request_of};
use crate::error::Error;
use crate::http::Transport;
use crate::options::OptionsError;
use crate::scrub::Scrub;

/// GitHub under one credential.
#[derive(Clone, Debug)]
pub(super) struct Crab {
    octocrab: Octocrab,
    scrub: Scrub,
}

impl Crab {
    /// As the App itself, which may mint tokens and little else.
    pub(super) fn app(
        client: reqwest::Client,
        api: &Url,
        app: AppAuth,
    ) -> Result<Self, OptionsError> {
        Self::build(client, api, OctocrabBuilder::new().app(app.app_id, app.key))
    }

    /// Under nobody's name; others are made of it.
    pub(super) fn nobody(client: reqwest::Client, api: &Url) -> Result<Self, OptionsError> {
        Self::build(client, api, OctocrabBuilder::new())
    }

    fn build(
        client: reqwest::Client,
        api: &Url,
        builder: octocrab::OctocrabBuilder<
            octocrab::NoSvc,
            octocrab::DefaultOctocrabBuilderConfig,
            octocrab::NoAuth,
            octocrab::NotLayerReady,
        >,
    ) -> Result<Self, OptionsError> {
        let refuse = |error: octocrab::Error| OptionsError::Client(root_of(&error));
        let octocrab = builder.base_uri(api.as_str()).map_err(refuse)?;
        let octocrab = octocrab.build_with_reqwest(client).map_err(refuse)?;
        Ok(Self {
            octocrab,
            scrub: Scrub::default(),
        })
    }

    /// The same forge under a token.
    pub(super) fn with_token(&self, token: &SecretString) -> Result<Self, Error> {
        let octocrab = self.octocrab.user_access_token(token.clone());
        let octocrab = octocrab.map_err(|error| Error::Unavailable(root_of(&error)))?;
        Ok(Self {
            octocrab,
            scrub: Scrub::of([token]),
        })
    }
}

#[async_trait]
impl Transport for Crab {
    async fn carry(&self, call: &Call) -> Result<Answer, Error> {
        let body = match &call.body {
            Some(body) => body.to_string(),
            None => String::new(),
        };
        let mut request = request_of(call, body)?;
        if call.body.is_some() {
            let json = http::HeaderValue::from_static("application/json");
            let headers = request.headers_mut();
            headers.insert(http::header::CONTENT_TYPE, json);
        }
        let version = http::HeaderValue::from_static("2022-11-28");
        request
            .headers_mut()
            .insert("x-github-api-version", version);
        let response = self.octocrab.execute(request).await;
        let response = response.map_err(|error| Error::Unavailable(root_of(&error)))?;
        Answer::read(response).await
    }

    fn scrub(&self) -> &Scrub {
        &self.scrub
    }
}
