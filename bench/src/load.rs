//! A load that comes at a fixed rate, however slow the answers are (an open loop).
//!
//! Request number n is due at n / rate. Its latency counts from then, not from when it could be sent,
//! so that waiting is not hidden.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::http::Connection;
use crate::numbers::millis;

/// A server that cannot keep up is not waited for longer than this many times the planned time.
const PATIENCE: u32 = 3;

/// What is sent.
#[derive(Clone, Copy)]
pub struct Plan {
    /// Where to.
    pub address: SocketAddr,
    /// Requests a second.
    pub rate: u32,
    /// For how long.
    pub length: Duration,
    /// Over how many connections.
    pub connections: u32,
}

/// What came of it.
pub struct Outcome {
    /// How long each answered request took from the moment at which it was due.
    pub latencies_ms: Vec<f64>,
    /// Answers with another status than the expected one.
    pub refused: u32,
    /// Requests a second, counted until the last answer.
    pub reached: f64,
}

/// Sends what `make` makes for each number, on a thread of its own, and expects `status`.
pub async fn run(
    plan: Plan,
    status: u16,
    make: impl Fn(u32) -> Vec<u8> + Clone + Send + 'static,
) -> Result<Outcome> {
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(send_all(plan, status, make))
    };
    tokio::task::spawn_blocking(work).await?
}

async fn send_all(
    plan: Plan,
    status: u16,
    make: impl Fn(u32) -> Vec<u8> + Clone + Send + 'static,
) -> Result<Outcome> {
    let total = u32::try_from(u128::from(plan.rate) * plan.length.as_millis() / 1000)?;
    let mut open = Vec::new();
    for _ in 0..plan.connections {
        open.push(Connection::open(plan.address).await?);
    }
    let start = Instant::now();
    let mut senders = JoinSet::new();
    for (first, connection) in (0..).zip(open) {
        let numbers = (first..total).step_by(usize::try_from(plan.connections)?);
        senders.spawn(send(plan, start, connection, numbers, status, make.clone()));
    }
    let mut outcome = Outcome {
        latencies_ms: Vec::new(),
        refused: 0,
        reached: 0.0,
    };
    while let Some(part) = senders.join_next().await {
        let (latencies, refused) = part??;
        outcome.latencies_ms.extend(latencies);
        outcome.refused += refused;
    }
    let answered = u32::try_from(outcome.latencies_ms.len())?;
    outcome.reached = f64::from(answered) / start.elapsed().as_secs_f64();
    Ok(outcome)
}

async fn send(
    plan: Plan,
    start: Instant,
    mut connection: Connection,
    numbers: impl Iterator<Item = u32>,
    status: u16,
    make: impl Fn(u32) -> Vec<u8>,
) -> Result<(Vec<f64>, u32)> {
    let mut latencies = Vec::new();
    let mut refused = 0;
    for number in numbers {
        let due = start + Duration::from_secs_f64(f64::from(number) / f64::from(plan.rate));
        let request = make(number);
        sleep_until(due).await;
        if start.elapsed() > plan.length * PATIENCE {
            break;
        }
        let answer = connection.exchange(&request).await?;
        latencies.push(millis(due.elapsed()));
        refused += u32::from(answer.status != status);
    }
    Ok((latencies, refused))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// Answers 200 and 201 in turn, and counts.
    async fn answer_all(mut stream: TcpStream, count: Arc<AtomicU32>) {
        let mut asked = [0; 1024];
        while stream.read(&mut asked).await.unwrap_or(0) > 0 {
            let status = 200 + count.fetch_add(1, Ordering::Relaxed) % 2;
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn every_request_is_sent_once_and_refusals_are_counted() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let count = Arc::new(AtomicU32::new(0));
        let counter = count.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(answer_all(stream, counter.clone()));
            }
        });
        let plan = Plan {
            address,
            rate: 1000,
            length: Duration::from_millis(40),
            connections: 3,
        };
        let make = |number| format!("GET /{number} HTTP/1.1\r\n\r\n").into_bytes();
        let outcome = run(plan, 200, make).await.unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 40);
        assert_eq!((outcome.latencies_ms.len(), outcome.refused), (40, 20));
        assert!(outcome.reached > 0.0);
    }
}
