//! What an address is for, by the special-purpose registries of IANA (RFC 6890 and its successors).
//!
//! Refused is everything that is not an ordinary public host: the registries' blocks whether they are
//! reachable or not, multicast, what is not given out, and every way of writing an IPv4 address inside an
//! IPv6 one, because a translator on the way may turn it back. A NAT64 prefix that a network made up for
//! itself cannot be told from any other.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of addresses: first address, bits that count, and why nobody is called there.
type Block<A> = (A, u32, &'static str);

const PRIVATE: &str = "it is in a private network";
const LOOPBACK: &str = "it is this machine";
const LINK_LOCAL: &str = "it is a link-local address";
const DOCUMENTATION: &str = "it is reserved for documentation";
const BENCHMARKING: &str = "it is reserved for benchmarks";
const MULTICAST: &str = "it is a multicast address";
const RESERVED: &str = "it is reserved";
const INFRASTRUCTURE: &str = "it belongs to the network's own services";
const TRANSLATED: &str = "it holds an IPv4 address";
const NOT_GIVEN_OUT: &str = "it is not given out to anybody";

const V4: &[Block<Ipv4Addr>] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, LOOPBACK),
    (Ipv4Addr::new(10, 0, 0, 0), 8, PRIVATE),
    (Ipv4Addr::new(100, 64, 0, 0), 10, PRIVATE),
    (Ipv4Addr::new(127, 0, 0, 0), 8, LOOPBACK),
    (Ipv4Addr::new(169, 254, 0, 0), 16, LINK_LOCAL),
    (Ipv4Addr::new(172, 16, 0, 0), 12, PRIVATE),
    (Ipv4Addr::new(192, 0, 0, 0), 24, INFRASTRUCTURE),
    (Ipv4Addr::new(192, 0, 2, 0), 24, DOCUMENTATION),
    (Ipv4Addr::new(192, 31, 196, 0), 24, INFRASTRUCTURE),
    (Ipv4Addr::new(192, 52, 193, 0), 24, INFRASTRUCTURE),
    (Ipv4Addr::new(192, 88, 99, 0), 24, INFRASTRUCTURE),
    (Ipv4Addr::new(192, 168, 0, 0), 16, PRIVATE),
    (Ipv4Addr::new(192, 175, 48, 0), 24, INFRASTRUCTURE),
    (Ipv4Addr::new(198, 18, 0, 0), 15, BENCHMARKING),
    (Ipv4Addr::new(198, 51, 100, 0), 24, DOCUMENTATION),
    (Ipv4Addr::new(203, 0, 113, 0), 24, DOCUMENTATION),
    (Ipv4Addr::new(224, 0, 0, 0), 4, MULTICAST),
    (Ipv4Addr::new(240, 0, 0, 0), 4, RESERVED),
    // A public address that is a service of the machine's own host there (Azure).
    (Ipv4Addr::new(168, 63, 129, 16), 32, INFRASTRUCTURE),
];

const V6: &[Block<Ipv6Addr>] = &[
    (Ipv6Addr::UNSPECIFIED, 128, LOOPBACK),
    (Ipv6Addr::LOCALHOST, 128, LOOPBACK),
    // IPv4-compatible, IPv4-mapped and IPv4-translated addresses.
    (Ipv6Addr::UNSPECIFIED, 96, TRANSLATED),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, TRANSLATED),
    (Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96, TRANSLATED),
    // NAT64, for everybody and for one network.
    (
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0),
        96,
        TRANSLATED,
    ),
    (
        Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0),
        48,
        TRANSLATED,
    ),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, RESERVED),
    (Ipv6Addr::new(0x100, 0, 0, 1, 0, 0, 0, 0), 64, RESERVED),
    // Teredo, benchmarks, ORCHID and the rest of the protocol assignments.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, TRANSLATED),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, BENCHMARKING),
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        23,
        INFRASTRUCTURE,
    ),
    (
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
        32,
        DOCUMENTATION,
    ),
    // 6to4.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, TRANSLATED),
    (
        Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0),
        48,
        INFRASTRUCTURE,
    ),
    (
        Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0),
        20,
        DOCUMENTATION,
    ),
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16, RESERVED),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, PRIVATE),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, LINK_LOCAL),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, PRIVATE),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, MULTICAST),
];

