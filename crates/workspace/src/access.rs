//! Which repositories are open to this server.
//!
//! A configured host is reached with its settings. A host that is not configured must be public, by
//! every address that its name has, and the connection is fixed to those addresses.

use std::net::IpAddr;

use outwork_domain::address::{
    OutboundHost, OutboundUrl, Plain, is_metadata_name, is_own_name, refusal,
};
use outwork_domain::{BaseRef, Repository, Scheme};

use crate::error::{Error, Result};
use crate::git::Git;
use crate::local;
use crate::options::{HostAccess, OtherHosts, PlainHttp};

impl Git {
    /// Whether a repository is open to this server, and for a local one whether it and the base are
    /// there; without a process and without the network.
    ///
    /// # Errors
    ///
    /// [`Error::RepositoryRefused`], [`Error::RepositoryNotFound`], [`Error::BaseNotFound`],
    /// [`Error::EmptyRepository`].
    pub fn admit(&self, repository: &Repository, base: Option<&BaseRef>) -> Result<()> {
        match repository.scheme() {
            Scheme::File => {
                let git_dir = local::locate(&self.options().local_repositories, repository)?;
                local::check_base(&git_dir, base)
            }
            Scheme::Https | Scheme::Http | Scheme::Ssh => self.access(repository).map(|_| ()),
        }
    }

    /// The settings of a repository's host; `None` for a public host that is not configured.
    pub(crate) fn access(&self, repository: &Repository) -> Result<Option<&HostAccess>> {
        let refuse = |why: String| Err(Error::RepositoryRefused { why });
        let place = authority(repository);
        let host = repository.host();
        let by_host = repository.scheme() == Scheme::Ssh;
        let found = self
            .options()
            .hosts
            .iter()
            .find(|access| access.host == place || (by_host && access.host == host));
        match (repository.scheme(), found) {
            (Scheme::Https, Some(access)) => Ok(Some(access)),
            (Scheme::Http, Some(access)) if access.plain_http == PlainHttp::Allowed => {
                Ok(Some(access))
            }
            (Scheme::Ssh, Some(access)) if access.ssh_key.is_some() => Ok(Some(access)),
            (Scheme::Https, None) if self.options().other_hosts == OtherHosts::PublicHttps => {
                match standing_of(&place) {
                    Standing::Open => Ok(None),
                    Standing::Private => refuse(format!("{host} is not a public address")),
                    Standing::NoHost => refuse(format!("{place} is no host")),
                }
            }
            (Scheme::Http, _) => refuse(format!("http is not allowed for the host {place}")),
            (Scheme::Ssh, _) => refuse(format!("no ssh key is configured for the host {host}")),
            (Scheme::Https | Scheme::File, _) => {
                refuse(format!("the host {place} is not configured"))
            }
        }
    }
}

/// What a host tells by itself.
enum Standing {
    /// Nothing that closes it; what its name leads to is judged when it is called.
    Open,
    /// That it is not public: as an address in any spelling, or as a name of this machine or of a cloud's
    /// metadata service.
    Private,
    /// That it is none: programs read such texts in different ways.
    NoHost,
}

fn standing_of(place: &str) -> Standing {
    let Ok(url) = OutboundUrl::parse(&format!("https://{place}/"), Plain::Refused) else {
        return Standing::NoHost;
    };
    let is_private = match url.host() {
        OutboundHost::Address(address) => refusal(address).is_some(),
        OutboundHost::Name(name) => is_own_name(name) || is_metadata_name(name),
    };
    if is_private {
        Standing::Private
    } else {
        Standing::Open
    }
}

/// `host` or `host:port` of an address.
pub(crate) fn authority(repository: &Repository) -> String {
    let text = repository.to_string();
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let place = rest.split('/').next().unwrap_or_default();
    place
        .rsplit_once('@')
        .map_or(place, |(_, host)| host)
        .to_owned()
}

/// Resolves a host that no configuration names, requires that all its addresses are public, and
/// fixes the connection to them, so that a name cannot change its meaning in between.
pub(crate) async fn pin(repository: &Repository) -> Result<(String, String)> {
    let place = authority(repository);
    let host = repository.host();
    let port = place
        .strip_prefix(host)
        .and_then(|rest| rest.strip_prefix(':'))
        .and_then(|port| port.parse::<u16>().ok())
        .unwrap_or(443);
    let found = tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await;
    let addresses: Vec<IpAddr> = found
        .map_err(|error| Error::Unavailable {
            words: format!("{host} cannot be resolved: {error}"),
        })?
        .map(|address| address.ip())
        .collect();
    if addresses.is_empty() || addresses.iter().any(|address| refusal(*address).is_some()) {
        return Err(Error::RepositoryRefused {
            why: format!("{host} is not a public address"),
        });
    }
    let shown = |address: &IpAddr| match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    let list: Vec<String> = addresses.iter().map(shown).collect();
    Ok((
        "http.curloptResolve".to_owned(),
        format!("{host}:{port}:{}", list.join(",")),
    ))
}
