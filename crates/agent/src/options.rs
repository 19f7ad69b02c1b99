//! How a model is configured: who serves it, where, and how hard it is to think.

use std::fmt;
use std::str::FromStr;

use outwork_domain::{Effort, ModelId};
use secrecy::SecretString;

/// Who serves a model, and in which wire form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Anthropic, messages.
    Anthropic,
    /// `OpenAI` and the many that speak like it, chat completions.
    OpenAi,
    /// `OpenAI`, responses.
    OpenAiResponses,
    /// Google Gemini.
    Gemini,
    /// Ollama.
    Ollama,
}

impl Provider {
    const ALL: [Self; 5] = [
        Self::Anthropic,
        Self::OpenAi,
        Self::OpenAiResponses,
        Self::Gemini,
        Self::Ollama,
    ];

    /// Its name in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
            Self::OpenAiResponses => "openai-responses",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no provider: anthropic, openai, openai-responses, gemini, ollama")]
pub struct UnknownProvider(String);

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|provider| provider.name() == text)
            .ok_or_else(|| UnknownProvider(text.to_owned()))
    }
}

/// A model as it is configured.
#[derive(Clone, Debug)]
pub struct ModelOptions {
    /// What clients name.
    pub id: ModelId,
    /// Who serves it.
    pub provider: Provider,
    /// What the provider is asked for.
    pub model: String,
    /// Where the provider is, if not at its usual address.
    pub base_url: Option<String>,
    /// The key, if it needs one.
    pub api_key: Option<SecretString>,
    /// How many tokens fit into a conversation; the provider's usual number if absent.
    pub context_tokens: Option<u64>,
    /// How much it is asked to think; the model's own default if absent.
    pub effort: Option<Effort>,
}
