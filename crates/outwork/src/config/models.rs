//! Which models there are: those of the file first, then those that the environment gives keys for.

use std::collections::HashMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use outwork_agent::{ModelOptions, Provider};
use outwork_domain::{Effort, ModelId, Price, Prices};
use serde::{Deserialize, Deserializer};

use super::hosts::secret;
use crate::exit::Failure;

/// Looks a variable up; empty ones count as absent.
pub type EnvironmentSource<'a> = &'a dyn Fn(&str) -> Option<String>;

/// One `[[models]]` entry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSection {
    /// What clients name.
    pub id: String,
    /// Who serves it, and by which interface.
    #[serde(deserialize_with = "word")]
    pub provider: Provider,
    /// What the provider is asked for; the id if absent.
    #[serde(default)]
    pub model: Option<String>,
    /// Where the provider is, if not at its usual place.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The variable that holds the key.
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// The file that holds the key.
    #[serde(default)]
    pub api_key_file: Option<PathBuf>,
    /// How many tokens fit into a conversation.
    #[serde(default)]
    pub context_tokens: Option<u64>,
    /// How much it is asked to think: `low`, `medium` or `high`.
    #[serde(default, deserialize_with = "optional_word")]
    pub effort: Option<Effort>,
    /// US dollars per million tokens of prompts that no cache knows.
    #[serde(default, deserialize_with = "price")]
    pub input_price: Option<Price>,
    /// The same of answers.
    #[serde(default, deserialize_with = "price")]
    pub output_price: Option<Price>,
    /// The same of prompts that come from a cache; the price of input if absent.
    #[serde(default, deserialize_with = "price")]
    pub cache_read_price: Option<Price>,
    /// The same of prompts that are written to a cache; the price of input if absent.
    #[serde(default, deserialize_with = "price")]
    pub cache_write_price: Option<Price>,
}

/// A number as it was written: the shortest decimal that stands for it, and not what binary makes of it.
fn price<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Price>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "a number of US dollars per million tokens, such as 0.25"
    )]
    enum Written {
        Whole(u64),
        Decimal(f64),
    }
    let text = match Written::deserialize(deserializer)? {
        Written::Whole(number) => number.to_string(),
        Written::Decimal(number) => number.to_string(),
    };
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

fn word<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

fn optional_word<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    word(deserializer).map(Some)
}

/// A provider whose key may stand in the environment, and what is asked for then.
struct Known {
    provider: Provider,
    key: &'static str,
    base_url: Option<&'static str>,
    model_variable: &'static str,
    model: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        provider: Provider::Anthropic,
        key: "ANTHROPIC_API_KEY",
        base_url: Some("ANTHROPIC_BASE_URL"),
        model_variable: "OUTWORK_ANTHROPIC_MODEL",
        model: "claude-sonnet-4-5",
    },
    Known {
        provider: Provider::OpenAiResponses,
        key: "OPENAI_API_KEY",
        base_url: Some("OPENAI_BASE_URL"),
        model_variable: "OUTWORK_OPENAI_MODEL",
        model: "gpt-5.2-codex",
    },
    Known {
        provider: Provider::Gemini,
        key: "GEMINI_API_KEY",
        base_url: None,
        model_variable: "OUTWORK_GEMINI_MODEL",
        model: "gemini-2.5-pro",
    },
];

const OLLAMA_HOST: &str = "OLLAMA_HOST";
const OLLAMA_MODEL_VARIABLE: &str = "OUTWORK_OLLAMA_MODEL";
const OLLAMA_MODEL: &str = "qwen3-coder";
const OLLAMA_PORT: &str = "11434";

/// All models in the order of preference.
///
/// # Errors
///
/// [`Failure::Usage`] if an entry cannot be used.
pub fn resolve(
    sections: &[ModelSection],
    environment: EnvironmentSource<'_>,
) -> Result<Vec<ModelOptions>, Failure> {
    let mut all: Vec<ModelOptions> = Vec::new();
    for section in sections {
        let choice = of_section(section, environment)?;
        if all.iter().any(|other| other.id == choice.id) {
            return Err(Failure::Usage(format!(
                "[[models]]: {} stands twice",
                choice.id
            )));
        }
        all.push(choice);
    }
    let from_environment = KNOWN
        .iter()
        .filter_map(|known| of_known(known, environment));
    for choice in from_environment.chain(ollama(environment)) {
        let choice = choice?;
        if all.iter().all(|other| other.id != choice.id) {
            all.push(choice);
        }
    }
    Ok(all)
}

