//! What the git of a server needs to know; read from the configuration by the binary.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use outwork_domain::limits;

use crate::credentials::Credentials;
use crate::signing_key::SigningKey;

/// Options of [`crate::Git`].
#[derive(Clone, Debug)]
pub struct GitOptions {
    /// Absolute path of the git program.
    pub git: PathBuf,
    /// The server's data folder, absolute and there.
    pub data_dir: PathBuf,
    /// A variable in the environment of every git process and of what it starts, by which the server
    /// finds what outlived it.
    pub mark: Option<(OsString, OsString)>,
    /// Folders whose repositories are open as `file://` addresses; naming one vouches for its owner.
    pub local_repositories: Vec<PathBuf>,
    /// Hosts with credentials or settings of their own.
    pub hosts: Vec<HostAccess>,
    /// Whether repositories of other hosts are open.
    pub other_hosts: OtherHosts,
    /// Known hosts for ssh; without it the first key seen of a host is kept in the data folder.
    pub ssh_known_hosts: Option<PathBuf>,
    /// What signs commits; absent: they are not signed.
    pub signing: Option<Signing>,
    /// What may come out of a sandbox.
    pub policy: ImportPolicy,
    /// Sizes and times.
    pub limits: GitLimits,
}

impl GitOptions {
    /// Nothing open but public https hosts, with the ordinary limits.
    #[must_use]
    pub fn new(git: PathBuf, data_dir: PathBuf) -> Self {
        Self {
            git,
            data_dir,
            mark: None,
            local_repositories: Vec::new(),
            hosts: Vec::new(),
            other_hosts: OtherHosts::PublicHttps,
            ssh_known_hosts: None,
            signing: None,
            policy: ImportPolicy::default(),
            limits: GitLimits::default(),
        }
    }
}

/// What signs commits, and whose.
#[derive(Clone, Debug)]
pub struct Signing {
    /// The key.
    pub key: SigningKey,
    /// The committer's e-mail address that the key vouches for; without regard to case.
    pub email: String,
}

/// Credentials and settings for one host.
#[derive(Clone, Debug, Default)]
pub struct HostAccess {
    /// `host`, or `host:port` for an address with a port; a token goes to exactly this place.
    pub host: String,
    /// Who gives the credentials for https; absent: repositories are read without any.
    pub credentials: Option<Arc<dyn Credentials>>,
    /// The private key for ssh; without one, ssh addresses of this host are refused.
    pub ssh_key: Option<PathBuf>,
    /// Certificates that vouch for this host, for a forge with a certificate authority of its own.
    pub ca_file: Option<PathBuf>,
    /// Whether `http://` is open.
    pub plain_http: PlainHttp,
}

/// Whether a host may be reached without TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// It may not.
    #[default]
    Refused,
    /// It may.
    Allowed,
}

/// Whether repositories of hosts that are not configured are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtherHosts {
    /// They are not.
    Refused,
    /// By https, without credentials, and only where every address of the host is public.
    #[default]
    PublicHttps,
}

/// What may come out of a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportPolicy {
    /// Changes below `.github/workflows`, `.gitea/workflows`, `.forgejo/workflows` and of
    /// `.gitlab-ci.yml`.
    pub workflows: Rule,
    /// Changes of `.gitmodules`; what git's own check refuses stays refused.
    pub submodules: Rule,
    /// Symbolic links that are absolute or lead out of the tree.
    pub escaping_links: Rule,
    /// Changed paths.
    pub paths_max: usize,
}

impl Default for ImportPolicy {
    fn default() -> Self {
        Self {
            workflows: Rule::Refused,
            submodules: Rule::Allowed,
            escaping_links: Rule::Refused,
            paths_max: limits::IMPORTED_PATHS_MAX,
        }
    }
}

/// Whether a kind of change is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It is.
    Allowed,
    /// The import is refused.
    Refused,
}

/// Sizes and times of git on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GitLimits {
    /// Silence of a transfer.
    pub silence: Duration,
    /// Time of one transfer.
    pub transfer: Duration,
    /// Time of one command on our own disk.
    pub local: Duration,
    /// Bytes of one fetch into a mirror.
    pub repository_bytes_max: u64,
    /// Bytes of one bundle.
    pub bundle_bytes_max: u64,
    /// Bytes of one object of a bundle that are taken into memory; larger plain files are not.
    pub object_bytes_max: u64,
    /// Bytes of its own that one git process has in memory; files that it maps do not count.
    pub memory_bytes_max: u64,
    /// Packs that a mirror may have before they are put together.
    pub packs_max: usize,
}

impl Default for GitLimits {
    fn default() -> Self {
        Self {
            silence: limits::GIT_SILENCE_MAX,
            transfer: limits::GIT_COMMAND_MAX,
            local: limits::GIT_LOCAL_MAX,
            repository_bytes_max: limits::REPOSITORY_BYTES_MAX,
            bundle_bytes_max: limits::BUNDLE_BYTES_MAX,
            object_bytes_max: limits::IMPORTED_OBJECT_BYTES_MAX,
            memory_bytes_max: limits::GIT_MEMORY_BYTES_MAX,
            packs_max: limits::MIRROR_PACKS_MAX,
        }
    }
}