/// The only block from which public addresses are given out.
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Where clouds answer their machines with credentials, beyond 169.254.0.0/16.
const METADATA: &[(IpAddr, u32)] = &[
    (IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)), 32),
    (IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)), 32),
    (IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)), 32),
    (
        IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0)),
        32,
    ),
    (
        IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
        128,
    ),
    (
        IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe)),
        128,
    ),
];

/// Why nobody is called at an address; nothing for an ordinary public host.
#[must_use]
pub fn refusal(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => V4
            .iter()
            .find(|(first, bits, _)| v4_within(address, *first, *bits))
            .map(|(_, _, why)| *why),
        IpAddr::V6(address) => refusal_v6(address),
    }
}

fn refusal_v6(address: Ipv6Addr) -> Option<&'static str> {
    let block = V6
        .iter()
        .find(|(first, bits, _)| v6_within(address, *first, *bits));
    if let Some((_, _, why)) = block {
        return Some(why);
    }
    let (first, bits) = GLOBAL_UNICAST;
    if !v6_within(address, first, bits) {
        return Some(NOT_GIVEN_OUT);
    }
    isatap(address).then_some(TRANSLATED)
}

/// Whether an address hands out a machine's credentials, in whatever form it is written; no exception
/// opens it.
#[must_use]
pub fn is_metadata(address: IpAddr) -> bool {
    let forms = [Some(address), embedded(address).map(IpAddr::V4)];
    forms.into_iter().flatten().any(|address| {
        METADATA
            .iter()
            .any(|(first, bits)| within(address, *first, *bits))
    })
}

/// The IPv4 address that an IPv6 address stands for.
pub(super) fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else {
        return None;
    };
    let s = address.segments();
    let v4 = |high: u16, low: u16| Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match s {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => {
            v4(high, low)
        }
        [0x64, 0xff9b, .., high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        [0x2001, 0, .., high, low] => v4(!high, !low),
        [.., high, low] if isatap(address) => v4(high, low),
        [..] => None,
    }
}

/// RFC 5214: the interface part says that an IPv4 address follows.
fn isatap(address: Ipv6Addr) -> bool {
    let [.., universal, marker, _, _] = address.segments();
    marker == 0x5efe && universal & 0xfcff == 0
}

