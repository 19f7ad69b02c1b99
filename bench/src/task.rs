//! Tasks: made through the API, followed to their end.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::http::{Connection, request};
use crate::server::Server;

/// Makes agents in one repository, and looks after them.
pub struct Tasks<'a> {
    server: &'a Server,
    repository: &'a str,
}

/// A task that was accepted.
pub struct Task {
    /// The agent.
    pub agent: String,
    /// When the request was about to be sent.
    pub sent: Instant,
}

impl<'a> Tasks<'a> {
    /// Tasks for a server in a repository.
    pub fn new(server: &'a Server, repository: &'a str) -> Self {
        Self { server, repository }
    }

    /// Makes an agent with that prompt.
    pub async fn create(&self, prompt: &str) -> Result<Task> {
        let mut connection = Connection::open(self.server.address).await?;
        let asked = creation(&self.server.key, self.repository, prompt);
        let sent = Instant::now();
        let answer = connection.exchange(&asked).await?;
        let body: Value = serde_json::from_slice(&answer.body)?;
        if answer.status != 201 {
            bail!("the server refused a task: {} {body}", answer.status);
        }
        let agent = body["id"]
            .as_str()
            .context("an agent without id")?
            .to_owned();
        Ok(Task { agent, sent })
    }

    /// Waits until no run of the agent is unfinished; the stream of events ends then.
    pub async fn wait_until_idle(&self, task: &Task) -> Result<()> {
        let path = format!("/api/v1/agents/{}/events?until=idle", task.agent);
        let key = &self.server.key;
        let asked = format!(
            "GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n\
             accept: text/event-stream\r\nconnection: close\r\n\r\n"
        );
        let connection = Connection::open(self.server.address).await?;
        let status = connection.drain(asked.as_bytes()).await?;
        if status != 200 {
            bail!("the events of {} were refused: {status}", task.agent);
        }
        Ok(())
    }

    /// Stops the agent's run.
    pub async fn stop(&self, task: &Task) -> Result<()> {
        let mut connection = Connection::open(self.server.address).await?;
        let path = format!("/v0/agents/{}/stop", task.agent);
        let answer = connection
            .exchange(&request("POST", &path, &self.server.key, None))
            .await?;
        if answer.status != 200 {
            bail!("a task could not be stopped: {}", answer.status);
        }
        Ok(())
    }

    /// Fails unless the agent ended well, with a pull request.
    pub async fn insist_on_success(&self, task: &Task) -> Result<()> {
        let mut connection = Connection::open(self.server.address).await?;
        let path = format!("/api/v1/agents/{}", task.agent);
        let answer = connection
            .exchange(&request("GET", &path, &self.server.key, None))
            .await?;
        let agent: Value = serde_json::from_slice(&answer.body)?;
        if agent["state"] != "succeeded" || !agent["repositories"][0]["pullRequestUrl"].is_string()
        {
            bail!("a task did not end well: {agent}");
        }
        Ok(())
    }
}

/// The request that makes an agent.
pub fn creation(key: &str, repository: &str, prompt: &str) -> Vec<u8> {
    let body = json!({
        "prompt": { "text": prompt },
        "model": "bench",
        "source": { "repository": repository, "ref": "main" },
        "target": { "autoCreatePr": true },
    });
    request("POST", "/v0/agents", key, Some(&body.to_string()))
}
