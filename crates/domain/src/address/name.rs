//! Names that say what they lead to before anybody looks them up.

/// Whether a name means the machine itself (RFC 6761 and the usual lines of `/etc/hosts`).
///
/// The name is in lower case and without a dot at its end, as [`OutboundHost`](super::OutboundHost) has it.
#[must_use]
pub fn is_own_name(name: &str) -> bool {
    matches!(
        name,
        "localhost"
            | "localhost.localdomain"
            | "localhost4"
            | "localhost6"
            | "localhost4.localdomain4"
            | "localhost6.localdomain6"
            | "ip6-localhost"
            | "ip6-loopback"
    ) || name.ends_with(".localhost")
}

/// Whether a name is that of a cloud's metadata service; no exception opens it.
#[must_use]
pub fn is_metadata_name(name: &str) -> bool {
    matches!(
        name,
        "metadata" | "metadata.google.internal" | "instance-data" | "instance-data.ec2.internal"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_names_of_the_machine_and_of_clouds() {
        for own in [
            "localhost",
            "a.b.localhost",
            "ip6-loopback",
            "localhost.localdomain",
        ] {
            assert!(is_own_name(own), "{own}");
        }
        for other in ["localhost.example.com", "notlocalhost", "example.com", ""] {
            assert!(!is_own_name(other), "{other}");
        }
        assert!(is_metadata_name("metadata.google.internal"));
        assert!(!is_metadata_name("metadata.example.com"));
    }
}
