//! Addresses that a server must not call, in every form in which somebody may write them.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One of each kind that is closed: the machine itself, private networks, metadata services, reserved ones.
const CLOSED_V4: [Ipv4Addr; 18] = [
    Ipv4Addr::new(127, 0, 0, 1),
    Ipv4Addr::new(127, 255, 255, 254),
    Ipv4Addr::new(0, 0, 0, 0),
    Ipv4Addr::new(0, 1, 2, 3),
    Ipv4Addr::new(10, 0, 0, 1),
    Ipv4Addr::new(172, 16, 0, 1),
    Ipv4Addr::new(192, 168, 0, 1),
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(100, 64, 0, 1),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(192, 0, 2, 1),
    Ipv4Addr::new(198, 18, 0, 1),
    Ipv4Addr::new(224, 0, 0, 1),
    Ipv4Addr::new(240, 0, 0, 1),
    Ipv4Addr::BROADCAST,
];

/// The same of IPv6, each in several spellings.
const CLOSED_V6: [&str; 26] = [
    "::1",
    "0:0:0:0:0:0:0:1",
    "0000:0000:0000:0000:0000:0000:0000:0001",
    "::0:1",
    "0::1",
    "::",
    "::0.0.0.1",
    "0:0:0:0:0:0:0:0",
    "fe80::1",
    "FE80::1",
    "febf::1",
    "fec0::1",
    "fc00::1",
    "fd00::1",
    "fdff:ffff::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "ff02::1",
    "ff0e::1",
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "2001:2::1",
    "5f00::1",
    "4000::1",
    "2620:4f:8000::1",
];

/// Names that lead to this machine or to a cloud's metadata service before anybody looks them up.
const CLOSED_NAMES: [&str; 18] = [
    "localhost",
    "LOCALHOST",
    "LocalHost",
    "localhost.",
    "a.localhost",
    "a.b.LOCALHOST.",
    "localhost.localdomain",
    "localhost4",
    "localhost6",
    "ip6-localhost",
    "ip6-loopback",
    "ｌｏｃａｌｈｏｓｔ",
    "%6c%6f%63alhost",
    "metadata",
    "metadata.google.internal",
    "METADATA.google.internal.",
    "instance-data",
    "instance-data.ec2.internal",
];

/// Hosts of addresses, as they stand between `://` and the port.
#[must_use]
pub fn closed_hosts() -> Vec<String> {
    let mut all: BTreeSet<String> = CLOSED_NAMES.map(str::to_owned).into();
    for address in CLOSED_V4 {
        all.extend(spellings(address));
        all.extend(wrapped(address).map(|wrapped| format!("[{wrapped}]")));
        all.insert(format!("[::ffff:{address}]"));
        all.insert(format!("[0:0:0:0:0:ffff:{address}]"));
        all.insert(format!("[64:ff9b::{address}]"));
    }
    all.extend(CLOSED_V6.map(|address| format!("[{address}]")));
    all.into_iter().collect()
}

/// Addresses that a name server may answer with.
#[must_use]
pub fn closed_addresses() -> Vec<IpAddr> {
    let mut all: BTreeSet<IpAddr> = CLOSED_V4.map(IpAddr::V4).into();
    for address in CLOSED_V4 {
        all.extend(wrapped(address).map(IpAddr::V6));
    }
    let parsed = CLOSED_V6
        .iter()
        .filter_map(|text| text.parse::<IpAddr>().ok());
    all.extend(parsed);
    all.into_iter().collect()
}

