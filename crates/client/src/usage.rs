//! What an agent's runs used (Cursor v1).

use serde::{Deserialize, Serialize};

use crate::connection::segment;
use crate::{Client, Error};

/// What an agent's runs used.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentUsage {
    /// Tokens of all runs.
    pub total_usage: Tokens,
    /// Of those runs whose models have prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Each run, the newest first.
    pub runs: Vec<RunUsage>,
}

/// What a run used.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RunUsage {
    /// Its id.
    pub id: String,
    /// Its tokens.
    pub usage: Tokens,
    /// What they cost, if the model has a price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// Tokens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    /// Without those from or to the provider's cache.
    pub input_tokens: u64,
    /// Of answers.
    pub output_tokens: u64,
    /// Written to the provider's cache.
    pub cache_write_tokens: u64,
    /// Read from it.
    pub cache_read_tokens: u64,
    /// All four.
    pub total_tokens: u64,
}

/// Money, in US cents.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// What the provider asks.
    pub raw_cost_cents: f64,
    /// What is charged; the same here.
    pub charged_cents: f64,
}

impl Client {
    /// Reads what an agent's runs used.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn usage(&self, id: &str) -> Result<AgentUsage, Error> {
        let path = format!("/v1/agents/{}/usage", segment(id));
        self.get("reading the usage", &path).await
    }
}
