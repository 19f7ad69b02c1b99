//! The receivers, the accounts with their endpoints, and the agents whose runs end.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use outwork_stand_ins::http::{Ending, Reply};
use outwork_stand_ins::receiver::{ClosedDoor, Conduct, Receiver};
use serde_json::{Value, json};

use super::arguments::{Arguments, TARGETS_PER_RUN};
use super::check::{Life, Target};
use super::lives::Lives;
use crate::place::Place;
use crate::repository;

/// Receivers, each with a port of its own; one of ten is dead, by turns in two ways.
const RECEIVERS: usize = 20;
const ACCOUNTS: usize = 5;
const RUNS_PER_AGENT: usize = 20;
const FAILING_PER_THOUSAND: u64 = 300;

/// Everything around the server.
pub struct Ground {
    /// Where everything is kept.
    pub place: Place,
    /// A repository's address.
    pub repository: String,
    /// A model that accepts requests and never answers.
    pub model: Receiver,
    /// How many runs all agents end together.
    pub run_count: usize,
    ports: Vec<Port>,
}

/// Who is at a port.
enum Port {
    Living(Receiver),
    Silent(Receiver),
    Closed(ClosedDoor),
}

/// An agent whose runs are ended.
pub struct Agent {
    /// Its id.
    pub id: String,
    /// The key of its account.
    pub key: String,
    /// Its account.
    pub account: usize,
    /// How many of its runs are to end.
    pub runs: usize,
}

impl Ground {
    /// Starts the receivers and makes the folder.
    pub async fn make(arguments: &Arguments) -> Result<Self> {
        let place = Place::make()?;
        let bare: PathBuf = place.join("repositories").join("r.git");
        std::fs::create_dir_all(place.join("repositories"))?;
        let repository = repository::make(&bare, &place.join("scratch"))?;
        let model = Receiver::start().await?;
        model.behave_everywhere(Conduct::dead());
        let mut ports = Vec::new();
        for number in 0..RECEIVERS {
            ports.push(match number {
                0 => {
                    let silent = Receiver::start().await?;
                    silent.behave_everywhere(Conduct::dead());
                    Port::Silent(silent)
                }
                1 => Port::Closed(ClosedDoor::new()?),
                _ => Port::Living(living(arguments.seed).await?),
            });
        }
        Ok(Self {
            place,
            repository,
            model,
            run_count: arguments.deliveries.div_ceil(TARGETS_PER_RUN),
            ports,
        })
    }

    /// Adds the endpoints of each account and launches the agents, whose first runs wait.
    pub async fn prepare(&self, lives: &Lives) -> Result<Vec<Agent>> {
        let mut keys = Vec::new();
        for account in 0..ACCOUNTS {
            let key = lives.key_of(&format!("account-{account}@localhost"))?;
            for number in 0..TARGETS_PER_RUN - 1 {
                let target = endpoint_path(account, number);
                let body = json!({ "url": self.url(&target)?, "secret": secret_of(&target) });
                let (status, added) = lives
                    .ask("POST", "/api/v1/webhooks", &key, Some(&body))
                    .await?;
                if status != 201 {
                    bail!("an endpoint was refused: {status} {added}");
                }
            }
            keys.push(key);
        }
        let mut agents = Vec::new();
        let mut left = self.run_count;
        while left > 0 {
            let (number, runs) = (agents.len(), left.min(RUNS_PER_AGENT));
            let account = number % ACCOUNTS;
            let key = keys.get(account).context("no such account")?.clone();
            let id = self.launch(lives, number, &key).await?;
            agents.push(Agent {
                id,
                key,
                account,
                runs,
            });
            left -= runs;
        }
        Ok(agents)
    }

    async fn launch(&self, lives: &Lives, number: usize, key: &str) -> Result<String> {
        let target = agent_path(number);
        let body = json!({
            "prompt": { "text": "Nothing" },
            "model": "script",
            "source": { "repository": self.repository },
            "webhook": { "url": self.url(&target)?, "secret": secret_of(&target) },
        });
        let (status, agent) = lives.ask("POST", "/v0/agents", key, Some(&body)).await?;
        let id = agent["id"].as_str().filter(|_| status == 201);
        let id = id.with_context(|| format!("an agent was refused: {status} {agent}"))?;
        Ok(id.to_owned())
    }

    /// How many deliveries are due in all.
    pub const fn delivery_count(&self) -> usize {
        self.run_count * TARGETS_PER_RUN
    }

