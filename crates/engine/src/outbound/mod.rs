//! The server's calls to addresses that users supply: webhooks and images.
//!
//! The domain's classifier judges an address when it is accepted and each answer of a name server when it
//! is called, so a name that changes its meaning in between changes nothing. Redirects are not followed,
//! proxies of the environment are not used, and time and size of every answer are limited.

mod account_shares;
mod call;
mod image_places;
mod images;
mod policy;
mod resolver;
mod rule;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use outwork_domain::address::{InvalidOutboundUrl, OutboundHost, OutboundUrl, Plain};
use outwork_domain::limits::{OUTBOUND_CONNECT_MAX, OUTBOUND_IDLE_MAX};
use reqwest::Client;
use reqwest::redirect::Policy as Redirects;

pub use call::{Answer, CallError, Fetched, Kind};
pub use image_places::HeldPlaces;
pub use images::{FailedImage, FetchedImages, NoImage, PromptImage};
pub use policy::Refused;
pub(crate) use policy::Why;
pub(crate) use resolver::on_behalf_of;
pub use rule::{AllowRule, InvalidAllowRule};

use image_places::ImagePlaces;
use policy::{Policy, Scope};
#[cfg(test)]
pub(crate) use resolver::Lookup;
#[cfg(not(test))]
use resolver::Lookup;
use resolver::{NoAddress, Resolver, SystemLookup};

/// Idle connections that are kept to one receiver.
const IDLE_PER_HOST: usize = 4;

/// What the server may call beyond public addresses by https.
#[derive(Clone, Debug, Default)]
pub struct OutboundOptions {
    /// Exceptions of the operator.
    pub allow: Vec<AllowRule>,
    /// Whether `http` is open beside `https`.
    pub plain_http: Plain,
    /// Where this server listens; no exception opens that.
    pub own_addresses: Vec<SocketAddr>,
}

/// Why an address is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inadmissible {
    /// It is none.
    #[error(transparent)]
    Invalid(#[from] InvalidOutboundUrl),
    /// It may not be called.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// Judges and calls addresses that users supply; cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    policy: Arc<Policy>,
    plain_http: Plain,
    lookup: Arc<dyn Lookup>,
    clients: Arc<Mutex<HashMap<Scope, Client>>>,
    /// Each holds an image in memory.
    image_places: Arc<ImagePlaces>,
}

impl Outbound {
    /// Takes the operator's exceptions; makes no client before the first call.
    #[must_use]
    pub fn new(options: OutboundOptions) -> Self {
        Self::with_lookup(options, Arc::new(SystemLookup::new()))
    }

    pub(crate) fn with_lookup(options: OutboundOptions, lookup: Arc<dyn Lookup>) -> Self {
        Self {
            policy: Arc::new(Policy::new(options.allow, options.own_addresses)),
            plain_http: options.plain_http,
            lookup,
            clients: Arc::default(),
            image_places: Arc::default(),
        }
    }

    /// Parses and judges an address that a user supplies, without looking its name up.
    ///
    /// # Errors
    ///
    /// [`Inadmissible`] says in a sentence what is wrong with it.
    pub fn admit(&self, text: &str) -> Result<OutboundUrl, Inadmissible> {
        let url = OutboundUrl::parse(text, self.plain_http)?;
        self.judge(&url)?;
        Ok(url)
    }

    /// Judges an address without looking its name up.
    ///
    /// # Errors
    ///
    /// [`Refused`] says why it may not be called.
    pub fn judge(&self, url: &OutboundUrl) -> Result<(), Refused> {
        self.policy.judge(url)
    }

    /// Where an address leads at this moment, as far as it may be called.
    pub(crate) async fn addresses(&self, url: &OutboundUrl) -> Result<Vec<SocketAddr>, CallError> {
        self.judge(url)?;
        let port = url.port();
        let name = match url.host() {
            OutboundHost::Address(address) => return Ok(vec![SocketAddr::new(address, port)]),
            OutboundHost::Name(name) => name.to_owned(),
        };
        let found = self.resolver(url).addresses(name).await;
        let found = found.map_err(|error| match error {
            NoAddress::Refused(refused) => CallError::Refused(refused),
            NoAddress::Unknown(_) => CallError::NoSuchHost,
        })?;
        let at_port = |address: SocketAddr| SocketAddr::new(address.ip(), port);
        Ok(found.into_iter().map(at_port).collect())
    }

    fn resolver(&self, url: &OutboundUrl) -> Resolver {
        Resolver {
            lookup: Arc::clone(&self.lookup),
            policy: Arc::clone(&self.policy),
            scope: self.policy.scope(url),
        }
    }

    /// The client that calls an address, which is judged first: a resolver is not asked about an address
    /// that is none of names.
    fn client(&self, url: &OutboundUrl) -> Result<Client, CallError> {
        self.judge(url)?;
        let scope = self.policy.scope(url);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&scope) {
            return Ok(client.clone());
        }
        let client = Client::builder()
            .dns_resolver(self.resolver(url))
            .redirect(Redirects::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(OUTBOUND_CONNECT_MAX)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .pool_idle_timeout(OUTBOUND_IDLE_MAX)
            .build()
            .map_err(|error| CallError::of(&error))?;
        clients.insert(scope, client.clone());
        Ok(client)
    }
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound")
            .field("policy", &self.policy)
            .field("plain_http", &self.plain_http)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
