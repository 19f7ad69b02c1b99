//! What a key may be used for: in which projects, for reading or more, from where, until when.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::address::{InvalidNetwork, Network};
use crate::{ProjectName, Timestamp};

/// The limits of a key; without any it may do all that its account may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRules {
    /// Whether it may change something.
    pub scope: KeyScope,
    /// The projects whose agents it may see and make; empty: it is not limited to projects.
    pub projects: Vec<ProjectName>,
    /// Where requests with it may come from; empty: from anywhere.
    pub networks: Vec<AllowedNetwork>,
    /// From when on it no longer works.
    pub expires_at: Option<Timestamp>,
}

impl KeyRules {
    /// Whether requests with it may come from that address.
    #[must_use]
    pub fn admit_address(&self, address: IpAddr) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|one| one.0.contains(address))
    }

    /// Whether it works at that time.
    #[must_use]
    pub fn hold_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// Whether a key may change something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyScope {
    /// It only reads.
    Read,
    /// It reads and writes.
    #[default]
    Write,
}

impl KeyScope {
    /// The stable word for it: `read` or `write`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// The text is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no scope: read or write")]
pub struct UnknownKeyScope(pub String);

impl FromStr for KeyScope {
    type Err = UnknownKeyScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            _ => Err(UnknownKeyScope(text.to_owned())),
        }
    }
}

/// A network that a key may be used from: never all of them, which would be no limit that anybody reads
/// as none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllowedNetwork(Network);

/// The text is no network that a key can be limited to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAllowedNetwork {
    /// It is no network at all.
    #[error(transparent)]
    Invalid(#[from] InvalidNetwork),
    /// It is every address there is.
    #[error("{0} is every address: leave the address out instead")]
    Everything(String),
}

impl FromStr for AllowedNetwork {
    type Err = InvalidAllowedNetwork;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let network: Network = text.parse()?;
        if network.is_everything() {
            return Err(InvalidAllowedNetwork::Everything(text.to_owned()));
        }
        Ok(Self(network))
    }
}

impl fmt::Display for AllowedNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_any_but_all() {
        for all in [
            "0.0.0.0/0",
            "::/0",
            "10.0.0.0/0",
            "::ffff:0.0.0.0/96",
            "::ffff:1.2.3.4/90",
        ] {
            let refused = all.parse::<AllowedNetwork>();
            assert!(
                matches!(refused, Err(InvalidAllowedNetwork::Everything(_))),
                "{all}"
            );
        }
        assert!("10.0.0.0/33".parse::<AllowedNetwork>().is_err());
        let rules = KeyRules {
            networks: vec![
                "10.0.0.0/8".parse().unwrap(),
                "2001:db8::1".parse().unwrap(),
            ],
            ..KeyRules::default()
        };
        for (address, admitted) in [
            ("10.255.0.1", true),
            ("::ffff:10.0.0.1", true),
            ("11.0.0.1", false),
            ("2001:db8::1", true),
            ("2001:db8::2", false),
        ] {
            assert_eq!(
                rules.admit_address(address.parse().unwrap()),
                admitted,
                "{address}"
            );
        }
        assert!(KeyRules::default().admit_address("11.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_key_ends_at_its_time() {
        let rules = KeyRules {
            expires_at: Some(Timestamp::from_millis(10)),
            ..KeyRules::default()
        };
        assert!(rules.hold_at(Timestamp::from_millis(9)));
        assert!(!rules.hold_at(Timestamp::from_millis(10)));
        assert!(KeyRules::default().hold_at(Timestamp::from_millis(i64::MAX)));
    }
}
