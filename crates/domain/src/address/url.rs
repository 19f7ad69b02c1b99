//! An address that a user wants the server to call, parsed once.
//!
//! It is parsed as browsers parse addresses (WHATWG URL), so every spelling of an IPv4 address becomes that
//! address, and what is judged is what will be called.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::limits::OUTBOUND_URL_BYTES_MAX;

/// An `https` or `http` address with a host and without credentials.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OutboundUrl(Url);

/// Whether `http` is open beside `https`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Plain {
    /// It is not.
    #[default]
    Refused,
    /// It is.
    Allowed,
}

/// Where an address leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutboundHost<'a> {
    /// Straight to there.
    Address(IpAddr),
    /// Wherever the name leads at that moment; in lower case, without a dot at its end.
    Name(&'a str),
}

/// The text is no address that could be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOutboundUrl {
    /// Not an address at all.
    #[error("must be an address such as https://example.com/hook")]
    Malformed,
    /// Too long.
    #[error("must be at most {OUTBOUND_URL_BYTES_MAX} characters")]
    TooLong,
    /// Neither https nor http.
    #[error("must begin with https://")]
    Scheme,
    /// http, where only https is open.
    #[error("must begin with https://: http is not allowed here")]
    PlainHttp,
    /// A user name or a password.
    #[error("must not contain a user name or a password")]
    Credentials,
}

impl OutboundUrl {
    /// Parses an address; whether its host may be called is judged elsewhere.
    ///
    /// # Errors
    ///
    /// [`InvalidOutboundUrl`] names the broken rule.
    pub fn parse(text: &str, plain: Plain) -> Result<Self, InvalidOutboundUrl> {
        if text.len() > OUTBOUND_URL_BYTES_MAX {
            return Err(InvalidOutboundUrl::TooLong);
        }
        // The parser would take such characters out or turn them, and others would read them differently.
        let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
        let (_, rest) = text
            .split_once("://")
            .ok_or(InvalidOutboundUrl::Malformed)?;
        if text.contains(odd) {
            return Err(InvalidOutboundUrl::Malformed);
        }
        let url = Url::parse(text).map_err(|_| InvalidOutboundUrl::Malformed)?;
        match (url.scheme(), plain) {
            ("https", _) | ("http", Plain::Allowed) => {}
            ("http", Plain::Refused) => return Err(InvalidOutboundUrl::PlainHttp),
            (_, Plain::Refused | Plain::Allowed) => return Err(InvalidOutboundUrl::Scheme),
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(InvalidOutboundUrl::Credentials);
        }
        // `https:///host` is an address to the parser, and to nobody else.
        if authority.is_empty() || url.port() == Some(0) {
            return Err(InvalidOutboundUrl::Malformed);
        }
        match url.host() {
            Some(Host::Domain(name)) if is_name(name) => Ok(Self(url)),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => Ok(Self(url)),
            Some(Host::Domain(_)) | None => Err(InvalidOutboundUrl::Malformed),
        }
    }

    /// The address in the form in which it is called.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The address as HTTP clients take it.
    #[must_use]
    pub const fn as_url(&self) -> &Url {
        &self.0
    }

    /// Where it leads.
    #[must_use]
    pub fn host(&self) -> OutboundHost<'_> {
        match self.0.host() {
            Some(Host::Ipv4(address)) => OutboundHost::Address(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => OutboundHost::Address(IpAddr::V6(address)),
            Some(Host::Domain(name)) => OutboundHost::Name(name.strip_suffix('.').unwrap_or(name)),
            None => OutboundHost::Name(""),
        }
    }

    /// The port, whether it is written or not.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// Host and port, under which calls to one receiver are counted together.
    #[must_use]
    pub fn place(&self) -> String {
        let port = self.port();
        match self.host() {
            OutboundHost::Address(IpAddr::V6(address)) => format!("[{address}]:{port}"),
            OutboundHost::Address(IpAddr::V4(address)) => format!("{address}:{port}"),
            OutboundHost::Name(name) => format!("{name}:{port}"),
        }
    }
}