/// Whole addresses about which parsers disagree, or that are none for a web client; all lead to `port` of
/// this machine for somebody.
#[must_use]
pub fn crooked_urls(port: u16) -> Vec<String> {
    let here = format!("127.0.0.1:{port}");
    let mut all: Vec<String> = [
        "ftp", "file", "gopher", "dict", "ldap", "tftp", "unix", "ws", "jar", "netdoc", "ext",
        "ssh+git",
    ]
    .iter()
    .map(|scheme| format!("{scheme}://{here}/x"))
    .collect();
    for text in [
        "http://user@HERE/x",
        "http://user:word@HERE/x",
        "http://@HERE/x",
        "http://example.com@HERE/x",
        "http://example.com:80@HERE/x",
        "http://HERE\\@example.com/x",
        "http://example.com\\@HERE/x",
        "http:\\\\HERE/x",
        "http:/HERE/x",
        "http:HERE/x",
        "http:///HERE/x",
        "//HERE/x",
        "HERE/x",
        "http://HERE /x",
        " http://HERE/x",
        "http://HERE/x\n",
        "ht\ntp://HERE/x",
        "http://127.0.\t0.1/x",
        "http://127.0.0.1\r\nhost: x/x",
        "http://127.0.0.1%00.example.com/x",
        "http://127.0.0.1%0d%0a/x",
        "http://127.0.0.1%2f@example.com/x",
        "http://127.0.0.1:0/x",
        "http://127.0.0.1:99999/x",
        "http://127.0.0.1:-1/x",
        "http://[::1/x",
        "http://::1/x",
        "http://[::1]x/x",
        "http://[fe80::1%25eth0]/x",
        "http://[fe80::1%eth0]/x",
        "http://[::ffff:127.0.0.1%251]/x",
        "http://[::1%00]/x",
        "http://[v1.127.0.0.1]/x",
        "http://127.0.0.1../x",
        "http://..127.0.0.1/x",
        "http://127..1/x",
        "http://256.0.0.1/x",
        "http://1.2.3.4.5/x",
        "http://0x100000000/x",
        "http://4294967296/x",
        "http://*/x",
        "http://./x",
        "http://-/?\\",
        "data:text/plain,x",
        "javascript:x",
        "about:blank",
        "",
    ] {
        all.push(text.replace("HERE", &here));
    }
    all
}

/// An IPv4 address as browsers, C libraries and patient people read it.
fn spellings(address: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = address.octets();
    let whole = u32::from(address);
    let (last_two, last_three) = (whole & 0xffff, whole & 0xff_ffff);
    let dotted = address.to_string();
    let wide: String = dotted.chars().map(full_width).collect();
    vec![
        dotted.clone(),
        format!("{dotted}."),
        whole.to_string(),
        format!("{whole}."),
        format!("0x{whole:x}"),
        format!("0X{whole:08X}"),
        format!("0x0000{whole:08x}"),
        format!("0{whole:o}"),
        format!("0000{whole:011o}"),
        format!("{a}.{last_three}"),
        format!("{a}.{b}.{last_two}"),
        format!("0x{a:x}.{last_three}"),
        format!("0{a:o}.0x{last_three:x}"),
        format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
        format!("0x{a:02X}.0{b:o}.{c}.{d}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("0{a:03o}.0{b:03o}.0{c:03o}.0{d:03o}"),
        percent_encoded(&dotted),
        dotted.replace('.', "%2e"),
        dotted.replace('.', "。"),
        dotted.replace('.', "．"),
        wide,
    ]
}

/// An IPv4 address inside IPv6 ones, from which something on the way may take it out again.
fn wrapped(address: Ipv4Addr) -> impl Iterator<Item = Ipv6Addr> {
    let [a, b, c, d] = address.octets();
    let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    [
        [0, 0, 0, 0, 0, 0xffff, high, low],
        [0, 0, 0, 0, 0, 0, high, low],
        [0, 0, 0, 0, 0xffff, 0, high, low],
        [0x64, 0xff9b, 0, 0, 0, 0, high, low],
        [0x64, 0xff9b, 1, 0, 0, 0, high, low],
        [0x2002, high, low, 0, 0, 0, 0, 1],
        [0x2001, 0, 0, 0, 0, 0, !high, !low],
        [0x2a00, 0, 0, 0, 0, 0x5efe, high, low],
        [0x2a00, 0, 0, 0, 0x200, 0x5efe, high, low],
    ]
    .into_iter()
    .map(|s| Ipv6Addr::new(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]))
}

fn full_width(c: char) -> char {
    match c.to_digit(10) {
        Some(digit) => char::from_u32(0xff10 + digit).unwrap_or(c),
        None => c,
    }
}

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_many_of_each_kind_and_no_two_alike() {
        assert!(closed_hosts().len() >= 600, "{}", closed_hosts().len());
        assert!(
            closed_addresses().len() >= 180,
            "{}",
            closed_addresses().len()
        );
        let crooked = crooked_urls(80);
        let unlike: BTreeSet<&String> = crooked.iter().collect();
        assert_eq!(unlike.len(), crooked.len());
        assert!(crooked.len() >= 55, "{}", crooked.len());
    }

    #[test]
    fn each_spelling_is_the_address_for_browsers() {
        for address in CLOSED_V4 {
            for text in spellings(address) {
                let url = url::Url::parse(&format!("http://{text}/")).unwrap();
                assert_eq!(url.host(), Some(url::Host::Ipv4(address)), "{text}");
            }
        }
    }
}
