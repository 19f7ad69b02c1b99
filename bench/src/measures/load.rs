//! F5 and F6: reading and making agents at a fixed rate.
//!
//! The one worker is held at a model that does not answer, so the figures are those of the API.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Bench;
use crate::figures::Figure;
use crate::http::{Connection, request};
use crate::load::{Outcome, Plan, run};
use crate::numbers::percentile;
use crate::script::{plain, silent_after};
use crate::server::Server;
use crate::task::{Tasks, creation};

const LENGTH: Duration = Duration::from_secs(10);
const WARM_UP: Duration = Duration::from_secs(2);
const CONNECTIONS: u32 = 128;
const READS_PER_SECOND: u32 = 8_000;
const READ_GOAL_MS: f64 = 25.0;
const WRITES_PER_SECOND: u32 = 2_000;
const WRITE_GOAL_MS: f64 = 50.0;

pub async fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let server = bench.serve("load", 1).await?;
    bench.model.forget();
    let tasks = Tasks::new(&server, &bench.repository);
    tasks.create(&silent_after(0)).await?;
    bench.model.wait_for(1).await;

    let plan = |rate, length| Plan {
        address: server.address,
        rate,
        length,
        connections: CONNECTIONS,
    };
    let asked = creation(&server.key, &bench.repository, &plain());
    let write = move |_| asked.clone();
    run(plan(WRITES_PER_SECOND / 4, WARM_UP), 201, write.clone()).await?;
    let writes = run(plan(WRITES_PER_SECOND, LENGTH), 201, write).await?;

    let ids = agents(&server).await?;
    let key = server.key.clone();
    let read = move |number: u32| {
        // A step that is prime to the count visits all ids in a scattered order.
        let at = usize::try_from(number).unwrap_or(0) * 7_919 % ids.len();
        request("GET", &format!("/v0/agents/{}", ids[at]), &key, None)
    };
    run(plan(READS_PER_SECOND / 4, WARM_UP), 200, read.clone()).await?;
    let reads = run(plan(READS_PER_SECOND, LENGTH), 200, read).await?;
    drop(server);
    let mut figures = figures(
        "F5",
        "GET of an agent",
        READS_PER_SECOND,
        &reads,
        READ_GOAL_MS,
    )?;
    figures.extend(figures_of_writes(&writes)?);
    Ok(figures)
}

fn figures_of_writes(writes: &Outcome) -> Result<Vec<Figure>> {
    figures(
        "F6",
        "POST of an agent",
        WRITES_PER_SECOND,
        writes,
        WRITE_GOAL_MS,
    )
}

fn figures(
    id: &'static str,
    what: &str,
    rate: u32,
    outcome: &Outcome,
    goal: f64,
) -> Result<Vec<Figure>> {
    if outcome.refused > 0 {
        bail!("{what}: {} requests were refused", outcome.refused);
    }
    let all = &outcome.latencies_ms;
    Ok(vec![
        Figure::new(
            id,
            format!("{what} at {rate}/s, p99"),
            percentile(all, 99),
            "ms",
        )
        .at_most(goal),
        Figure::new(id, "the same, p50", percentile(all, 50), "ms"),
        Figure::new(id, "requests a second reached", outcome.reached, "/s"),
    ])
}

/// The newest agents, up to five pages of them.
async fn agents(server: &Server) -> Result<Vec<String>> {
    let mut connection = Connection::open(server.address).await?;
    let mut ids = Vec::new();
    let mut path = "/v0/agents?limit=100".to_owned();
    for _ in 0..5 {
        let answer = connection
            .exchange(&request("GET", &path, &server.key, None))
            .await?;
        let page: Value = serde_json::from_slice(&answer.body)?;
        let agents = page["agents"].as_array().context("a list without agents")?;
        ids.extend(
            agents
                .iter()
                .filter_map(|agent| agent["id"].as_str())
                .map(str::to_owned),
        );
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/v0/agents?limit=100&cursor={cursor}"),
            None => break,
        }
    }
    Ok(ids)
}
