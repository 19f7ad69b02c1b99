//! A network in prefix notation (RFC 4632), as the operator's exceptions name one.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use super::range::within;

/// IPv4 addresses inside IPv6: `::ffff:0:0/96`.
const MAPPED_BITS: u32 = 96;

/// A network: its first address and how many bits of it count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    first: IpAddr,
    bits: u32,
}

/// The text is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network such as \"10.2.0.0/16\" or \"fd00:1::/32\"")]
pub struct InvalidNetwork(String);

impl Network {
    /// Whether an address lies in it; an IPv4-mapped address counts as the IPv4 address that it is.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        within(address, self.first, self.bits)
            || within(address.to_canonical(), self.first, self.bits)
    }
}

impl Network {
    /// Whether every address of a family lies in it.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        let mapped = within(
            IpAddr::V6(Ipv4Addr::UNSPECIFIED.to_ipv6_mapped()),
            self.first,
            self.bits,
        );
        self.bits == 0 || (mapped && self.bits <= MAPPED_BITS)
    }
}

/// `address/bits`, or an address alone for the network of that one.
impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let invalid = || InvalidNetwork(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().map_err(|_| invalid())?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let digits = |bits: &&str| !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit());
        let bits = match bits {
            None => most,
            Some(bits) => Some(bits)
                .filter(digits)
                .and_then(|bits| bits.parse().ok())
                .filter(|bits| *bits <= most)
                .ok_or_else(invalid)?,
        };
        Ok(Self { first, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_its_bits_say() {
        for (network, inside, outside) in [
            ("10.2.0.0/16", "10.2.255.255", "10.3.0.0"),
            ("127.0.0.0/8", "::ffff:127.9.9.9", "128.0.0.1"),
            ("192.168.1.1", "192.168.1.1", "192.168.1.2"),
            ("0.0.0.0/0", "8.8.8.8", "::1"),
            ("fd00:1::/32", "fd00:1:2::3", "fd00:2::1"),
            ("::/0", "fe80::1", "10.0.0.1"),
            ("::1", "::1", "::2"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{network}");
            assert!(!network.contains(outside.parse().unwrap()), "{network}");
        }
    }

    #[test]
    fn refuses_other_texts() {
        for bad in [
            "",
            "10.2",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "host/8",
        ] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }
}
