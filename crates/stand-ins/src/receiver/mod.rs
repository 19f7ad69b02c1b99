//! A receiver of webhooks on loopback: each path is an endpoint of its own that behaves as it is told.
//!
//! It logs every request in the order of receipt, with the status that it decided on. Failures are drawn
//! from a seed, the delivery's id and how often that id has come, so that a run is repeated by its seed
//! however its requests interleave.

mod arrival;
mod conduct;
mod door;

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub use arrival::Arrival;
pub use conduct::Conduct;
pub use door::ClosedDoor;

use crate::http::{self, Connection, Incoming, Kept, Reply};
use crate::log::Log;

/// The header by which deliveries are told apart.
const ID_HEADER: &str = "webhook-id";

/// A running receiver; it stops when it is dropped.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    log: Log<Arrival>,
    rules: Mutex<Rules>,
}

#[derive(Debug, Default)]
struct Rules {
    otherwise: Conduct,
    by_path: HashMap<String, Conduct>,
    next: HashMap<String, VecDeque<Reply>>,
    /// How often each delivery has come to each path.
    seen: HashMap<(String, String), u64>,
    taken: HashSet<String>,
}

impl Receiver {
    /// Starts a receiver that takes everything.
    ///
    /// # Errors
    ///
    /// If no port of the loopback can be had.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            log: Log::new(),
            rules: Mutex::default(),
        });
        let of_connections = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            http::accept(listener, |stream| {
                converse(stream, Arc::clone(&of_connections))
            })
            .await;
        });
        Ok(Self {
            address,
            shared,
            accepting,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of one of its endpoints; `path` begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Says how an endpoint behaves from now on.
    pub fn behave(&self, path: &str, conduct: Conduct) {
        self.shared.rules().by_path.insert(path.to_owned(), conduct);
    }

    /// Says how endpoints behave of which nothing else is said.
    pub fn behave_everywhere(&self, conduct: Conduct) {
        self.shared.rules().otherwise = conduct;
    }

    /// Answers the next request to an endpoint that has no other answer waiting with this one.
    pub fn answer_next(&self, path: &str, reply: Reply) {
        let mut rules = self.shared.rules();
        rules
            .next
            .entry(path.to_owned())
            .or_default()
            .push_back(reply);
    }

    /// What has arrived, in the order of receipt.
    #[must_use]
    pub fn arrivals(&self) -> Vec<Arc<Arrival>> {
        self.shared.log.all()
    }

    /// How much has arrived.
    #[must_use]
    pub fn arrival_count(&self) -> usize {
        self.shared.log.count()
    }

    /// How many deliveries it has taken, each counted once.
    #[must_use]
    pub fn taken_count(&self) -> usize {
        self.shared.rules().taken.len()
    }

    /// Waits until so many requests have arrived.
    pub async fn wait_for(&self, count: usize) -> Vec<Arc<Arrival>> {
        self.shared.log.wait_for(count).await
    }

    /// Forgets what has arrived; draws go on where they were.
    pub fn forget(&self) {
        self.shared.log.forget();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decide(&self, incoming: &Incoming) -> Reply {
        let mut rules = self.rules();
        let id = incoming.header(ID_HEADER).unwrap_or_default().to_owned();
        let reply = rules.reply_to(&incoming.path, &id);
        if (200..300).contains(&reply.status) {
            rules.taken.insert(id);
        }
        reply
    }
}

impl Rules {
    fn reply_to(&mut self, path: &str, id: &str) -> Reply {
        let seen = self.seen.entry((path.to_owned(), id.to_owned()));
        let turn = *seen.and_modify(|count| *count += 1).or_insert(1);
        let next = self.next.get_mut(path).and_then(VecDeque::pop_front);
        next.unwrap_or_else(|| {
            let conduct = self.by_path.get(path).unwrap_or(&self.otherwise);
            conduct.reply_to(id, turn)
        })
    }
}

/// Serves one connection until either side has enough; how it broke is the sender's story.
async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let _ = converse_until_error(stream, &shared).await;
}

async fn converse_until_error(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection::new(stream);
    while let Some(incoming) = connection.read().await? {
        let received_at = Instant::now();
        let reply = shared.decide(&incoming);
        let arrival = shared.log.add(|number| Arrival {
            number,
            path: incoming.path,
            headers: incoming.headers,
            body: incoming.body,
            received_at,
            status: (reply.status != 0).then_some(reply.status),
            answered_at: OnceLock::new(),
        });
        let kept = connection.write(&reply).await?;
        // Set once per request, so it cannot be set already.
        let _ = arrival.answered_at.set(Instant::now());
        if kept == Kept::Gone {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
