//! `GET /v1/agents/{id}/usage`: tokens and cost, of all runs or of one.

use axum::extract::State;
use outwork_domain::{Cost, RunId, TokenUsage};
use outwork_engine::{AgentUsage, RunUsage};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::path::PathAgent;
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::query::Pairs;
use crate::reply::{Answer, json};
use crate::wire::{Cents, WireRunId};

/// What runs used.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UsageBody {
    /// Of all runs that are shown.
    total_usage: TokensBody,
    /// Of those runs whose models have prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<CostBody>,
    /// Each run, the newest first.
    runs: Vec<RunUsageBody>,
}

/// What a run used.
#[derive(Debug, Serialize, ToSchema)]
struct RunUsageBody {
    id: WireRunId,
    /// All zero for a run that asked no model.
    usage: TokensBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<CostBody>,
}

/// Tokens.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TokensBody {
    /// Without those that came from the provider's cache or were written to it.
    input_tokens: u64,
    output_tokens: u64,
    cache_write_tokens: u64,
    cache_read_tokens: u64,
    /// The sum of the four.
    total_tokens: u64,
}

/// What tokens cost; nothing is added to what the model's provider asks.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CostBody {
    #[schema(value_type = f64)]
    raw_cost_cents: Cents,
    #[schema(value_type = f64)]
    charged_cents: Cents,
}

impl TokensBody {
    fn of(usage: TokenUsage) -> Self {
        let cached = usage.cache_read.saturating_add(usage.cache_write);
        let input_tokens = usage.input.saturating_sub(cached);
        let parts = [
            input_tokens,
            usage.output,
            usage.cache_write,
            usage.cache_read,
        ];
        Self {
            input_tokens,
            output_tokens: usage.output,
            cache_write_tokens: usage.cache_write,
            cache_read_tokens: usage.cache_read,
            total_tokens: parts.into_iter().fold(0, u64::saturating_add),
        }
    }
}

impl CostBody {
    fn of(cost: Cost) -> Self {
        Self {
            raw_cost_cents: Cents(cost),
            charged_cents: Cents(cost),
        }
    }
}

impl UsageBody {
    fn of(usage: &AgentUsage) -> Self {
        let run = |run: &RunUsage| RunUsageBody {
            id: WireRunId(run.run_id),
            usage: TokensBody::of(run.tokens),
            cost: run.cost.map(CostBody::of),
        };
        Self {
            total_usage: TokensBody::of(usage.tokens()),
            cost: usage.cost().map(CostBody::of),
            runs: usage.runs.iter().map(run).collect(),
        }
    }
}

/// Adds up what an agent's runs used.
#[utoipa::path(
    get,
    path = "/v1/agents/{id}/usage",
    params(("runId" = Option<String>, Query, description = "Only this run.")),
    responses(
        (status = 200, description = "Tokens, and cost where prices are configured.", body = UsageBody),
        (status = 404, description = "`agent_not_found`: no such agent, or somebody else's; `run_not_found`: it has no such run."),
    ),
)]
pub(super) async fn get_usage(
    State(app): State<App>,
    caller: Caller,
    PathAgent(agent_id): PathAgent,
    pairs: Pairs,
) -> Answer {
    let pairs = pairs.only(&["runId"])?;
    let wanted = pairs.text("runId")?;
    let mut usage = app.engine().usage(caller.account_id(), agent_id).await?;
    if let Some(text) = wanted {
        let id = WireRunId::read(text).unwrap_or(RunId::new(Uuid::nil()));
        usage.runs.retain(|run| run.run_id == id);
        if usage.runs.is_empty() {
            return Err(Failure::run_not_found());
        }
    }
    json(&UsageBody::of(&usage))
}
