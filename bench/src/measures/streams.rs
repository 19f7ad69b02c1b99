//! F12: from an event's writing until a client of its stream has it, with 2,000 streams open.
//!
//! An event's id begins with the time at which it was written, by the same clock; its commit is in the
//! figure. Only events count that were written when all streams were open.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::Bench;
use crate::figures::Figure;
use crate::http::{Connection, request};
use crate::numbers::percentile;
use crate::script::slow;
use crate::server::Server;
use crate::task::{Task, Tasks};

const AGENTS: u32 = 20;
const STREAMS_EACH: u32 = 100;
/// The model's thinking time: the first answer comes when all streams are open.
const DELAY: Duration = Duration::from_secs(4);
const GOAL_MS: f64 = 100.0;

pub async fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    raise_descriptors()?;
    let server = bench.serve("streams", AGENTS).await?;
    bench.model.forget();
    let tasks = Tasks::new(&server, &bench.repository);
    let mut streams = Vec::new();
    for _ in 0..AGENTS {
        let task = tasks.create(&slow(DELAY)).await?;
        let asked = stream_request(&server, &task).await?;
        for _ in 0..STREAMS_EACH {
            streams.push(Stream::open(&server, &asked).await?);
        }
    }
    let since = now_ms();
    let readers: Vec<_> = streams
        .into_iter()
        .map(|stream| tokio::spawn(stream.latencies(since)))
        .collect();
    let (count, mut latencies) = (readers.len(), Vec::new());
    for reader in readers {
        let one = reader.await??;
        if one.is_empty() {
            bail!("a stream saw nothing");
        }
        latencies.extend(one);
    }
    server.stop()?;
    Ok(vec![
        Figure::new(
            "F12",
            format!("event written until {count} streams have it, p99"),
            percentile(&latencies, 99),
            "ms",
        )
        .at_most(GOAL_MS),
        Figure::new("F12", "the same, p50", percentile(&latencies, 50), "ms"),
    ])
}

/// The request for the stream of an agent's first run.
async fn stream_request(server: &Server, task: &Task) -> Result<Vec<u8>> {
    let mut connection = Connection::open(server.address).await?;
    let path = format!("/api/v1/agents/{}", task.agent);
    let answer = connection
        .exchange(&request("GET", &path, &server.key, None))
        .await?;
    let agent: Value = serde_json::from_slice(&answer.body)?;
    let run = agent["runs"][0]["id"]
        .as_str()
        .with_context(|| format!("an agent without a run: {agent}"))?;
    let path = format!("/v1/agents/{}/runs/run-{run}/stream", task.agent);
    Ok(request("GET", &path, &server.key, None))
}

/// An open stream.
struct Stream(BufReader<TcpStream>);

impl Stream {
    async fn open(server: &Server, asked: &[u8]) -> Result<Self> {
        let mut stream = TcpStream::connect(server.address).await?;
        stream.write_all(asked).await?;
        let mut stream = Self(BufReader::with_capacity(2_048, stream));
        let status = stream.line().await?.context("no answer")?;
        if !status.starts_with("HTTP/1.1 200") {
            bail!("a stream was refused: {status}");
        }
        Ok(stream)
    }

    async fn line(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        let count = self.0.read_line(&mut line).await?;
        Ok((count > 0).then_some(line))
    }

    /// How long each event took that was written after `since`, in milliseconds; reads to the end.
    async fn latencies(mut self, since: i64) -> Result<Vec<f64>> {
        let mut latencies = Vec::new();
        while let Some(line) = self.line().await? {
            if line.starts_with("event: done") {
                break;
            }
            let Some(id) = line.strip_prefix("id: ") else {
                continue;
            };
            let written: i64 = id
                .split('-')
                .next()
                .unwrap_or_default()
                .parse()
                .with_context(|| format!("an odd id: {id}"))?;
            if written > since {
                let took = u32::try_from(now_ms().saturating_sub(written)).unwrap_or(0);
                latencies.push(f64::from(took));
            }
        }
        Ok(latencies)
    }
}

/// Each stream needs a descriptor here.
fn raise_descriptors() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "compared with the clock of the server's process"
)]
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0))
}