    /// How many addresses they go to.
    pub const fn target_count(&self) -> usize {
        self.agent_count() + ACCOUNTS * (TARGETS_PER_RUN - 1)
    }

    const fn agent_count(&self) -> usize {
        self.run_count.div_ceil(RUNS_PER_AGENT)
    }

    /// How many deliveries are due to receivers that live.
    pub fn living_delivery_count(&self) -> usize {
        let runs_of = |number: usize| RUNS_PER_AGENT.min(self.run_count - number * RUNS_PER_AGENT);
        let targets_of = |number: usize| {
            let account = number % ACCOUNTS;
            let endpoints = (0..TARGETS_PER_RUN - 1).map(move |n| endpoint_path(account, n));
            endpoints.chain([agent_path(number)])
        };
        (0..self.agent_count())
            .map(|number| {
                let living =
                    targets_of(number).filter(|target| self.life_of(target) == Life::Living);
                living.count() * runs_of(number)
            })
            .sum()
    }

    /// All targets, by path.
    pub fn targets(&self) -> impl Iterator<Item = (String, Target)> {
        let of_agents = (0..self.agent_count()).map(agent_path);
        let of_accounts = (0..ACCOUNTS)
            .flat_map(|account| (0..TARGETS_PER_RUN - 1).map(move |n| endpoint_path(account, n)));
        of_agents.chain(of_accounts).map(|path| {
            let target = Target {
                secret: secret_of(&path),
                life: self.life_of(&path),
            };
            (path, target)
        })
    }

    /// The receivers that can be asked what they got.
    pub fn receivers(&self) -> impl Iterator<Item = &Receiver> {
        self.ports.iter().filter_map(|port| match port {
            Port::Living(receiver) | Port::Silent(receiver) => Some(receiver),
            Port::Closed(_) => None,
        })
    }

    /// How many deliveries were taken.
    pub fn taken_count(&self) -> usize {
        // One id goes to one receiver only.
        self.receivers().map(Receiver::taken_count).sum()
    }

    /// When a living receiver last got anything.
    pub fn last_arrival(&self) -> Option<Instant> {
        let living = self.ports.iter().filter_map(|port| match port {
            Port::Living(receiver) => Some(receiver),
            Port::Silent(_) | Port::Closed(_) => None,
        });
        living
            .filter_map(|receiver| receiver.arrivals().last().map(|last| last.received_at))
            .max()
    }

    fn url(&self, target: &str) -> Result<String> {
        let port = self.ports.get(port_of(target)).context("no such port")?;
        Ok(match port {
            Port::Living(receiver) | Port::Silent(receiver) => receiver.url(target),
            Port::Closed(door) => door.url(target),
        })
    }

    fn life_of(&self, target: &str) -> Life {
        match self.ports.get(port_of(target)) {
            Some(Port::Living(_)) => Life::Living,
            Some(Port::Silent(_) | Port::Closed(_)) | None => Life::Dead,
        }
    }
}

async fn living(seed: u64) -> Result<Receiver> {
    let receiver = Receiver::start().await?;
    let away = receiver.url("/redirected");
    let failures = vec![
        Reply::status(500, "no"),
        Reply::status(404, "no"),
        Reply::status(503, "busy").with_header("retry-after", "1"),
        Reply::status(307, "").with_header("location", &away),
        Reply::nothing(Ending::Close),
    ];
    receiver.behave_everywhere(Conduct::taking().failing(FAILING_PER_THOUSAND, seed, failures));
    Ok(receiver)
}

/// The path of an agent's own webhook.
pub fn agent_path(number: usize) -> String {
    format!("/agent/{number}")
}

/// The path of an account's endpoint.
pub fn endpoint_path(account: usize, number: usize) -> String {
    format!(
        "/account/{account}/{}",
        account * (TARGETS_PER_RUN - 1) + number
    )
}

/// The last number of a path decides who it goes to.
fn port_of(target: &str) -> usize {
    let number = target.rsplit('/').next().and_then(|text| text.parse().ok());
    number.unwrap_or(0_usize) % RECEIVERS
}

/// Half of the secrets are of the form of Standard Webhooks.
fn secret_of(target: &str) -> String {
    let plain = format!("{target:-<32}");
    if port_of(target).is_multiple_of(2) {
        return plain;
    }
    let bytes: Vec<u8> = plain.bytes().take(33).collect();
    format!("whsec_{}", base64_of(&bytes))
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The id in a JSON answer.
pub fn id_of(value: &Value) -> Result<String> {
    let id = value["id"].as_str();
    Ok(id.with_context(|| format!("no id: {value}"))?.to_owned())
}