impl fmt::Display for OutboundUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// RFC 1035's lengths and letters, with one dot at the end.
fn is_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let legal = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    name.len() <= 253 && name.split('.').all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{is_own_name, refusal};

    fn host(text: &str) -> Result<String, InvalidOutboundUrl> {
        let url = OutboundUrl::parse(text, Plain::Allowed)?;
        Ok(match url.host() {
            OutboundHost::Address(address) => address.to_string(),
            OutboundHost::Name(name) => name.to_owned(),
        })
    }

    #[test]
    fn every_spelling_of_an_address_is_that_address() {
        for loopback in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0x7f.0.0.0x1",
            "0177.0.0.1",
            "0177.1",
            "017700000001",
            "127.0.0.1.",
            "127.000.000.001",
            "0X7F.1",
            "%31%32%37.0.0.1",
            "１２７.0.0.1",
            "127。0。0。1",
            "①②⑦.⓪.⓪.①",
            "127%2e0%2E0%2e1",
        ] {
            let found = host(&format!("https://{loopback}/x"));
            assert_eq!(found.as_deref(), Ok("127.0.0.1"), "{loopback}");
        }
        for (text, address) in [
            ("https://0/", "0.0.0.0"),
            ("https://[::1]/", "::1"),
            ("https://[0:0:0:0:0:0:0:1]:8443/", "::1"),
            ("https://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1"),
            ("https://[::ffff:7f00:1]/", "::ffff:127.0.0.1"),
            ("https://[::]/", "::"),
            ("https://0xa9fea9fe/", "169.254.169.254"),
            ("https://2852039166/", "169.254.169.254"),
            ("https://10.1/", "10.0.0.1"),
            ("HTTPS://8.8.8.8/", "8.8.8.8"),
        ] {
            assert_eq!(host(text).as_deref(), Ok(address), "{text}");
        }
    }

    #[test]
    fn every_spelling_of_this_machine_is_refused() {
        for own in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "LocalHost.",
            "a.localhost",
            "ｌocalhost",
        ] {
            let found = host(&format!("https://{own}:8443/")).unwrap();
            assert!(is_own_name(&found), "{own} became {found}");
        }
        for own in [
            "[::1]",
            "[::ffff:127.0.0.1]",
            "0",
            "127.1",
            "[::]",
            "0x7f.1",
            "[64:ff9b::7f00:1]",
        ] {
            let found = host(&format!("https://{own}/")).unwrap();
            assert!(refusal(found.parse().unwrap()).is_some(), "{own}");
        }
    }

    #[test]
    fn what_parsers_disagree_about_is_no_address() {
        use InvalidOutboundUrl::{Credentials, Malformed, PlainHttp, Scheme, TooLong};
        for (text, fault) in [
            ("", Malformed),
            ("example.com", Malformed),
            ("https://", Malformed),
            ("https:///example.com", Malformed),
            ("https:example.com", Malformed),
            ("https://example.com:0/", Malformed),
            ("https://example.com:65536/", Malformed),
            ("https://exa mple.com/", Malformed),
            (" https://example.com/", Malformed),
            ("https://example.com/\n", Malformed),
            ("https://exam\tple.com/", Malformed),
            ("https://example.com\\@127.0.0.1/", Malformed),
            ("https://[fe80::1%25eth0]/", Malformed),
            ("https://[fe80::1%eth0]/", Malformed),
            ("https://[::1/", Malformed),
            ("https://1.2.3.4.5/", Malformed),
            ("https://256.1.1.1/", Malformed),
            ("https://0x100000000/", Malformed),
            ("https://127.0.0.1../", Malformed),
            ("https://a..b/", Malformed),
            ("https://example.com%00.evil.test/", Malformed),
            ("https://u@example.com/", Credentials),
            ("https://u:p@example.com/", Credentials),
            ("https://@example.com/", Credentials),
            ("https://example.com@127.0.0.1/", Credentials),
            ("ftp://example.com/", Scheme),
            ("file:///etc/passwd", Scheme),
            ("gopher://127.0.0.1/", Scheme),
            ("data://text", Scheme),
        ] {
            let found = OutboundUrl::parse(text, Plain::Allowed);
            assert_eq!(found.map(drop), Err(fault), "{text:?}");
        }
        let plain = OutboundUrl::parse("http://example.com/", Plain::Refused);
        assert_eq!(plain, Err(PlainHttp));
        let long = format!("https://example.com/{}", "a".repeat(OUTBOUND_URL_BYTES_MAX));
        assert_eq!(OutboundUrl::parse(&long, Plain::Allowed), Err(TooLong));
        let long = format!("https://{}.example.com/", "a".repeat(64));
        assert_eq!(OutboundUrl::parse(&long, Plain::Allowed), Err(Malformed));
    }

    #[test]
    fn knows_its_place() {
        for (text, place) in [
            (
                "https://Hooks.Example.com./a@b?c@d",
                "hooks.example.com:443",
            ),
            ("http://example.com/", "example.com:80"),
            ("https://[2a00::1]:8443/", "[2a00::1]:8443"),
            ("https://127.1/", "127.0.0.1:443"),
        ] {
            let url = OutboundUrl::parse(text, Plain::Allowed).unwrap();
            assert_eq!(url.place(), place);
        }
    }

    proptest::proptest! {
        /// What was parsed is read the same again, whatever it was.
        #[test]
        fn the_form_that_is_called_is_a_fixed_point(text in "https?://[a-z0-9.:@%\\[\\]/?#-]{0,40}") {
            if let Ok(url) = OutboundUrl::parse(&text, Plain::Allowed) {
                let again = OutboundUrl::parse(url.as_str(), Plain::Allowed).unwrap();
                proptest::prop_assert_eq!(again.host(), url.host());
                proptest::prop_assert_eq!(again.port(), url.port());
            }
        }
    }
}
