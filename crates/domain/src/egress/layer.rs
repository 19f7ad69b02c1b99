//! What one place says about the network: how far it begins, and what is added.

use std::fmt;
use std::str::FromStr;

use super::{EgressRule, EgressTarget};

/// How far the network is open for a server, or for a project in its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EgressMode {
    /// Every public host on the ports 443 and 80, the configured forges, and the list, both of which may
    /// name other ports.
    All,
    /// The registries of packages, the configured forges, and the list.
    #[default]
    Defaults,
    /// The list.
    List,
    /// Nothing.
    None,
}

/// The word is none of those that say how far the network is open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of all, defaults, list and none")]
pub struct UnknownEgressMode(String);

impl EgressMode {
    /// The word of configuration files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Defaults => "defaults",
            Self::List => "list",
            Self::None => "none",
        }
    }
}

impl fmt::Display for EgressMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for EgressMode {
    type Err = UnknownEgressMode;

    fn from_str(text: &str) -> Result<Self, UnknownEgressMode> {
        [Self::All, Self::Defaults, Self::List, Self::None]
            .into_iter()
            .find(|mode| mode.word() == text)
            .ok_or_else(|| UnknownEgressMode(text.to_owned()))
    }
}

/// What the operator says, for a server or for one project.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EgressLayer {
    /// How far it begins.
    pub mode: EgressMode,
    /// What is added; without effect in `None`.
    pub allow: Vec<EgressRule>,
}

impl EgressLayer {
    pub(super) fn opens(&self, target: &EgressTarget, defaults: &[EgressRule]) -> bool {
        let listed = |rules: &[EgressRule]| rules.iter().any(|rule| rule.opens(target));
        match self.mode {
            EgressMode::All => target.is_at_usual_port() || listed(defaults) || listed(&self.allow),
            EgressMode::Defaults => listed(defaults) || listed(&self.allow),
            EgressMode::List => listed(&self.allow),
            EgressMode::None => false,
        }
    }

    pub(super) fn opens_anything(&self) -> bool {
        match self.mode {
            EgressMode::All | EgressMode::Defaults => true,
            EgressMode::List => !self.allow.is_empty(),
            EgressMode::None => false,
        }
    }
}

/// What the wish of an environment begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EgressBase {
    /// Every public host on the ports 443 and 80, the configured forges, and whatever is open without it
    /// (`allow_all`).
    All,
    /// Whatever is open without it (`parent_plus_network_settings`).
    #[default]
    Parent,
    /// The registries of packages and the configured forges (`default_with_network_settings`).
    Defaults,
    /// Nothing (`network_settings_only`).
    Nothing,
}

/// What an environment wishes: `egressMode` and `egressAllowlist` of its set-up file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EgressWish {
    /// What it begins with.
    pub base: EgressBase,
    /// What it adds.
    pub allow: Vec<EgressRule>,
}

impl EgressWish {
    /// What is taken for the wish where nobody can read what it is: wishes may close, so anything else would
    /// open.
    pub const UNKNOWN: Self = Self {
        base: EgressBase::Nothing,
        allow: Vec::new(),
    };

    pub(super) fn opens(
        &self,
        target: &EgressTarget,
        defaults: &[EgressRule],
        parent: impl FnOnce() -> bool,
    ) -> bool {
        let listed = |rules: &[EgressRule]| rules.iter().any(|rule| rule.opens(target));
        let begun = match self.base {
            EgressBase::All => target.is_at_usual_port() || listed(defaults) || parent(),
            EgressBase::Parent => parent(),
            EgressBase::Defaults => listed(defaults),
            EgressBase::Nothing => false,
        };
        begun || listed(&self.allow)
    }

    pub(super) fn opens_anything(&self, parent: impl FnOnce() -> bool) -> bool {
        let begun = match self.base {
            EgressBase::All | EgressBase::Defaults => true,
            EgressBase::Parent => parent(),
            EgressBase::Nothing => false,
        };
        begun || !self.allow.is_empty()
    }
}
