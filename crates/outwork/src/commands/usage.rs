//! `outwork usage`: tokens and cost of an agent's runs.

use clap::Args;
use outwork_client::{AgentUsage, Cost, Tokens};

use crate::exit::Outcome;
use crate::output::{Form, Output};
use crate::plain::plain_line;
use crate::remote::{ServerFlags, agent_id};
use crate::table::Table;

/// Show the tokens that an agent's runs used, and what they cost where models have prices
#[derive(Args, Debug)]
pub struct UsageArgs {
    /// Agent: its id, or an unambiguous beginning of it
    agent: String,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: UsageArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let id = agent_id(&client, &args.agent).await?;
    let usage = client.usage(&id).await?;
    match output.form() {
        Form::Json => output.json(&usage)?,
        Form::Text => output.line(&table(&usage))?,
    }
    Ok(())
}

fn table(usage: &AgentUsage) -> String {
    let heading = [
        "RUN",
        "INPUT",
        "CACHE READ",
        "CACHE WRITE",
        "OUTPUT",
        "TOTAL",
        "COST",
    ];
    let mut table = Table::new(&heading);
    for run in &usage.runs {
        table.row(&row(&run.id, &run.usage, run.cost));
    }
    table.row(&row("all", &usage.total_usage, usage.cost));
    table.to_string()
}

fn row(name: &str, tokens: &Tokens, cost: Option<Cost>) -> [String; 7] {
    let cost = cost.map_or_else(String::new, |cost| {
        format!("${:.4}", cost.raw_cost_cents / 100.0)
    });
    [
        plain_line(name),
        tokens.input_tokens.to_string(),
        tokens.cache_read_tokens.to_string(),
        tokens.cache_write_tokens.to_string(),
        tokens.output_tokens.to_string(),
        tokens.total_tokens.to_string(),
        cost,
    ]
}
