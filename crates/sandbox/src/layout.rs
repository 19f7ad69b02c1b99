//! What of the host every sandbox sees: `/usr`, the folders beside it, and a few entries of `/etc`.
//!
//! `/etc` is not the host's: accounts, hosts and name services are written anew, a short list of
//! harmless entries is bound read-only, and everything else (credentials, proxies, mounts, mail) is
//! absent. Looked at once, when the launcher starts.

use std::path::{Path, PathBuf};

/// Folders of the root that a merged `/usr` replaces by links.
const BESIDE_USR: [&str; 6] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/// Entries of `/etc` that programs need and that say nothing about the host.
const ETC: [&str; 13] = [
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "crypto-policies",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "pki",
    "protocols",
    "services",
    "ssl",
];

/// Small files that are written into each sandbox.
pub(crate) const FILES: [(&str, &str); 5] = [
    (
        "/etc/passwd",
        "root:x:0:0:root:/root:/usr/sbin/nologin\nagent:x:1000:1000:agent:/home/agent:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    ),
    ("/etc/group", "root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n"),
    (
        "/etc/hosts",
        "127.0.0.1 localhost outwork\n::1 localhost ip6-localhost ip6-loopback\n",
    ),
    ("/etc/hostname", "outwork\n"),
    (
        "/etc/nsswitch.conf",
        "passwd: files\ngroup: files\nshadow: files\nhosts: files\nnetworks: files\nprotocols: files\nservices: files\n",
    ),
];

/// One entry of the root that leads into `/usr`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RootEntry {
    /// A link on a merged `/usr`.
    Link { target: PathBuf, path: PathBuf },
    /// A folder of its own.
    Folder(PathBuf),
}

/// The parts of the host that are the same for every sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) root: Vec<RootEntry>,
    pub(crate) etc: Vec<PathBuf>,
}

impl Layout {
    /// Looks at this host.
    pub(crate) fn of_host() -> Self {
        Self {
            root: BESIDE_USR
                .iter()
                .filter_map(|name| root_entry(&Path::new("/").join(name)))
                .collect(),
            etc: etc_entries(),
        }
    }
}

fn root_entry(path: &Path) -> Option<RootEntry> {
    let kind = std::fs::symlink_metadata(path).ok()?.file_type();
    if kind.is_symlink() {
        let target = std::fs::read_link(path).ok()?;
        return Some(RootEntry::Link {
            target,
            path: path.to_owned(),
        });
    }
    kind.is_dir().then(|| RootEntry::Folder(path.to_owned()))
}

/// The same entries of this host's `/etc`, where its own files stand in for those that are written.
pub(crate) fn etc_of_host() -> Vec<PathBuf> {
    let own = FILES.iter().map(|(path, _)| PathBuf::from(path));
    let mut entries: Vec<PathBuf> = own.filter(|path| path.exists()).collect();
    entries.extend(etc_entries());
    entries
}

fn etc_entries() -> Vec<PathBuf> {
    let etc = Path::new("/etc");
    let mut entries: Vec<PathBuf> = ETC.iter().map(|name| etc.join(name)).collect();
    // Debian's Java keeps its configuration here and links to it from /usr.
    let java = std::fs::read_dir(etc)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("java-"))
        .map(|entry| entry.path());
    entries.extend(java);
    entries.retain(|path| path.exists());
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_has_a_shell_and_certificates_but_no_secrets() {
        let layout = Layout::of_host();
        assert!(!layout.root.is_empty());
        let names: Vec<_> = layout
            .etc
            .iter()
            .filter_map(|path| path.file_name()?.to_str())
            .collect();
        assert!(names.contains(&"ld.so.cache"), "{names:?}");
        for absent in ["passwd", "shadow", "resolv.conf", "gitconfig", "npmrc"] {
            assert!(!names.contains(&absent), "{absent}");
        }
    }
}
