//! An exception of the operator: one host, or one network.

use std::fmt;
use std::str::FromStr;

use outwork_domain::address::{Network, OutboundHost, OutboundUrl, Plain};

/// What the operator opens; metadata services and the server itself stay closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AllowRule {
    /// A host as addresses name it, wherever its name leads.
    Host {
        /// The host: a name in lower case, or an address.
        host: String,
        /// Only this port, if there is one.
        port: Option<u16>,
    },
    /// Every address of a network, also if a name leads there.
    Network(Network),
}

/// The text opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is neither a host such as \"hooks.internal\" or \"hooks.internal:8443\" nor a network \
     such as \"10.2.0.0/16\""
)]
pub struct InvalidAllowRule(String);

impl AllowRule {
    /// Whether the rule opens a host by its own name and port.
    pub(super) fn opens_host(&self, found: OutboundHost<'_>, at: u16) -> bool {
        match self {
            Self::Host { host, port } => {
                let same = match found {
                    OutboundHost::Name(name) => name == host,
                    OutboundHost::Address(address) => address.to_string() == *host,
                };
                same && port.is_none_or(|port| port == at)
            }
            Self::Network(_) => false,
        }
    }
}

impl FromStr for AllowRule {
    type Err = InvalidAllowRule;

    fn from_str(text: &str) -> Result<Self, InvalidAllowRule> {
        if let Ok(network) = text.parse() {
            return Ok(Self::Network(network));
        }
        let invalid = || InvalidAllowRule(text.to_owned());
        if text.contains(['/', '?', '#', '*']) {
            return Err(invalid());
        }
        // Parsed as the addresses that it is compared with, so both have one spelling.
        let url = OutboundUrl::parse(&format!("http://{text}/"), Plain::Allowed);
        let url = url.map_err(|_| invalid())?;
        let host = match url.host() {
            OutboundHost::Name(name) => name.to_owned(),
            OutboundHost::Address(address) => address.to_string(),
        };
        let after = text.rsplit_once(':').map(|(_, port)| port);
        let port = after.and_then(|port| port.parse().ok());
        // A colon of an IPv6 address is none before a port.
        let port = port.filter(|_| !text.ends_with(']'));
        Ok(Self::Host { host, port })
    }
}

impl fmt::Display for AllowRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { host, port: None } => f.write_str(host),
            Self::Host {
                host,
                port: Some(port),
            } => write!(f, "{host}:{port}"),
            Self::Network(network) => network.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hosts_ports_and_networks() {
        for (text, shown) in [
            ("Hooks.Internal", "hooks.internal"),
            ("hooks.internal.:8443", "hooks.internal:8443"),
            ("hooks.internal:80", "hooks.internal:80"),
            ("10.2.0.0/16", "10.2.0.0/16"),
            ("10.2.3.4", "10.2.3.4/32"),
            ("10.2.3.4:8080", "10.2.3.4:8080"),
            ("[fd00::1]:8080", "fd00::1:8080"),
            ("::1", "::1/128"),
        ] {
            let rule: AllowRule = text.parse().unwrap();
            assert_eq!(rule.to_string(), shown, "{text}");
        }
        for bad in [
            "",
            "https://h",
            "h/x",
            "*.internal",
            "u@h",
            "h:0",
            "h:x",
            "10.0.0.0/40",
            "a b",
        ] {
            assert!(bad.parse::<AllowRule>().is_err(), "{bad}");
        }
    }
}