/// What the models of the file cost, as far as it says so.
///
/// # Errors
///
/// [`Failure::Usage`] if only a part of a model's prices is given.
pub fn prices(sections: &[ModelSection]) -> Result<HashMap<ModelId, Prices>, Failure> {
    let mut all = HashMap::new();
    for section in sections {
        let of = |why: &str| Failure::Usage(format!("model {:?}: {why}", section.id));
        let prices = match (section.input_price, section.output_price) {
            (Some(input), Some(output)) => Prices {
                input,
                output,
                cache_read: section.cache_read_price.unwrap_or(input),
                cache_write: section.cache_write_price.unwrap_or(input),
            },
            (None, None)
                if section
                    .cache_read_price
                    .or(section.cache_write_price)
                    .is_none() =>
            {
                continue;
            }
            (Some(_) | None, Some(_) | None) => {
                return Err(of("give input_price and output_price, or no price at all"));
            }
        };
        let id = section
            .id
            .parse()
            .map_err(|_| of("the id cannot be used"))?;
        all.insert(id, prices);
    }
    Ok(all)
}

fn of_section(
    section: &ModelSection,
    environment: EnvironmentSource<'_>,
) -> Result<ModelOptions, Failure> {
    let of = format!("model {:?}", section.id);
    let id: ModelId = section
        .id
        .parse()
        .map_err(|why| Failure::Usage(format!("[[models]]: {of}: {why}")))?;
    if ["script", "default", "auto"].contains(&id.as_str()) {
        return Err(Failure::Usage(format!(
            "[[models]]: {of}: this id is taken"
        )));
    }
    if let Some(url) = &section.base_url {
        check_url(url).map_err(|why| Failure::Usage(format!("{of}: base_url {why}")))?;
    }
    let places = (&section.api_key_env, &section.api_key_file);
    Ok(ModelOptions {
        id,
        provider: section.provider,
        model: section.model.clone().unwrap_or_else(|| section.id.clone()),
        base_url: section.base_url.clone(),
        api_key: secret(&of, "api_key", places, environment)?,
        context_tokens: section.context_tokens,
        effort: section.effort,
    })
}

fn of_known(
    known: &Known,
    environment: EnvironmentSource<'_>,
) -> Option<Result<ModelOptions, Failure>> {
    let base_url = known.base_url.and_then(environment);
    let api_key = environment(known.key);
    // A server of one's own often wants no key, so its address is enough.
    if api_key.is_none() && base_url.is_none() {
        return None;
    }
    let provider = match (known.provider, &base_url) {
        // Most servers that stand in for OpenAI speak its older interface only.
        (Provider::OpenAiResponses, Some(_)) => Provider::OpenAi,
        (provider, _) => provider,
    };
    Some(
        named_by(known.model_variable, known.model, environment).and_then(|id| {
            if let Some(url) = &base_url {
                check_url(url).map_err(|why| {
                    Failure::Usage(format!("{} {why}", known.base_url.unwrap_or_default()))
                })?;
            }
            Ok(ModelOptions {
                model: id.as_str().to_owned(),
                id,
                provider,
                base_url,
                api_key: api_key.map(Into::into),
                context_tokens: None,
                effort: None,
            })
        }),
    )
}

fn ollama(environment: EnvironmentSource<'_>) -> Option<Result<ModelOptions, Failure>> {
    let base_url = ollama_url(&environment(OLLAMA_HOST)?);
    let named = named_by(OLLAMA_MODEL_VARIABLE, OLLAMA_MODEL, environment);
    Some(named.map(|id| ModelOptions {
        model: id.as_str().to_owned(),
        id,
        provider: Provider::Ollama,
        base_url: Some(base_url),
        api_key: None,
        context_tokens: None,
        effort: None,
    }))
}

fn named_by(
    variable: &str,
    default: &str,
    environment: EnvironmentSource<'_>,
) -> Result<ModelId, Failure> {
    let name = environment(variable).unwrap_or_else(|| default.to_owned());
    name.parse()
        .map_err(|why| Failure::Usage(format!("{variable}: {why}")))
}

/// Ollama's own rules for `OLLAMA_HOST`: scheme and port may be left out, and the address that a
/// server listens on may stand for the one to reach it at.
fn ollama_url(host: &str) -> String {
    let (scheme, rest) = host.split_once("://").unwrap_or(("http", host));
    let rest = rest.trim_end_matches('/');
    let rest = rest
        .strip_prefix("0.0.0.0")
        .map_or_else(|| rest.to_owned(), |port| format!("127.0.0.1{port}"));
    let has_port = rest
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    if has_port || scheme == "https" {
        format!("{scheme}://{rest}")
    } else {
        format!("{scheme}://{rest}:{OLLAMA_PORT}")
    }
}

