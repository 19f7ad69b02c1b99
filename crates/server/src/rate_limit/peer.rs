//! Whose address a request came from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use outwork_domain::address::Network;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of the connection that a request came over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// The address of who asks: the other end of the connection, or, if that is a trusted proxy, whom the
/// proxy names.
pub(crate) fn asker(parts: &Parts, trusted: &[Network]) -> IpAddr {
    let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let peer = parts.extensions.get::<Peer>();
    let peer = peer.map_or(unknown, |Peer(address)| address.ip().to_canonical());
    behind(peer, &parts.headers, trusted)
}

/// Each proxy adds whom it talked to at the end, so the list is read from there for as long as the
/// names are those of trusted proxies: anything before that may be invented.
fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut found = peer;
    if !is_trusted(found) {
        return found;
    }
    let lines = headers.get_all(FORWARDED_FOR).iter();
    let lines: Vec<&str> = lines.map(|line| line.to_str().unwrap_or("?")).collect();
    for name in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Some(address) = address_of(name.trim()) else {
            return found;
        };
        found = address;
        if !is_trusted(found) {
            return found;
        }
    }
    found
}

/// Some proxies add the port.
fn address_of(name: &str) -> Option<IpAddr> {
    let address = name.parse::<IpAddr>().ok();
    let with_port = || name.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let bracketed = || name.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address = address.or_else(with_port).or_else(bracketed)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted = ["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        behind(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_cannot_name_somebody_else() {
        assert_eq!(found("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(found("192.0.2.1", &[]), "192.0.2.1");
    }

    #[test]
    fn a_trusted_proxy_names_whom_it_talked_to() {
        assert_eq!(found("127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            found("127.0.0.1", &["1.1.1.1, 198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(
            found("127.0.0.1", &["1.1.1.1", "198.51.100.7, 10.1.1.1"]),
            "198.51.100.7"
        );
        assert_eq!(found("127.0.0.1", &["10.2.2.2, 10.1.1.1"]), "10.2.2.2");
        assert_eq!(found("127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn a_name_that_is_none_ends_the_list() {
        assert_eq!(
            found("127.0.0.1", &["198.51.100.7, unknown, 10.1.1.1"]),
            "10.1.1.1"
        );
        assert_eq!(found("127.0.0.1", &["_hidden"]), "127.0.0.1");
        assert_eq!(found("127.0.0.1", &["198.51.100.7,"]), "127.0.0.1");
    }

    #[test]
    fn ports_and_brackets_are_left_out() {
        for (name, address) in [
            ("198.51.100.7:4711", "198.51.100.7"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
        ] {
            assert_eq!(found("127.0.0.1", &[name]), address);
        }
    }
}
