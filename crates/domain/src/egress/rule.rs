//! One line of a list: a host, or the hosts below one.

use std::fmt;
use std::str::FromStr;

use url::Host;

use super::EgressTarget;

/// What a line of a list opens: `example.org`, `*.example.org` for everything below it but not itself,
/// either with `:port` for that port alone instead of 443 and 80.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EgressRule {
    name: String,
    reach: Reach,
    port: Option<u16>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Reach {
    Itself,
    Below,
}

/// The text opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is neither a host such as \"example.org\", nor the hosts below one such as \
     \"*.example.org\", either with or without a port"
)]
pub struct InvalidEgressRule(String);

impl EgressRule {
    /// Whether a place is open by it.
    #[must_use]
    pub fn opens(&self, target: &EgressTarget) -> bool {
        let host = target.host();
        let is_named = match self.reach {
            Reach::Itself => host == self.name,
            // The dot before it keeps `evil-example.org` out.
            Reach::Below => host
                .strip_suffix(&self.name)
                .and_then(|front| front.strip_suffix('.'))
                .is_some_and(|front| !front.is_empty()),
        };
        let is_at = match self.port {
            Some(port) => target.port() == port,
            None => target.is_at_usual_port(),
        };
        is_named && is_at
    }

    /// Whether it opens nothing but the ports that are meant where nobody names one: 443 and 80.
    #[must_use]
    pub fn is_at_usual_ports(&self) -> bool {
        self.port.is_none_or(EgressTarget::is_usual_port)
    }

    /// The rule of a host that the code itself names.
    pub(super) fn of_name(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            reach: Reach::Itself,
            port: None,
        }
    }
}

impl FromStr for EgressRule {
    type Err = InvalidEgressRule;

    fn from_str(text: &str) -> Result<Self, InvalidEgressRule> {
        let invalid = || InvalidEgressRule(text.to_owned());
        let (reach, rest) = match text.strip_prefix("*.") {
            Some(rest) => (Reach::Below, rest),
            None => (Reach::Itself, text),
        };
        // People write names of other scripts as they are; on the wire they are punycode.
        let (name, port) = match rest.split_once(':') {
            None => (rest, None),
            Some((name, port)) => (name, Some(port.parse::<u16>().map_err(|_| invalid())?)),
        };
        let Ok(Host::Domain(name)) = Host::parse(name) else {
            return Err(invalid());
        };
        // Read once more as what is compared with it, so both have one spelling.
        let target = EgressTarget::parse(&name, Some(port.unwrap_or(443)));
        let target = target.map_err(|_| invalid())?;
        Ok(Self {
            name: target.host().to_owned(),
            reach,
            port,
        })
    }
}

impl fmt::Display for EgressRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reach == Reach::Below {
            f.write_str("*.")?;
        }
        f.write_str(&self.name)?;
        match self.port {
            None => Ok(()),
            Some(port) => write!(f, ":{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opens(rule: &str, place: &str) -> bool {
        let rule: EgressRule = rule.parse().unwrap();
        rule.opens(&EgressTarget::parse(place, None).unwrap())
    }

    #[test]
    fn a_host_opens_itself_on_the_usual_ports() {
        for place in ["example.org:443", "EXAMPLE.org:80", "example.org.:443"] {
            assert!(opens("example.org", place), "{place}");
            assert!(opens("Example.ORG.", place), "{place}");
        }
        for place in [
            "www.example.org:443",
            "example.org:22",
            "example.org:8443",
            "evil-example.org:443",
            "evilexample.org:443",
            "example.org.evil.com:443",
            "example.orgs:443",
            "xample.org:443",
            "org:443",
        ] {
            assert!(!opens("example.org", place), "{place}");
        }
    }

    #[test]
    fn a_star_opens_what_is_below_and_not_itself() {
        for place in [
            "a.example.org:443",
            "a.b.example.org:80",
            "A.Example.Org:443",
        ] {
            assert!(opens("*.example.org", place), "{place}");
        }
        for place in [
            "example.org:443",
            "evil-example.org:443",
            "example.org.evil.com:443",
            "a.example.org.evil.com:443",
            "a.example.org:8443",
        ] {
            assert!(!opens("*.example.org", place), "{place}");
        }
    }

    #[test]
    fn a_port_opens_that_one_alone() {
        assert!(opens("example.org:8443", "example.org:8443"));
        assert!(!opens("example.org:8443", "example.org:443"));
        assert!(opens("*.example.org:8443", "a.example.org:8443"));
        for (rule, expected) in [("a.org", true), ("a.org:443", true), ("*.a.org:22", false)] {
            let rule: EgressRule = rule.parse().unwrap();
            assert_eq!(rule.is_at_usual_ports(), expected, "{rule}");
        }
    }

    #[test]
    fn other_scripts_are_their_punycode() {
        assert!(opens("bücher.example", "xn--bcher-kva.example:443"));
        let rule: EgressRule = "*.BÜCHER.example:8080".parse().unwrap();
        assert_eq!(rule.to_string(), "*.xn--bcher-kva.example:8080");
    }

    #[test]
    fn what_opens_nothing_is_refused() {
        for bad in [
            "",
            "*",
            "*.",
            "*.*.example.org",
            "a.*.example.org",
            "https://example.org",
            "example.org/x",
            "u@example.org",
            "example.org:0",
            "example.org:x",
            "example.org:443:1",
            "10.0.0.0/8",
            "10.0.0.1",
            "127.1",
            "*.1",
            "::1",
            "[::1]",
            "a b",
        ] {
            assert!(bad.parse::<EgressRule>().is_err(), "{bad}");
        }
    }
}
