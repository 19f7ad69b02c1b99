//! A model of a provider.
//!
//! One call of [`Model::answer`] is one request, but for a connection that dies before it gave
//! anything: that one is tried once more at once, since a kept connection may have been dead.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use genai::{Client, ServiceTarget};
use outwork_domain::limits::{MODEL_HEADERS_WAIT, MODEL_SILENCE_MAX};
use secrecy::ExposeSecret as _;

use super::breaker::Breaker;
use super::collect::{Fault, answer_of, read};
use super::failure::{died_unheard, failure_of};
use super::place::target_of;
use super::to_genai::{chat_options, chat_request};
use super::watch::{Seen, Watch};
use crate::{Answer, Delta, Error, Model, ModelError, ModelOptions, Provider, Request};

/// How long a provider may be silent; there is no limit while bytes flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the headers of its response.
    pub headers: Duration,
    /// Between two pieces of its response.
    pub silence: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            headers: MODEL_HEADERS_WAIT,
            silence: MODEL_SILENCE_MAX,
        }
    }
}

/// The client that all models share.
pub(crate) fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .user_agent(concat!("outwork/", env!("CARGO_PKG_VERSION")))
        .tcp_nodelay(true)
        .connect_timeout(Duration::from_secs(15))
        .pool_idle_timeout(Duration::from_secs(60))
        // A dead HTTP/2 connection would otherwise swallow every later request.
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(10))
        // A redirect would carry the key to wherever it points.
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

/// A model of a provider.
pub(crate) struct Hosted {
    options: ModelOptions,
    target: ServiceTarget,
    client: Client,
    breaker: Arc<Breaker>,
    timeouts: Timeouts,
}

impl Hosted {
    pub(crate) fn new(
        options: ModelOptions,
        client: reqwest::Client,
        breaker: Arc<Breaker>,
        timeouts: Timeouts,
    ) -> Result<Self, Error> {
        let target = target_of(&options)?;
        let built = Client::builder().with_reqwest(client).build();
        let client = built.map_err(|_| Error::BadBaseUrl {
            id: options.id.clone(),
            url: options.base_url.clone().unwrap_or_default(),
        })?;
        Ok(Self {
            options,
            target,
            client,
            breaker,
            timeouts,
        })
    }

    async fn once(
        &self,
        request: &Request<'_>,
        deltas: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<Answer, (Fault, Seen)> {
        let watch = Watch::new(self.options.provider);
        let asked = ModelOptions {
            effort: request.effort.or(self.options.effort),
            ..self.options.clone()
        };
        let chat = chat_request(&asked, request);
        let options = chat_options(&asked, self.timeouts, Arc::clone(&watch));
        let started = self
            .client
            .exec_chat_stream(self.target.clone(), chat, Some(&options));
        let ended = match Box::pin(started).await {
            Ok(response) => read(response.stream, deltas).await,
            Err(error) => Err(Fault::Reported(error)),
        };
        let answer = match ended {
            Ok(_) if watch.seen().broken.is_some() => Err(Fault::CutOff),
            Ok(end) => answer_of(self.options.provider, request, end, &watch),
            Err(fault) => Err(fault),
        };
        answer.map_err(|fault| (fault, watch.seen()))
    }

    /// Takes the key out of whatever a provider or library said.
    fn without_key(&self, error: ModelError) -> ModelError {
        let Some(key) = &self.options.api_key else {
            return error;
        };
        let key = key.expose_secret();
        let clean = |reason: String| match key {
            "" => reason,
            key => reason.replace(key, "[key]"),
        };
        match error {
            ModelError::Busy {
                reason,
                retry_after,
            } => ModelError::Busy {
                reason: clean(reason),
                retry_after,
            },
            ModelError::Broken { reason } => ModelError::Broken {
                reason: clean(reason),
            },
            ModelError::TooLong { reason } => ModelError::TooLong {
                reason: clean(reason),
            },
            ModelError::Auth { reason } => ModelError::Auth {
                reason: clean(reason),
            },
            ModelError::Rejected { reason } => ModelError::Rejected {
                reason: clean(reason),
            },
            ModelError::ScriptFailed { report } => ModelError::ScriptFailed {
                report: clean(report),
            },
        }
    }
}

#[async_trait]
impl Model for Hosted {
    async fn answer(
        &self,
        request: &Request<'_>,
        deltas: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<Answer, ModelError> {
        let pass = self.breaker.enter().map_err(|wait| ModelError::Busy {
            reason: "the provider failed again and again; another run is trying it".to_owned(),
            retry_after: Some(wait),
        })?;
        let mut result = self.once(request, deltas).await;
        if result
            .as_ref()
            .is_err_and(|(fault, seen)| died_unheard(fault, seen))
        {
            result = self.once(request, deltas).await;
        }
        let result = result.map_err(|(fault, seen)| self.without_key(failure_of(&fault, &seen)));
        match &result {
            Err(ModelError::Busy { retry_after, .. }) => pass.failed(*retry_after),
            Ok(_)
            | Err(
                ModelError::Broken { .. }
                | ModelError::TooLong { .. }
                | ModelError::Auth { .. }
                | ModelError::Rejected { .. }
                | ModelError::ScriptFailed { .. },
            ) => pass.answered(),
        }
        result
    }

    fn context_tokens(&self) -> u64 {
        self.options
            .context_tokens
            .unwrap_or(match self.options.provider {
                Provider::Anthropic | Provider::OpenAiResponses => 200_000,
                Provider::OpenAi => 128_000,
                Provider::Gemini => 1_000_000,
                Provider::Ollama => 32_000,
            })
    }
}
