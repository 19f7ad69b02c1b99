//! Looks a name up, judges where it leads, and connects to what was judged.

use std::io;
use std::net::SocketAddr;

use futures::future::BoxFuture;
use outwork_domain::AccountId;
use outwork_domain::egress::EgressTarget;
use outwork_domain::limits::EGRESS_CONNECT_MAX;
use tokio::net::TcpStream;

use super::Shared;
use super::refusal::Refusal;
use crate::outbound::{CallError, on_behalf_of};

/// Connects to an address.
pub(super) trait Dialer: Send + Sync {
    /// The connection.
    fn dial(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<TcpStream>>;
}

/// Connects for real.
pub(super) struct SystemDialer;

impl Dialer for SystemDialer {
    fn dial(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<TcpStream>> {
        Box::pin(TcpStream::connect(address))
    }
}

impl Shared {
    /// A connection to a place that is open.
    pub(super) async fn connect(
        &self,
        target: &EgressTarget,
        account_id: AccountId,
    ) -> Result<TcpStream, Refusal> {
        let connecting = async {
            let found = on_behalf_of(account_id, self.guard.addresses(target.url())).await;
            let addresses = found.map_err(|error| match error {
                CallError::Refused(refused) => Refusal::of(&refused, target),
                CallError::NoSuchHost => Refusal::NoSuchHost,
                CallError::NoConnection
                | CallError::TimedOut
                | CallError::Broken
                | CallError::TooLarge(_)
                | CallError::Unsendable => Refusal::NoConnection,
            })?;
            for address in addresses {
                if let Ok(stream) = self.dialer.dial(address).await {
                    // Small writes of a handshake must not wait for each other.
                    drop(stream.set_nodelay(true));
                    return Ok(stream);
                }
            }
            Err(Refusal::NoConnection)
        };
        let connected = tokio::time::timeout(EGRESS_CONNECT_MAX, connecting).await;
        connected.unwrap_or(Err(Refusal::NoConnection))
    }
}

#[cfg(test)]
mod tests;
