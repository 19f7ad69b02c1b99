//! Where a command wants to go, as it tells the proxy.

use std::fmt;

use crate::address::{OutboundHost, OutboundUrl, Plain};

/// The ports that are meant where nobody names one.
const USUAL_PORTS: [u16; 2] = [443, 80];

/// A host by name, and a port.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EgressTarget(OutboundUrl);

/// The text names nothing that could be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// No host, or a host with what belongs to none.
    #[error("that is no name of a host with a port")]
    Malformed,
    /// An address of a machine, in whatever spelling; what is open is open by name.
    #[error("addresses without a name are not reached, so name the host")]
    Address,
}

impl EgressTarget {
    /// Reads `host:port`, or `host` where a port goes without saying.
    ///
    /// # Errors
    ///
    /// [`InvalidTarget`] says what it is instead.
    pub fn parse(authority: &str, port: Option<u16>) -> Result<Self, InvalidTarget> {
        // The parser of addresses would take a path, a user, escapes or another script for what it makes
        // of them, and whoever reads the same text later for something else.
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.:[]".contains(&b);
        if !authority.bytes().all(legal) {
            return Err(InvalidTarget::Malformed);
        }
        let is_literal = authority.starts_with('[');
        let text = match (port, is_literal, authority.split_once(':')) {
            // More than one colon is an address of version 6 that lacks its brackets.
            (_, false, Some((_, rest))) if rest.contains(':') => {
                return Err(InvalidTarget::Address);
            }
            (_, true, _) | (_, false, Some(_)) => format!("https://{authority}/"),
            (Some(port), false, None) => format!("https://{authority}:{port}/"),
            (None, false, None) => return Err(InvalidTarget::Malformed),
        };
        if let Some((_, written)) = authority.rsplit_once(':').filter(|_| !is_literal)
            && !is_port(written)
        {
            return Err(InvalidTarget::Malformed);
        }
        let url =
            OutboundUrl::parse(&text, Plain::Refused).map_err(|_| InvalidTarget::Malformed)?;
        match url.host() {
            OutboundHost::Address(_) => Err(InvalidTarget::Address),
            OutboundHost::Name(_) => Ok(Self(url)),
        }
    }

    /// The name, in lower case and without a dot at its end.
    #[must_use]
    pub fn host(&self) -> &str {
        match self.0.host() {
            OutboundHost::Name(name) => name,
            // None is made of an address.
            OutboundHost::Address(_) => "",
        }
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port()
    }

    /// Whether the port is one of those that are meant where nobody names one: 443 or 80.
    #[must_use]
    pub fn is_at_usual_port(&self) -> bool {
        Self::is_usual_port(self.port())
    }

    /// The same of any port.
    pub(super) fn is_usual_port(port: u16) -> bool {
        USUAL_PORTS.contains(&port)
    }

    /// The same as an address that the outbound classifier judges.
    #[must_use]
    pub const fn url(&self) -> &OutboundUrl {
        &self.0
    }
}

/// Digits and nothing else, not 0: what is empty or has a sign is read by some as another port.
fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

impl fmt::Display for EgressTarget {
    /// The host, with the port where that is neither of the usual two.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_at_usual_port() {
            f.write_str(self.host())
        } else {
            write!(f, "{}:{}", self.host(), self.port())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_one_spelling() {
        for (text, shown) in [
            ("example.org:443", "example.org"),
            ("EXAMPLE.Org:80", "example.org"),
            ("example.org.:443", "example.org"),
            ("example.org:8443", "example.org:8443"),
            ("xn--bcher-kva.example:443", "xn--bcher-kva.example"),
            ("a_b.example.org:0443", "a_b.example.org"),
            ("localhost:443", "localhost"),
        ] {
            let target = EgressTarget::parse(text, None);
            assert_eq!(
                target.map(|it| it.to_string()).as_deref(),
                Ok(shown),
                "{text}"
            );
        }
        let plain = EgressTarget::parse("example.org", Some(80)).unwrap();
        assert_eq!((plain.host(), plain.port()), ("example.org", 80));
        let written = EgressTarget::parse("example.org:81", Some(80)).unwrap();
        assert_eq!(written.port(), 81);
    }

    #[test]
    fn an_address_is_none_in_any_spelling() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0X7F.1",
            "0177.0.0.1",
            "017700000001",
            "127.0.0.1.",
            "0",
            "8.8.8.8",
            "134744072",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[0:0:0:0:0:0:0:1]",
            "[2001:4860:4860::8888]",
            "[64:ff9b::7f00:1]",
        ] {
            let found = EgressTarget::parse(&format!("{host}:443"), None);
            assert_eq!(found, Err(InvalidTarget::Address), "{host}");
        }
        for bare in ["::1", "fe80::1", "2001:4860:4860::8888:443"] {
            let found = EgressTarget::parse(bare, Some(443));
            assert_eq!(found, Err(InvalidTarget::Address), "{bare}");
        }
    }

    #[test]
    fn what_others_would_read_differently_is_refused() {
        for text in [
            "",
            ":443",
            "example.org",
            "example.org:",
            "example.org:0",
            "example.org:99999",
            "example.org:+443",
            "example.org:443:80",
            "user@example.org:443",
            "allowed.example@evil.example:443",
            "example.org/x:443",
            "example.org?x:443",
            "example.org#x:443",
            "example.org\\evil:443",
            "example%2eorg:443",
            "exa mple.org:443",
            "example.org\t:443",
            "example.org\u{0}:443",
            "bücher.example:443",
            "１２７.0.0.1:443",
            "[fe80::1%25eth0]:443",
            "[fe80::1%eth0]:443",
            "[::1:443",
            "example..org:443",
            ".example.org:443",
            "1.2.3.4.5:443",
            "*.example.org:443",
        ] {
            assert!(EgressTarget::parse(text, None).is_err(), "{text}");
        }
    }
}
