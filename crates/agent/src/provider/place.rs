//! Where a model is served: adapter, address, key and name, as genai wants them.
//!
//! Nothing is left to genai's guessing: it would send unknown names to Ollama, read keys from the
//! environment, and cut endings such as `-high` from names.

use genai::adapter::AdapterKind;
use genai::chat::ReasoningEffort;
use genai::resolver::{AuthData, Endpoint};
use genai::{Headers, ModelIden, ServiceTarget};
use secrecy::ExposeSecret as _;

use crate::{Error, ModelOptions, Provider};

/// The target of a model's requests.
pub(super) fn target_of(options: &ModelOptions) -> Result<ServiceTarget, Error> {
    let base = base_url(options)?;
    Ok(ServiceTarget {
        auth: auth_of(options, &base)?,
        endpoint: Endpoint::from_owned(base),
        model: ModelIden::new(adapter_of(options.provider), uncut_name(options)),
    })
}

const fn adapter_of(provider: Provider) -> AdapterKind {
    match provider {
        Provider::Anthropic => AdapterKind::Anthropic,
        Provider::OpenAi => AdapterKind::OpenAI,
        Provider::OpenAiResponses => AdapterKind::OpenAIResp,
        Provider::Gemini => AdapterKind::Gemini,
        Provider::Ollama => AdapterKind::Ollama,
    }
}

/// The name in a form that genai leaves whole; the body carries the real one (see `to_genai`).
fn uncut_name(options: &ModelOptions) -> String {
    match options.provider {
        // A trailing dash keeps genai from taking the ending for an effort.
        Provider::Anthropic if ends_in_effort(&options.model) => format!("{}-", options.model),
        Provider::Anthropic
        | Provider::OpenAi
        | Provider::OpenAiResponses
        | Provider::Gemini
        | Provider::Ollama => options.model.clone(),
    }
}

fn ends_in_effort(model: &str) -> bool {
    let ending = model.rsplit('-').next().unwrap_or_default();
    ReasoningEffort::from_keyword(ending).is_some()
}

fn base_url(options: &ModelOptions) -> Result<String, Error> {
    let (usual, path) = match options.provider {
        Provider::Anthropic => ("https://api.anthropic.com", "v1/"),
        Provider::OpenAi | Provider::OpenAiResponses => ("https://api.openai.com", "v1/"),
        Provider::Gemini => ("https://generativelanguage.googleapis.com", "v1beta/"),
        Provider::Ollama => ("http://127.0.0.1:11434", ""),
    };
    let url = options.base_url.as_deref().unwrap_or(usual).trim();
    let bad = || Error::BadBaseUrl {
        id: options.id.clone(),
        url: url.to_owned(),
    };
    let parsed = reqwest::Url::parse(url).map_err(|_| bad())?;
    if !matches!(parsed.scheme(), "http" | "https") || parsed.host().is_none() {
        return Err(bad());
    }
    let mut base = url.trim_end_matches('/').to_owned() + "/";
    if parsed.path() == "/" {
        base.push_str(path);
    }
    Ok(base)
}

fn auth_of(options: &ModelOptions, base: &str) -> Result<AuthData, Error> {
    if let Some(key) = &options.api_key {
        return Ok(AuthData::from_single(key.expose_secret()));
    }
    if options.provider == Provider::Ollama {
        return Ok(AuthData::from_single("ollama"));
    }
    if options.base_url.is_none() {
        return Err(Error::MissingKey(options.id.clone()));
    }
    // A server of one's own often wants no key; an empty one would still be sent as a header.
    let (path, headers) = match options.provider {
        Provider::Anthropic => {
            let version = ("anthropic-version", "2023-06-01");
            ("messages".to_owned(), Headers::from([version]))
        }
        Provider::OpenAi => ("chat/completions".to_owned(), Headers::default()),
        Provider::OpenAiResponses => ("responses".to_owned(), Headers::default()),
        Provider::Gemini | Provider::Ollama => {
            let model = &options.model;
            let path = format!("models/{model}:streamGenerateContent?alt=sse");
            (path, Headers::default())
        }
    };
    Ok(AuthData::RequestOverride {
        url: format!("{base}{path}"),
        headers,
    })
}

#[cfg(test)]
mod tests {
    use outwork_domain::ModelId;

    use super::*;

    fn options(provider: Provider, base_url: Option<&str>) -> ModelOptions {
        ModelOptions {
            id: "m".parse::<ModelId>().unwrap(),
            provider,
            model: "name-high".to_owned(),
            base_url: base_url.map(str::to_owned),
            api_key: Some("key".to_owned().into()),
            context_tokens: None,
            effort: None,
        }
    }

    #[test]
    fn addresses_get_their_version_and_slash() {
        for (provider, given, wanted) in [
            (Provider::Anthropic, None, "https://api.anthropic.com/v1/"),
            (Provider::Anthropic, Some("http://h:1"), "http://h:1/v1/"),
            (Provider::OpenAi, Some("http://h:1/v1"), "http://h:1/v1/"),
            (
                Provider::OpenAiResponses,
                Some("http://h/x/"),
                "http://h/x/",
            ),
            (Provider::Ollama, Some("http://h:2"), "http://h:2/"),
        ] {
            assert_eq!(base_url(&options(provider, given)).unwrap(), wanted);
        }
    }

    #[test]
    fn refuses_what_is_no_address_and_a_hosted_model_without_key() {
        for bad in ["", "h:1", "ftp://h", "file:///x"] {
            let error = base_url(&options(Provider::OpenAi, Some(bad))).unwrap_err();
            assert!(matches!(error, Error::BadBaseUrl { .. }), "{bad}");
        }
        let mut keyless = options(Provider::OpenAi, None);
        keyless.api_key = None;
        assert!(matches!(target_of(&keyless), Err(Error::MissingKey(_))));
    }
}
