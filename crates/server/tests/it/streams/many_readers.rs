//! Many readers, and slow ones.

use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::history::{World, text};
use crate::connections::{Served, read_until};
use crate::support::{Ask, Key, Server, get};

/// Far beyond what any wait takes; only a hang reaches it.
const DEADLINE: Duration = Duration::from_secs(300);
/// Each needs a descriptor at both ends.
const READERS: u64 = 2_000;
const DESCRIPTORS_SPARE: u64 = 200;

/// A run whose stream is read over sockets, by a protocol without chunks: the body is what comes.
struct Watched {
    served: Served,
    key: Key,
    path: String,
    fence: outwork_domain::Fence,
}

impl Watched {
    async fn start() -> Self {
        let world = World::working().await;
        let path = format!(
            "/v1/agents/{}/runs/run-{}/stream",
            world.id, world.fence.run_id
        );
        Self {
            served: Served::with(world.server).await,
            key: world.key,
            path,
            fence: world.fence,
        }
    }

    fn server(&self) -> &Server {
        &self.served.server
    }

    async fn connect(&self) -> TcpStream {
        let (path, token) = (&self.path, &self.key.token);
        let head = format!("GET {path} HTTP/1.0\r\nauthorization: Bearer {token}\r\n\r\n");
        self.served.send(&head).await
    }

    /// The digest of the whole stream, once the run has ended.
    async fn digest(&self) -> [u8; 32] {
        let ask: Ask = get(self.path.clone()).by(&self.key);
        let body = super::history::Body::open(self.server(), ask).await;
        let mut digest = FrameDigest::default();
        digest.take(body.rest().await.as_bytes());
        digest.finish()
    }

    async fn write(&self, count: usize, bytes: usize) {
        for n in 0..count {
            let bodies = (0..10).map(|m| text(&format!("{n}.{m} {}", "x".repeat(bytes))));
            self.server().append(self.fence, bodies.collect()).await;
        }
    }
}

/// The digest of all frames but those that only tell that a stream lives: how many of them come is a
/// matter of the machine's load.
#[derive(Default)]
struct FrameDigest {
    hash: Sha256,
    begun: Vec<u8>,
}

impl FrameDigest {
    fn take(&mut self, bytes: &[u8]) {
        self.begun.extend_from_slice(bytes);
        while let Some(end) = self.begun.windows(2).position(|pair| pair == b"\n\n") {
            let frame: Vec<u8> = self.begun.drain(..end + 2).collect();
            if !frame.starts_with(b"event: heartbeat\n") {
                self.hash.update(frame);
            }
        }
    }

    fn finish(mut self) -> [u8; 32] {
        self.hash.update(self.begun);
        self.hash.finalize().into()
    }
}

/// Reads to the end in pieces of at most that size; `seen` is what was read before.
async fn digest_of(mut stream: TcpStream, seen: &str, piece: usize) -> [u8; 32] {
    let (_, body) = seen.split_once("\r\n\r\n").unwrap();
    let mut digest = FrameDigest::default();
    digest.take(body.as_bytes());
    let mut buffer = vec![0; piece];
    loop {
        let read = tokio::time::timeout(DEADLINE, stream.read(&mut buffer)).await;
        match read.expect("the stream hangs").unwrap() {
            0 => return digest.finish(),
            count => digest.take(&buffer[..count]),
        }
    }
}

/// Sees to it that this process may open what the readers need.
fn raise_descriptors() {
    let needed = 2 * READERS + DESCRIPTORS_SPARE;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    if soft < needed {
        assert!(
            hard >= needed,
            "{needed} descriptors are needed and {hard} allowed: ulimit -Hn"
        );
        setrlimit(Resource::RLIMIT_NOFILE, needed, hard).unwrap();
    }
}

/// Memory of this process in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_readers_get_everything() {
    raise_descriptors();
    let watched = Watched::start().await;
    let mut waiting = Vec::new();
    for _ in 0..READERS {
        let mut stream = watched.connect().await;
        let seen = read_until(&mut stream, "user-message-appended").await;
        waiting.push((stream, seen));
    }
    let before = resident();
    let reading: Vec<_> = waiting
        .into_iter()
        .map(|(stream, seen)| tokio::spawn(async move { digest_of(stream, &seen, 4_096).await }))
        .collect();
    watched.write(10, 50).await;
    watched.server().succeed(watched.fence, "Done.").await;
    let expected = watched.digest().await;
    for reader in reading {
        assert_eq!(reader.await.unwrap(), expected);
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 200 << 20, "{grown} bytes more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_do_not_read_cost_no_memory_and_miss_nothing() {
    let watched = Watched::start().await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        let mut stream = watched.connect().await;
        let seen = read_until(&mut stream, "user-message-appended").await;
        idle.push((stream, seen));
    }
    let before = resident();
    // Far more than sockets, connections and the tail in memory hold.
    watched.write(150, 4_000).await;
    watched.server().succeed(watched.fence, "Done.").await;
    let expected = watched.digest().await;
    let grown = resident().saturating_sub(before);
    // Were it queued for each reader it would be a quarter of a gigabyte.
    assert!(grown < 100 << 20, "{grown} bytes more");
    for (piece, (stream, seen)) in [700, 100_000].into_iter().zip(idle) {
        assert_eq!(
            digest_of(stream, &seen, piece).await,
            expected,
            "{piece} bytes at once"
        );
    }
}