/// Whether an address lies in a block of the same family.
pub(super) fn within(address: IpAddr, first: IpAddr, bits: u32) -> bool {
    match (address, first) {
        (IpAddr::V4(address), IpAddr::V4(first)) => v4_within(address, first, bits),
        (IpAddr::V6(address), IpAddr::V6(first)) => v6_within(address, first, bits),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

fn v4_within(address: Ipv4Addr, first: Ipv4Addr, bits: u32) -> bool {
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    u32::from(address) & mask == u32::from(first) & mask
}

fn v6_within(address: Ipv6Addr, first: Ipv6Addr, bits: u32) -> bool {
    let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
    u128::from(address) & mask == u128::from(first) & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> Option<&'static str> {
        refusal(text.parse().unwrap())
    }

    /// Every block of the IPv4 registry, multicast and class E: its first and its last address.
    #[test]
    fn every_special_block_of_ipv4_is_refused_to_its_edges() {
        for (first, last) in [
            ("0.0.0.0", "0.255.255.255"),
            ("10.0.0.0", "10.255.255.255"),
            ("100.64.0.0", "100.127.255.255"),
            ("127.0.0.0", "127.255.255.255"),
            ("169.254.0.0", "169.254.255.255"),
            ("172.16.0.0", "172.31.255.255"),
            ("192.0.0.0", "192.0.0.255"),
            ("192.0.0.8", "192.0.0.10"),
            ("192.0.0.170", "192.0.0.171"),
            ("192.0.2.0", "192.0.2.255"),
            ("192.31.196.0", "192.31.196.255"),
            ("192.52.193.0", "192.52.193.255"),
            ("192.88.99.0", "192.88.99.255"),
            ("192.168.0.0", "192.168.255.255"),
            ("192.175.48.0", "192.175.48.255"),
            ("198.18.0.0", "198.19.255.255"),
            ("198.51.100.0", "198.51.100.255"),
            ("203.0.113.0", "203.0.113.255"),
            ("224.0.0.0", "239.255.255.255"),
            ("240.0.0.0", "255.255.255.254"),
            ("255.255.255.255", "168.63.129.16"),
        ] {
            assert!(why(first).is_some(), "{first}");
            assert!(why(last).is_some(), "{last}");
        }
    }

    #[test]
    fn the_neighbours_of_every_block_of_ipv4_are_open() {
        for open in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.255.255",
            "192.0.1.0",
            "192.0.1.255",
            "192.0.3.0",
            "192.31.195.255",
            "192.31.197.0",
            "192.52.192.255",
            "192.52.194.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "192.175.47.255",
            "192.175.49.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "168.63.129.15",
            "168.63.129.17",
            "8.8.8.8",
        ] {
            assert_eq!(why(open), None, "{open}");
        }
    }

    /// Every block of the IPv6 registry, multicast, and what was once or never given out.
    #[test]
    fn every_special_block_of_ipv6_is_refused_to_its_edges() {
        for (first, last) in [
            ("::", "::1"),
            ("::7f00:1", "::ffff:ffff"),
            ("::ffff:0.0.0.0", "::ffff:255.255.255.255"),
            ("::ffff:8.8.8.8", "::ffff:0:8.8.8.8"),
            ("64:ff9b::", "64:ff9b::255.255.255.255"),
            ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
            ("100::", "100::ffff:ffff:ffff:ffff"),
            ("100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff"),
            ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:1::1", "2001:1::3"),
            ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff"),
            ("2001:3::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff"),
            ("2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:30::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:40::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff"),
            ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("101::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2a00::5efe:7f00:1", "2a00::200:5efe:a00:1"),
        ] {
            assert!(why(first).is_some(), "{first}");
            assert!(why(last).is_some(), "{last}");
        }
    }

    #[test]
    fn the_neighbours_of_every_block_of_ipv6_are_open() {
        for open in [
            "2000::1",
            "2001:200::1",
            "2001:db7:ffff::1",
            "2001:db9::1",
            "2003::1",
            "2606:50c0:8000::153",
            "2620:4f:7fff::1",
            "2620:4f:8001::1",
            "2a00:1450:4001::1",
            "3ffe::1",
            "3fff:1000::1",
            "3fff:ffff::1",
        ] {
            assert_eq!(why(open), None, "{open}");
        }
    }

    #[test]
    fn what_hands_out_credentials_is_known_in_every_form() {
        for bad in [
            "169.254.169.254",
            "169.254.170.2",
            "169.254.170.23",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "::ffff:0:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "2001::5601:5601",
            "fe80::a9fe:a9fe",
            "2a00::5efe:a9fe:a9fe",
        ] {
            let address: IpAddr = bad.parse().unwrap();
            assert!(is_metadata(address), "{bad}");
            assert!(refusal(address).is_some(), "{bad}");
        }
        for other in [
            "127.0.0.1",
            "10.0.0.1",
            "8.8.8.8",
            "::1",
            "fd00::1",
            "2a00::1",
        ] {
            assert!(!is_metadata(other.parse().unwrap()), "{other}");
        }
    }

    proptest::proptest! {
        /// No way of writing a refused IPv4 address into an IPv6 one opens it.
        #[test]
        fn wrapping_never_opens(bits: u32) {
            let [a, b, c, d] = bits.to_be_bytes();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            for s in [
                [0, 0, 0, 0, 0, 0, high, low],
                [0, 0, 0, 0, 0, 0xffff, high, low],
                [0, 0, 0, 0, 0xffff, 0, high, low],
                [0x64, 0xff9b, 0, 0, 0, 0, high, low],
                [0x64, 0xff9b, 1, 0, 0, 0, high, low],
                [0x2002, high, low, 0, 0, 0, 0, 1],
                [0x2001, 0, 0, 0, 0, 0, !high, !low],
                [0x2a00, 0, 0, 0, 0, 0x5efe, high, low],
            ] {
                let [s0, s1, s2, s3, s4, s5, s6, s7] = s;
                let wrapped = IpAddr::V6(Ipv6Addr::new(s0, s1, s2, s3, s4, s5, s6, s7));
                proptest::prop_assert!(refusal(wrapped).is_some(), "{}", wrapped);
                proptest::prop_assert_eq!(embedded(wrapped), Some(Ipv4Addr::from(bits)));
            }
        }

        #[test]
        fn nothing_of_ipv6_outside_of_global_unicast_is_open(bits: u128) {
            let address = Ipv6Addr::from(bits);
            if address.segments()[0] & 0xe000 != 0x2000 {
                proptest::prop_assert!(refusal(IpAddr::V6(address)).is_some());
            }
        }
    }
}
