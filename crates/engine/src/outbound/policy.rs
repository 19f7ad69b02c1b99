//! The judgement: what the domain says of an address, the operator's exceptions, and what no exception
//! opens.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use outwork_domain::address::{
    OutboundHost, OutboundUrl, is_metadata, is_metadata_name, is_own_name, refusal,
};

use super::rule::AllowRule;

/// An address may not be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} may not be called: {why}")]
pub struct Refused {
    host: String,
    why: Why,
}

/// Why an address may not be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It is a cloud's metadata service, which no exception opens.
    Metadata,
    /// It is this server itself, which no exception opens.
    Outwork,
    /// It is this machine.
    ThisMachine,
    /// It is not public: what it is instead.
    NotPublic(&'static str),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metadata => "it is a cloud's metadata service",
            Self::Outwork => "it is this server itself",
            Self::ThisMachine => "it is this machine",
            Self::NotPublic(what) => what,
        })
    }
}

impl Refused {
    /// Why; none of the words that it is shown with names where it leads.
    pub(crate) const fn why(&self) -> Why {
        self.why
    }
}

/// What of an address decides about the answers to its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Scope {
    /// Whether the operator opened the host by name.
    pub(super) opening: Opening,
    /// The port, if it is one of ours.
    pub(super) own_port: Option<u16>,
}

/// Whether a host was opened by name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Opening {
    /// It leads wherever it leads.
    Named,
    /// It must lead to a public address, or into an open network.
    Unnamed,
}

/// The judge.
#[derive(Debug)]
pub(super) struct Policy {
    allow: Vec<AllowRule>,
    own: Vec<SocketAddr>,
}

impl Policy {
    /// A judge with those exceptions, for a server that listens there.
    pub(super) const fn new(allow: Vec<AllowRule>, own: Vec<SocketAddr>) -> Self {
        Self { allow, own }
    }

    /// Judges what an address says by itself.
    pub(super) fn judge(&self, url: &OutboundUrl) -> Result<(), Refused> {
        let scope = self.scope(url);
        let refuse = |why| {
            let host = match url.host() {
                OutboundHost::Name(name) => name.to_owned(),
                OutboundHost::Address(address) => address.to_string(),
            };
            Err(Refused { host, why })
        };
        let name = match url.host() {
            OutboundHost::Address(address) => return self.judge_address(address, scope),
            OutboundHost::Name(name) => name,
        };
        if is_metadata_name(name) {
            return refuse(Why::Metadata);
        }
        if !is_own_name(name) {
            return Ok(());
        }
        let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let open = |address: &IpAddr| self.judge_address(*address, scope).is_ok();
        match loopback.iter().any(open) {
            true => Ok(()),
            false if scope.own_port.is_some() => refuse(Why::Outwork),
            false => refuse(Why::ThisMachine),
        }
    }

    /// What decides about the answers to an address's name.
    pub(super) fn scope(&self, url: &OutboundUrl) -> Scope {
        let (host, port) = (url.host(), url.port());
        let named = self.allow.iter().any(|rule| rule.opens_host(host, port));
        Scope {
            opening: if named {
                Opening::Named
            } else {
                Opening::Unnamed
            },
            own_port: self
                .own
                .iter()
                .any(|own| own.port() == port)
                .then_some(port),
        }
    }

    /// Judges where a connection would go.
    pub(super) fn judge_address(&self, address: IpAddr, scope: Scope) -> Result<(), Refused> {
        let refuse = |why| {
            let host = address.to_string();
            Err(Refused { host, why })
        };
        if is_metadata(address) {
            return refuse(Why::Metadata);
        }
        if scope
            .own_port
            .is_some_and(|port| self.is_own(address, port))
        {
            return refuse(Why::Outwork);
        }
        let in_network = |rule: &AllowRule| match rule {
            AllowRule::Host { .. } => false,
            AllowRule::Network(network) => network.contains(address),
        };
        if scope.opening == Opening::Named || self.allow.iter().any(in_network) {
            return Ok(());
        }
        refusal(address).map_or(Ok(()), |what| refuse(Why::NotPublic(what)))
    }

    fn is_own(&self, address: IpAddr, port: u16) -> bool {
        let address = address.to_canonical();
        self.own.iter().filter(|own| own.port() == port).any(|own| {
            let own = own.ip().to_canonical();
            // A connection to the unspecified address ends at loopback.
            own == address
                || (own.is_loopback() && address.is_unspecified())
                || (own.is_unspecified() && is_of_this_machine(address))
        })
    }
}

/// Whether an address is one of this machine's, which is when a socket can be bound to it.
fn is_of_this_machine(address: IpAddr) -> bool {
    address.is_loopback() || address.is_unspecified() || UdpSocket::bind((address, 0)).is_ok()
}
