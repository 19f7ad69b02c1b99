//! Ends runs through the API, whatever happens to the server meanwhile.
//!
//! Each request carries a key of idempotency and is repeated until it is answered, so that a run that was
//! asked for is made once.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::ground::Agent;
use super::lives::Lives;
use crate::http::{Answer, Connection};

/// Clients at once.
const CLIENTS: usize = 32;
const TRIES_MAX: u32 = 100;
const AGAIN: Duration = Duration::from_millis(50);

/// Ends all runs of all agents, those of one agent one after the other.
pub async fn end_runs(lives: &Lives, agents: &[Agent]) -> Result<()> {
    let next = AtomicUsize::new(0);
    let clients = (0..CLIENTS).map(|_| async {
        let mut client = Client {
            lives,
            connection: None,
        };
        while let Some(agent) = agents.get(next.fetch_add(1, Ordering::Relaxed)) {
            client.end_all(agent).await?;
        }
        anyhow::Ok(())
    });
    try_join_all(clients).await.map(drop)
}

/// One client with its connection.
struct Client<'a> {
    lives: &'a Lives,
    connection: Option<(SocketAddr, Connection)>,
}

impl Client<'_> {
    async fn end_all(&mut self, agent: &Agent) -> Result<()> {
        let follow_up = json!({ "prompt": { "text": "Nothing more" } });
        for run in 0..agent.runs {
            if run > 0 {
                let path = format!("/v0/agents/{}/followup", agent.id);
                let name = format!("{}-{run}-more", agent.id);
                let answer = self.insist(&path, agent, &name, Some(&follow_up)).await?;
                if answer.status != 200 {
                    bail!("a follow-up was refused: {}", shown(&answer));
                }
            }
            let path = format!("/v0/agents/{}/stop", agent.id);
            let name = format!("{}-{run}-stop", agent.id);
            let answer = self.insist(&path, agent, &name, None).await?;
            // 409: between two lives the worker was free for a moment, and the run has ended by itself.
            if !matches!(answer.status, 200 | 409) {
                bail!("a stop was refused: {}", shown(&answer));
            }
        }
        Ok(())
    }

    /// Asks until there is an answer.
    async fn insist(
        &mut self,
        path: &str,
        agent: &Agent,
        name: &str,
        body: Option<&Value>,
    ) -> Result<Answer> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: campaign\r\nauthorization: Bearer {}\r\n\
             idempotency-key: {name}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            agent.key,
            body.len()
        );
        for _ in 0..TRIES_MAX {
            match self.exchange(request.as_bytes()).await {
                Ok(answer) if answer.status < 500 => return Ok(answer),
                Ok(_) | Err(_) => self.connection = None,
            }
            tokio::time::sleep(AGAIN).await;
        }
        bail!("{path} was never answered");
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        let address = self.lives.up().await?;
        if self
            .connection
            .as_ref()
            .is_none_or(|(to, _)| *to != address)
        {
            self.connection = Some((address, Connection::open(address).await?));
        }
        let (_, connection) = self.connection.as_mut().context("no connection")?;
        connection.exchange(request).await
    }
}

fn shown(answer: &Answer) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    format!("{} {body}", answer.status)
}
