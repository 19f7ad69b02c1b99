//! `outwork list`: the newest agents.

use clap::Args;
use outwork_client::{AgentPage, Archived, ListQuery, ListedAgent};

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
    /// List agents that were put away, too
    #[arg(long, visible_alias = "all")]
    archived: bool,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: ListArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let mut agents = Vec::new();
    let mut query = ListQuery {
        pull_request_url: args.pr_url,
        archived: if args.archived {
            Archived::Shown
        } else {
            Archived::Hidden
        },
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

fn table(agents: &[ListedAgent]) -> String {
    let mut table = Table::new(&["ID", "STATE", "CREATED", "BRANCH", "NAME"]);
    for agent in agents {
        let first = agent.repositories.first();
        let branch = first.and_then(|one| one.branch.as_deref());
        let mut state = plain_line(&agent.state);
        if let Some(awaiting) = &agent.awaiting {
            state += &format!(" (awaits {})", plain_line(awaiting));
        }
        if agent.archived_at.is_some() {
            state += " (archived)";
        }
        table.row(&[
            plain_line(&agent.id),
            state,
            plain_line(&agent.created_at),
            plain_line(branch.unwrap_or_default()),
            plain_line(&agent.name),
        ]);
    }
    table.to_string()
}