fn check_url(url: &str) -> Result<(), &'static str> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains('@') => Ok(()),
        Some(_) => Err("must have a host and no credentials"),
        None => Err("must begin with https:// or http://"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn section(id: &str) -> ModelSection {
        ModelSection {
            id: id.into(),
            provider: Provider::OpenAi,
            model: None,
            base_url: None,
            api_key_env: None,
            api_key_file: None,
            context_tokens: None,
            effort: None,
            input_price: None,
            output_price: None,
            cache_read_price: None,
            cache_write_price: None,
        }
    }

    #[test]
    fn prices_are_what_was_written() {
        let section = |text: &str| -> Result<ModelSection, toml::de::Error> {
            toml::from_str(&format!("id = \"a\"\nprovider = \"openai\"\n{text}"))
        };
        let of = |text: &str| prices(&[section(text).unwrap()]);
        let found = of("input_price = 3\noutput_price = 0.1\ncache_read_price = 0.000001").unwrap();
        let found = found[&"a".parse().unwrap()];
        assert_eq!(found.input.to_string(), "3");
        assert_eq!(found.output.to_string(), "0.1");
        assert_eq!(found.cache_read.to_string(), "0.000001");
        assert_eq!(found.cache_write, found.input);
        assert!(of("").unwrap().is_empty());
        for part in [
            "input_price = 3",
            "output_price = 3",
            "cache_read_price = 1",
        ] {
            let error = of(part).unwrap_err().to_string();
            assert!(error.contains("input_price and output_price"), "{error}");
        }
        for bad in ["-1", "0.0000001", "1e9", "\"3\"", "nan", "inf", "2000000"] {
            let text = format!("output_price = 1\ninput_price = {bad}");
            assert!(section(&text).is_err(), "{bad}");
        }
    }

    fn ids(sections: &[ModelSection], variables: &[(&str, &str)]) -> Vec<String> {
        models(sections, variables)
            .unwrap()
            .into_iter()
            .map(|model| model.id.to_string())
            .collect()
    }

    fn models(
        sections: &[ModelSection],
        variables: &[(&str, &str)],
    ) -> Result<Vec<ModelOptions>, Failure> {
        let find = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name)?;
            Some(found.1.to_owned())
        };
        resolve(sections, &find)
    }

    #[test]
    fn nothing_configured_is_nothing() {
        assert!(ids(&[], &[]).is_empty());
    }

    #[test]
    fn the_file_comes_first_and_wins() {
        let variables = [
            ("OPENAI_API_KEY", "o"),
            ("ANTHROPIC_API_KEY", "a"),
            ("GEMINI_API_KEY", "g"),
        ];
        assert_eq!(
            ids(&[section("gemini-2.5-pro"), section("fast")], &variables),
            [
                "gemini-2.5-pro",
                "fast",
                "claude-sonnet-4-5",
                "gpt-5.2-codex"
            ]
        );
    }

    #[test]
    fn a_base_url_changes_interface_and_needs_no_key() {
        let own = [
            ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1"),
            ("OUTWORK_OPENAI_MODEL", "local"),
        ];
        let found = models(&[], &own).unwrap();
        assert_eq!(found[0].provider, Provider::OpenAi);
        assert_eq!(
            (found[0].id.as_str(), found[0].model.as_str()),
            ("local", "local")
        );
        assert!(found[0].api_key.is_none());
        let public = models(&[], &[("OPENAI_API_KEY", "k")]).unwrap();
        assert_eq!(public[0].provider, Provider::OpenAiResponses);
        assert_eq!(public[0].api_key.as_ref().unwrap().expose_secret(), "k");
    }

    #[test]
    fn ollama_hosts_are_completed() {
        for (host, url) in [
            ("127.0.0.1:11434", "http://127.0.0.1:11434"),
            ("localhost", "http://localhost:11434"),
            ("0.0.0.0:9/", "http://127.0.0.1:9"),
            ("https://ollama.example.com", "https://ollama.example.com"),
            ("http://[::1]:3", "http://[::1]:3"),
        ] {
            assert_eq!(ollama_url(host), url);
        }
        assert_eq!(ids(&[], &[("OLLAMA_HOST", "h")]), [OLLAMA_MODEL]);
    }

    #[test]
    fn entries_that_cannot_be_used_are_refused() {
        let keyed = |variable: &str| ModelSection {
            api_key_env: Some(variable.into()),
            ..section("a")
        };
        let at = |url: &str| ModelSection {
            base_url: Some(url.into()),
            ..section("a")
        };
        for (sections, part) in [
            (vec![section("a"), section("a")], "twice"),
            (vec![section("script")], "taken"),
            (vec![section("auto")], "taken"),
            (vec![section("a b")], "whitespace"),
            (vec![keyed("NOT_SET")], "NOT_SET"),
            (vec![at("ftp://h")], "https://"),
            (vec![at("http://u:p@h")], "credentials"),
        ] {
            let error = models(&sections, &[]).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
