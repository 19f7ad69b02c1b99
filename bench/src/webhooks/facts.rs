//! Puts together what the checker judges: the receivers' logs and the server's log of deliveries.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use outwork_domain::limits::DELIVERIES_AT_ONCE_MAX;
use serde_json::Value;

use super::arguments::{Arguments, TARGETS_PER_RUN};
use super::check::{Attempt, Due, Facts, Life, Seen, Target};
use super::ground::{Agent, Ground, agent_path, endpoint_path, id_of};
use super::lives::{Lives, RETRY_SECS};
use crate::http::{Connection, request};

const PAGE: usize = 100;
/// How long a note may take to reach the log after the receiver has answered.
const NOTE_WAIT: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_millis(100);

/// Reads everything.
pub async fn gather(
    ground: &Ground,
    lives: &Lives,
    agents: &[Agent],
    arguments: &Arguments,
) -> Result<Facts> {
    let targets: BTreeMap<String, Target> = ground.targets().collect();
    let mut asking = Asking {
        connection: Connection::open(lives.up().await?).await?,
    };
    let mut paths: BTreeMap<usize, BTreeMap<String, String>> = BTreeMap::new();
    for agent in agents {
        if let Entry::Vacant(place) = paths.entry(agent.account) {
            place.insert(asking.endpoints(agent).await?);
        }
    }
    let (mut due, mut expected) = (Vec::new(), BTreeMap::new());
    for (number, agent) in agents.iter().enumerate() {
        let endpoints = paths.get(&agent.account).context("no endpoints")?;
        let own = agent_path(number);
        due.extend(asking.deliveries(agent, &own, endpoints, &targets).await?);
        let of_account = (0..TARGETS_PER_RUN - 1).map(|n| endpoint_path(agent.account, n));
        for target in of_account.chain([own]) {
            expected.insert((agent.id.clone(), target), agent.runs);
        }
    }
    let kills = usize::try_from(arguments.kills)?;
    Ok(Facts {
        targets,
        due,
        seen: seen(ground),
        expected,
        retries: RETRY_SECS.len(),
        repeats_max: kills * DELIVERIES_AT_ONCE_MAX,
    })
}

struct Asking {
    connection: Connection,
}

impl Asking {
    async fn get(&mut self, path: &str, key: &str) -> Result<Value> {
        let asked = request("GET", path, key, None);
        let answer = self.connection.exchange(&asked).await?;
        if answer.status != 200 {
            bail!("{path}: {}", answer.status);
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// The paths of an account's endpoints by their ids.
    async fn endpoints(&mut self, agent: &Agent) -> Result<BTreeMap<String, String>> {
        let listed = self.get("/api/v1/webhooks", &agent.key).await?;
        let all = listed["webhooks"].as_array().context("no list")?;
        let path = |url: &str| url.splitn(4, '/').nth(3).map(|path| format!("/{path}"));
        all.iter()
            .map(|one| {
                let path = one["url"].as_str().and_then(path);
                Ok((id_of(one)?, path.context("no url")?))
            })
            .collect()
    }

    /// All deliveries about an agent with their attempts.
    async fn deliveries(
        &mut self,
        agent: &Agent,
        own: &str,
        endpoints: &BTreeMap<String, String>,
        targets: &BTreeMap<String, Target>,
    ) -> Result<Vec<Due>> {
        let shown = self
            .get(&format!("/api/v1/agents/{}", agent.id), &agent.key)
            .await?;
        let runs = shown["runs"].as_array().context("no runs")?;
        let numbers: BTreeMap<String, u64> = runs
            .iter()
            .map(|run| {
                let id = id_of(run)?.trim_start_matches("run-").to_owned();
                Ok((id, run["number"].as_u64().context("no number")?))
            })
            .collect::<Result<_>>()?;
        let mut found = Vec::new();
        let (own_path, mut before) = (own.to_owned(), String::new());
        loop {
            let path = format!("/api/v1/deliveries?agent={}&limit={PAGE}{before}", agent.id);
            let page = self.get(&path, &agent.key).await?;
            let page = page["deliveries"].as_array().context("no list")?.clone();
            for one in &page {
                let id = id_of(one)?;
                let target = match one["endpointId"].as_str() {
                    Some(endpoint) => endpoints.get(endpoint).context("an unknown endpoint")?,
                    None => &own_path,
                };
                let run = one["runId"].as_str().context("no run")?;
                let run = run.trim_start_matches("run-");
                let number = *numbers.get(run).context("an unknown run")?;
                let life = targets.get(target).context("an unknown target")?.life;
                let full = self.noted(&id, &agent.key, life).await?;
                found.push(Due {
                    agent: agent.id.clone(),
                    number,
                    target: target.clone(),
                    state: full["state"].as_str().context("no state")?.to_owned(),
                    attempts: attempts(&full)?,
                    id,
                });
            }
            match page.last() {
                Some(last) if page.len() == PAGE => before = format!("&before={}", id_of(last)?),
                Some(_) | None => return Ok(found),
            }
        }
    }

    /// A delivery as the log has it once the last attempt is noted, which a moment may pass until.
    async fn noted(&mut self, id: &str, key: &str, life: Life) -> Result<Value> {
        let began = Instant::now();
        loop {
            let full = self.get(&format!("/api/v1/deliveries/{id}"), key).await?;
            let is_open = full["state"] == "waiting" && life == Life::Living;
            if !is_open || began.elapsed() > NOTE_WAIT {
                return Ok(full);
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

fn attempts(full: &Value) -> Result<Vec<Attempt>> {
    let all = full["attempts"].as_array().context("no attempts")?;
    let attempt = |one: &Value| {
        let status = one["status"].as_u64().map(u16::try_from).transpose()?;
        let fault = one["error"].as_str().map(str::to_owned);
        anyhow::Ok(Attempt { status, fault })
    };
    all.iter().map(attempt).collect()
}

/// What arrived, at each receiver in the order of receipt.
fn seen(ground: &Ground) -> Vec<Seen> {
    let mut all = Vec::new();
    for receiver in ground.receivers() {
        for arrival in receiver.arrivals() {
            let header = |name| arrival.header(name).unwrap_or_default().to_owned();
            all.push(Seen {
                target: arrival.path.clone(),
                id: header("x-webhook-id"),
                standard_id: header("webhook-id"),
                timestamp: header("webhook-timestamp"),
                signature: header("x-webhook-signature"),
                standard_signature: header("webhook-signature"),
                body: arrival.body.clone(),
                status: arrival.status,
            });
        }
    }
    all
}
