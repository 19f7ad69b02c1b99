//! `outwork list`: the newest agents.

use clap::Args;
use outwork_client::{Agent, AgentPage, ListQuery};

use crate::exit::Outcome;
use crate::output::{Form, Output};
use crate::plain::plain_line;
use crate::remote::ServerFlags;
use crate::table::Table;

const PAGE_MAX: u32 = 100;

/// List agents, newest first
#[derive(Args, Debug)]
pub struct ListArgs {
    /// How many at most
    #[arg(long, value_name = "COUNT", default_value_t = 20,
          value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Only those of this pull request
    #[arg(long, value_name = "URL")]
    pr_url: Option<String>,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: ListArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let mut agents = Vec::new();
    let mut query = ListQuery {
        pull_request_url: args.pr_url,
        ..ListQuery::default()
    };
    loop {
        let missing = args.limit
            - u32::try_from(agents.len())
                .unwrap_or(args.limit)
                .min(args.limit);
        if missing == 0 {
            break;
        }
        query.limit = Some(missing.min(PAGE_MAX));
        let page = client.list_agents(&query).await?;
        agents.extend(page.agents);
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    match output.form() {
        Form::Json => output.json(&AgentPage {
            agents,
            next_cursor: query.cursor,
        })?,
        Form::Text if agents.is_empty() => output.line("no agents")?,
        Form::Text => output.line(&table(&agents))?,
    }
    Ok(())
}

fn table(agents: &[Agent]) -> String {
    let mut table = Table::new(&["ID", "STATUS", "CREATED", "BRANCH", "NAME"]);
    for agent in agents {
        let branch = agent.target.branch_name.as_deref().unwrap_or_default();
        table.row(&[
            plain_line(&agent.id),
            plain_line(&agent.status),
            plain_line(&agent.created_at),
            plain_line(branch),
            plain_line(&agent.name),
        ]);
    }
    table.to_string()
}
