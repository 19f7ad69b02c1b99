//! F13: the list of 30,000 repositories behind a forge's token, from the copy.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use outwork_stand_ins::forge_server::{ForgeServer, Kind};
use serde_json::Value;

use super::Bench;
use crate::figures::Figure;
use crate::http::{Connection, request};
use crate::numbers::{millis, percentile};
use crate::server::Server;

const COUNT: usize = 30_000;
/// How often it is asked for.
const ASKED: u32 = 100;
/// How long the list may take to be complete.
const PATIENCE: Duration = Duration::from_secs(120);
const GOAL_MS: f64 = 50.0;

pub async fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let forge = ForgeServer::start(Kind::Gitea)?;
    forge.many_repositories("acme", COUNT, "bench");
    let token = bench.place.join("forge-token");
    std::fs::write(&token, forge.token("bench"))?;
    let more = format!(
        "[[forges]]\nkind = \"gitea\"\nurl = {:?}\ntoken_file = {token:?}\nplain_http = \"allowed\"\n",
        forge.base_url()
    );
    let server = bench.serve_with("repositories", 16, &more).await?;
    let asked = request("GET", "/v1/repositories", &server.key, None);
    let refreshed = complete(&server, &asked).await?;
    let mut connection = Connection::open(server.address).await?;
    let mut times = Vec::new();
    for _ in 0..ASKED {
        let start = Instant::now();
        listed(&mut connection, &asked).await?;
        times.push(millis(start.elapsed()));
    }
    server.stop()?;
    let server = bench.serve_with("repositories", 16, &more).await?;
    let asked = request("GET", "/v1/repositories", &server.key, None);
    let mut connection = Connection::open(server.address).await?;
    let start = Instant::now();
    let first = listed(&mut connection, &asked).await?;
    let first_took = millis(start.elapsed());
    if first <= COUNT {
        bail!("a server that starts again lists {first} of {COUNT} repositories");
    }
    server.stop()?;
    Ok(vec![
        Figure::new(
            "F13",
            format!("list of {COUNT} repositories, p99 of {ASKED}"),
            percentile(&times, 99),
            "ms",
        )
        .at_most(GOAL_MS),
        Figure::new("F13", "the same, p50", percentile(&times, 50), "ms"),
        Figure::new("F13", "the first after a start", first_took, "ms"),
        Figure::new("F13", "reading it from the forge", millis(refreshed), "ms"),
    ])
}

/// Waits until the list is complete; gives how long that took.
async fn complete(server: &Server, asked: &[u8]) -> Result<Duration> {
    let start = Instant::now();
    let mut connection = Connection::open(server.address).await?;
    while start.elapsed() < PATIENCE {
        if listed(&mut connection, asked).await? > COUNT {
            return Ok(start.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the list of repositories is not complete after {PATIENCE:?}");
}

/// Asks for the list; gives how many it has.
async fn listed(connection: &mut Connection, asked: &[u8]) -> Result<usize> {
    let answer = connection.exchange(asked).await?;
    if answer.status != 200 {
        bail!(
            "the list of repositories is answered with {}",
            answer.status
        );
    }
    // The local one of the benchmark is among them. Each is one object; counting costs the measured machine less than parsing.
    let text = std::str::from_utf8(&answer.body)?;
    if text.len() < 1_000 {
        let list: Value = serde_json::from_str(text)?;
        let items = list["items"].as_array();
        return Ok(items.context("no list of repositories")?.len());
    }
    Ok(text.matches("{\"url\":").count())
}
