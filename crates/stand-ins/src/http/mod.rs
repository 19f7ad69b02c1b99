//! Just enough HTTP/1.1 (RFC 9112) for the servers of this crate, with answers that go wrong on demand.

mod connection;
mod reply;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub(crate) use connection::{Connection, Incoming, Kept};
pub use reply::{Ending, Reply};

/// The value of a header; `name` in lower case, as the names in the list are.
pub(crate) fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    let found = headers.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

/// Gives each connection to a task of its own; they end when this is dropped.
pub(crate) async fn accept<F>(listener: TcpListener, converse: impl Fn(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(converse(stream));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}
