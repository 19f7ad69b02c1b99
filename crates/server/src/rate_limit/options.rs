//! How much is allowed, as it is configured.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use governor::Quota;
use outwork_domain::address::Network;

/// Requests of one window at most; beyond it a count would be finer than the clock.
const COUNT_MAX: u32 = 1_000_000;

/// How often each key may ask, by class of routes, and how often strangers may send wrong keys.
///
/// A class without windows is not limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimitOptions {
    /// What makes a run: new agents, follow-ups, runs.
    pub create: Vec<Window>,
    /// Whatever else changes something.
    pub change: Vec<Window>,
    /// Reads.
    pub read: Vec<Window>,
    /// The list of an agent's artifacts.
    pub artifacts_list: Vec<Window>,
    /// Links to artifacts.
    pub artifacts_download: Vec<Window>,
    /// The list of repositories.
    pub repositories: Vec<Window>,
    /// Wrong keys from one address.
    pub wrong_keys: Vec<Window>,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
}

impl RateLimitOptions {
    /// No limits at all.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self {
            create: Vec::new(),
            change: Vec::new(),
            read: Vec::new(),
            artifacts_list: Vec::new(),
            artifacts_download: Vec::new(),
            repositories: Vec::new(),
            wrong_keys: Vec::new(),
            trusted_proxies: Vec::new(),
        }
    }
}

/// Generous, so that only a program that has gone wild meets them; those of artifacts are Cursor's own.
impl Default for RateLimitOptions {
    fn default() -> Self {
        let window = |count: u32, period| Window {
            count: NonZeroU32::MIN.saturating_add(count - 1),
            period,
        };
        let artifacts = vec![window(300, Period::Minute), window(6_000, Period::Hour)];
        Self {
            create: vec![window(1_000, Period::Minute), window(20_000, Period::Hour)],
            change: vec![window(2_000, Period::Minute)],
            read: vec![window(12_000, Period::Minute)],
            artifacts_list: artifacts.clone(),
            artifacts_download: artifacts,
            repositories: Vec::new(),
            wrong_keys: vec![window(120, Period::Minute)],
            trusted_proxies: Vec::new(),
        }
    }
}

/// So many in so long, such as `300/min`; room comes back evenly and not all at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    count: NonZeroU32,
    period: Period,
}

/// How long a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// `s`.
    Second,
    /// `min`.
    Minute,
    /// `h`.
    Hour,
}

/// The text is no window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a limit is a count of 1 to {COUNT_MAX} and a period, such as \"10/s\", \"300/min\" or \"6000/h\""
)]
pub struct InvalidWindow;

impl FromStr for Window {
    type Err = InvalidWindow;

    fn from_str(text: &str) -> Result<Self, InvalidWindow> {
        let (count, period) = text.split_once('/').ok_or(InvalidWindow)?;
        let period = match period {
            "s" => Period::Second,
            "min" => Period::Minute,
            "h" => Period::Hour,
            _ => return Err(InvalidWindow),
        };
        let digits = count.bytes().all(|byte| byte.is_ascii_digit());
        let count = count.parse::<NonZeroU32>().ok();
        let count = count.filter(|count| digits && count.get() <= COUNT_MAX);
        Ok(Self {
            count: count.ok_or(InvalidWindow)?,
            period,
        })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let period = match self.period {
            Period::Second => "s",
            Period::Minute => "min",
            Period::Hour => "h",
        };
        write!(f, "{}/{period}", self.count)
    }
}

impl Window {
    /// How long the window is.
    pub(super) const fn period(self) -> Period {
        self.period
    }

    pub(super) const fn quota(self) -> Quota {
        match self.period {
            Period::Second => Quota::per_second(self.count),
            Period::Minute => Quota::per_minute(self.count),
            Period::Hour => Quota::per_hour(self.count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_read_what_they_show() {
        for text in ["1/s", "300/min", "1000000/h"] {
            assert_eq!(text.parse::<Window>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "300",
            "/min",
            "0/min",
            "-1/s",
            "+1/s",
            "1/day",
            "1.5/s",
            "1000001/h",
            "1 / s",
        ] {
            assert_eq!(text.parse::<Window>(), Err(InvalidWindow), "{text:?}");
        }
    }

    #[test]
    fn an_agent_that_polls_never_meets_the_standard() {
        let standard = RateLimitOptions::default();
        let shown: Vec<String> = standard.read.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            ["12000/min"],
            "a thousand agents asked about every five seconds"
        );
        assert!(standard.repositories.is_empty());
        assert_eq!(standard.artifacts_list, standard.artifacts_download);
    }
}
