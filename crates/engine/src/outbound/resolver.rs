//! The resolver of the guarded clients: a connection is made only to an address that it let pass.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::policy::{Policy, Refused, Scope};

/// Asks for the addresses of a name.
pub(super) trait Lookup: Send + Sync {
    /// The addresses, at least one.
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// Asks the system.
pub(super) struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Looks names up and lets only those answers pass that may be called.
pub(super) struct Resolver {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) policy: Arc<Policy>,
    pub(super) scope: Scope,
}

impl Resolver {
    /// The answers that may be called; an error if none of them may.
    pub(super) fn addresses(
        &self,
        name: String,
    ) -> BoxFuture<'static, Result<Vec<SocketAddr>, NoAddress>> {
        let found = self.lookup.lookup(name);
        let (policy, scope) = (Arc::clone(&self.policy), self.scope);
        Box::pin(async move {
            let mut open = Vec::new();
            let mut refused = None;
            for address in found.await.map_err(NoAddress::Unknown)? {
                match policy.judge_address(address, scope) {
                    Ok(()) => open.push(SocketAddr::new(address, 0)),
                    Err(why) => refused = Some(why),
                }
            }
            match (open.is_empty(), refused) {
                (false, _) => Ok(open),
                (true, Some(refused)) => Err(NoAddress::Refused(refused)),
                (true, None) => Err(NoAddress::Unknown(io::ErrorKind::NotFound.into())),
            }
        })
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = self.addresses(name.as_str().to_owned());
        Box::pin(async move {
            let addresses = addresses.await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// A name leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAddress {
    /// Nobody knows it.
    #[error("the name cannot be resolved")]
    Unknown(#[source] io::Error),
    /// Everything that it leads to is closed.
    #[error(transparent)]
    Refused(Refused),
}
