//! What the transcript is told of the network: every decision, and those that repeat together.
//!
//! The first of a host with its verdict is told at once. Further ones are counted and told together, each
//! time after twice the wait, and the rest at the end. So a command that knocks ten thousand times makes a
//! few events, and one that knocks at ten thousand doors makes no more than are named one by one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use outwork_domain::limits::{EGRESS_HOSTS_TOLD_MAX, EGRESS_TOLD_AGAIN};
use outwork_domain::{EventBody, NetworkVerdict};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Writes events into the transcript.
pub(crate) type Teller = Box<dyn Fn(Vec<EventBody>) -> BoxFuture<'static, ()> + Send + Sync>;

/// Under what the hosts are counted that are not named.
const OTHERS: &str = "other hosts";
const TOO_MANY: &str = "too many different hosts were asked for to name them all";
/// Bytes of a host's name that are shown; the longest name has 253.
const HOST_BYTES_MAX: usize = 260;

/// What is to be told yet of one attempt.
#[derive(Default)]
pub(crate) struct Journal {
    lines: Mutex<Vec<Line>>,
    news: Notify,
    spent_bytes: AtomicU64,
}

struct Line {
    host: String,
    verdict: NetworkVerdict,
    count: u64,
    bytes: (u64, u64),
    due: Instant,
    wait: Duration,
}

impl Journal {
    /// Notes a connection with the bytes that went out and came in.
    pub(super) fn note(&self, host: String, verdict: NetworkVerdict, bytes: (u64, u64)) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let (host, verdict) = shown(host, verdict, &lines);
        let found = lines
            .iter_mut()
            .find(|line| line.host == host && line.verdict == verdict);
        match found {
            Some(line) => {
                line.count += 1;
                line.bytes.0 += bytes.0;
                line.bytes.1 += bytes.1;
            }
            None => lines.push(Line {
                host,
                verdict,
                count: 1,
                bytes,
                due: Instant::now(),
                wait: EGRESS_TOLD_AGAIN,
            }),
        }
        drop(lines);
        self.news.notify_one();
    }

    /// Counts bytes; gives how many there were so far.
    pub(super) fn spend(&self, bytes: u64) -> u64 {
        self.spent_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    /// What is to be told by then, and when there will be more.
    fn due_at(&self, now: Instant) -> (Vec<EventBody>, Option<Instant>) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let due = lines
            .iter_mut()
            .filter(|line| line.count > 0 && line.due <= now);
        let told = due.map(|line| line.tell(now)).collect();
        let waiting = lines.iter().filter(|line| line.count > 0);
        (told, waiting.map(|line| line.due).min())
    }

    /// Everything that is to be told yet.
    fn rest(&self) -> Vec<EventBody> {
        let now = Instant::now();
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = lines.iter_mut().filter(|line| line.count > 0);
        rest.map(|line| line.tell(now)).collect()
    }

    /// Tells what is told, until it is stopped, and then the rest.
    pub(super) async fn keep(self: Arc<Self>, tell: Teller, stop: CancellationToken) {
        loop {
            let news = self.news.notified();
            let (told, next) = self.due_at(Instant::now());
            if !told.is_empty() {
                tell(told).await;
            }
            let again = async {
                match next {
                    Some(next) => tokio::time::sleep_until(next).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = news => {}
                () = again => {}
            }
        }
        let told = self.rest();
        if !told.is_empty() {
            tell(told).await;
        }
    }
}

impl Line {
    fn tell(&mut self, now: Instant) -> EventBody {
        let (sent_bytes, received_bytes) = std::mem::take(&mut self.bytes);
        self.due = now + self.wait;
        self.wait *= 2;
        EventBody::NetworkUsed {
            host: self.host.clone(),
            verdict: self.verdict.clone(),
            count: std::mem::take(&mut self.count),
            sent_bytes,
            received_bytes,
        }
    }
}

/// The same, or what stands for all that are not named any more.
fn shown(mut host: String, verdict: NetworkVerdict, lines: &[Line]) -> (String, NetworkVerdict) {
    host.truncate(host.floor_char_boundary(HOST_BYTES_MAX));
    let is_known = |line: &Line| line.host == host && line.verdict == verdict;
    if lines.len() < EGRESS_HOSTS_TOLD_MAX || lines.iter().any(is_known) {
        return (host, verdict);
    }
    let verdict = match verdict {
        NetworkVerdict::Allowed => NetworkVerdict::Allowed,
        NetworkVerdict::Refused(_) => NetworkVerdict::Refused(TOO_MANY.to_owned()),
        NetworkVerdict::Failed(_) => NetworkVerdict::Failed(TOO_MANY.to_owned()),
    };
    (OTHERS.to_owned(), verdict)
}

#[cfg(test)]
mod tests;
