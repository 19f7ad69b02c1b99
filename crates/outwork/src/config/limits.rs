//! How often clients may ask, and how much one account may have running.

use std::str::FromStr;
use std::time::Duration;

use outwork_domain::address::Network;
use outwork_domain::limits::EVENT_RETENTION;
use outwork_server::{RateLimitOptions, Window};
use serde::Deserialize;

use crate::exit::Failure;

/// `[limits]`. A list of windows such as `["300/min", "6000/h"]` stands for a class of routes; an empty
/// one lifts its limit.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsSection {
    /// Runs of one account at the same time; the others wait. 0 is no limit.
    pub active_runs_per_account: Option<u32>,
    /// Whether requests are counted at all.
    pub requests: RequestsChoice,
    /// New agents, follow-ups, runs.
    pub create: Option<Vec<String>>,
    /// Other changes.
    pub change: Option<Vec<String>>,
    /// Reads.
    pub read: Option<Vec<String>>,
    /// Lists of artifacts.
    pub artifacts_list: Option<Vec<String>>,
    /// Links to artifacts.
    pub artifacts_download: Option<Vec<String>>,
    /// The list of repositories.
    pub repositories: Option<Vec<String>>,
    /// Wrong keys from one address.
    pub wrong_keys: Option<Vec<String>>,
    /// Addresses or ranges whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
    /// Seconds after its end in which a run can be streamed.
    pub event_retention_secs: Option<u64>,
}

/// Whether requests are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestsChoice {
    /// They are, each key on its own.
    #[default]
    Counted,
    /// They are not.
    Unlimited,
}

/// What `[limits]` comes to.
#[derive(Clone, Debug)]
pub struct LimitSettings {
    /// How often keys and strangers may ask.
    pub rate_limits: RateLimitOptions,
    /// Runs of one account at the same time, if there is a limit.
    pub active_runs_per_account: Option<u32>,
    /// How long after its end a run can be streamed.
    pub event_retention: Duration,
}

/// The limits that the section sets, and the standard for those that it does not name.
///
/// # Errors
///
/// [`Failure::Usage`] names the key and its rule.
pub fn resolve(section: &LimitsSection) -> Result<LimitSettings, Failure> {
    let standard = RateLimitOptions::default();
    let trusted_proxies = all::<Network>("trusted_proxies", &section.trusted_proxies)?;
    let counted = RateLimitOptions {
        create: windows("create", section.create.as_ref(), standard.create)?,
        change: windows("change", section.change.as_ref(), standard.change)?,
        read: windows("read", section.read.as_ref(), standard.read)?,
        artifacts_list: windows(
            "artifacts_list",
            section.artifacts_list.as_ref(),
            standard.artifacts_list,
        )?,
        artifacts_download: windows(
            "artifacts_download",
            section.artifacts_download.as_ref(),
            standard.artifacts_download,
        )?,
        repositories: windows(
            "repositories",
            section.repositories.as_ref(),
            standard.repositories,
        )?,
        wrong_keys: windows(
            "wrong_keys",
            section.wrong_keys.as_ref(),
            standard.wrong_keys,
        )?,
        trusted_proxies,
    };
    Ok(LimitSettings {
        rate_limits: match section.requests {
            RequestsChoice::Counted => counted,
            // Who asks still matters: keys may be limited to addresses.
            RequestsChoice::Unlimited => RateLimitOptions {
                trusted_proxies: counted.trusted_proxies,
                ..RateLimitOptions::unlimited()
            },
        },
        active_runs_per_account: section.active_runs_per_account.filter(|count| *count > 0),
        event_retention: section
            .event_retention_secs
            .map_or(EVENT_RETENTION, Duration::from_secs),
    })
}

fn windows(
    key: &str,
    given: Option<&Vec<String>>,
    standard: Vec<Window>,
) -> Result<Vec<Window>, Failure> {
    given.map_or(Ok(standard), |texts| all(key, texts))
}

fn all<T: FromStr<Err: std::fmt::Display>>(key: &str, texts: &[String]) -> Result<Vec<T>, Failure> {
    let read = |text: &String| {
        let refuse = |why| Failure::Usage(format!("[limits] {key}: {text:?}: {why}"));
        text.parse().map_err(refuse)
    };
    texts.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(text: &str) -> Result<LimitSettings, Failure> {
        resolve(&toml::from_str(text).unwrap())
    }

    #[test]
    fn nothing_said_is_the_standard() {
        let limits = limits("").unwrap();
        assert_eq!(limits.rate_limits, RateLimitOptions::default());
        assert_eq!(limits.active_runs_per_account, None);
        assert_eq!(limits.event_retention, EVENT_RETENTION);
    }

    #[test]
    fn the_retention_of_events_is_in_seconds() {
        let limits = limits("event_retention_secs = 60").unwrap();
        assert_eq!(limits.event_retention, Duration::from_secs(60));
    }

    #[test]
    fn what_is_said_replaces_one_class() {
        let limits = limits("create = ['5/min', '20/h']\nread = []\nactive_runs_per_account = 4");
        let limits = limits.unwrap();
        let shown: Vec<String> = limits
            .rate_limits
            .create
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(shown, ["5/min", "20/h"]);
        assert!(limits.rate_limits.read.is_empty());
        assert_eq!(
            limits.rate_limits.change,
            RateLimitOptions::default().change
        );
        assert_eq!(limits.active_runs_per_account, Some(4));
    }

    #[test]
    fn all_of_it_can_be_switched_off() {
        let limits = limits("requests = 'unlimited'\nactive_runs_per_account = 0").unwrap();
        assert_eq!(limits.rate_limits, RateLimitOptions::unlimited());
        assert_eq!(limits.active_runs_per_account, None);
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_name() {
        for (text, part) in [
            ("read = ['often']", "[limits] read: \"often\""),
            ("wrong_keys = ['0/min']", "[limits] wrong_keys"),
            ("trusted_proxies = ['proxy']", "[limits] trusted_proxies"),
            (
                "requests = 'unlimited'\nchange = ['1/day']",
                "[limits] change",
            ),
        ] {
            let error = limits(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
