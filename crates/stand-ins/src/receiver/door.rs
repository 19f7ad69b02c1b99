//! A receiver that is not there.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port of the loopback that is taken and refuses every connection, as long as this lives.
#[derive(Debug)]
pub struct ClosedDoor {
    address: SocketAddr,
    /// Bound, so that nobody else gets the port, and not listening.
    _socket: TcpSocket,
}

impl ClosedDoor {
    /// Takes a port.
    ///
    /// # Errors
    ///
    /// If none can be had.
    pub fn new() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        Ok(Self {
            address: socket.local_addr()?,
            _socket: socket,
        })
    }

    /// The port, on its address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// An address there; `path` begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}
