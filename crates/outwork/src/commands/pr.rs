//! `outwork pr`: the pull requests that the server keeps for repositories without a forge, and what is known
//! of those on code hosts.

use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};
use outwork_client::{
    Client, ForgePullRequest, ForgePullRequestQuery, PullRequest, PullRequestQuery,
};
use outwork_domain::shown_body;

use crate::exit::{Failure, Outcome};
use crate::output::{Form, Output, Role, Style};
use crate::patch;
use crate::plain::{plain, plain_line};
use crate::remote::ServerFlags;
use crate::table::Table;

const DRAFT: &str = " (draft)";

/// List and read pull requests; merge and close those that the server keeps itself
#[derive(Args, Debug)]
pub struct PrArgs {
    #[command(subcommand)]
    command: PrCommand,
}

#[derive(Debug, Subcommand)]
enum PrCommand {
    /// List pull requests, newest first: those that the server keeps, then those on code hosts
    List(ListArgs),
    /// Show a pull request
    Show(ShowArgs),
    /// Merge a pull request into its base branch
    Merge(OneArgs),
    /// Close a pull request without merging it
    Close(OneArgs),
}

#[derive(Args, Debug)]
struct ListArgs {
    /// Only those in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// How many at most
    #[arg(long, value_name = "COUNT", default_value_t = 20,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    /// Only those with a lower number, and none on code hosts
    #[arg(long, value_name = "NUMBER")]
    before: Option<u64>,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Open,
    Merged,
    Closed,
}

#[derive(Args, Debug)]
struct ShowArgs {
    /// Number of the pull request, or its address on a code host
    #[arg(value_name = "NUMBER|URL")]
    which: Which,
    /// What to show of it
    #[arg(long, value_enum, default_value = "summary")]
    part: Part,
    #[command(flatten)]
    server: ServerFlags,
}

/// How a pull request is named.
#[derive(Clone, Debug)]
enum Which {
    /// One that the server keeps.
    Number(u64),
    /// One on a code host.
    Url(String),
}

impl FromStr for Which {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains("://") {
            return Ok(Self::Url(text.to_owned()));
        }
        text.parse()
            .map(Self::Number)
            .map_err(|_| "it is neither a number nor an address")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Title, branches and description
    Summary,
    /// What it changes
    Diff,
    /// Its commits, for `git am`
    Patch,
}

#[derive(Args, Debug)]
struct OneArgs {
    /// Number of the pull request
    number: u64,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: PrArgs, output: &Output) -> Outcome {
    match args.command {
        PrCommand::List(args) => list(args, output).await,
        PrCommand::Show(args) => show(args, output).await,
        PrCommand::Merge(args) => {
            let pull_request = args
                .server
                .client()?
                .merge_pull_request(args.number)
                .await?;
            changed(&pull_request, output)
        }
        PrCommand::Close(args) => {
            let pull_request = args
                .server
                .client()?
                .close_pull_request(args.number)
                .await?;
            changed(&pull_request, output)
        }
    }
}

async fn list(args: ListArgs, output: &Output) -> Outcome {
    let state = args.state.map(|state| match state {
        State::Open => "open",
        State::Merged => "merged",
        State::Closed => "closed",
    });
    let query = PullRequestQuery {
        state: state.map(str::to_owned),
        limit: Some(args.limit),
        before: args.before,
    };
    let client = args.server.client()?;
    let kept = client.list_pull_requests(&query).await?;
    let on_forges = match args.before {
        Some(_) => Vec::new(),
        None => {
            let query = ForgePullRequestQuery {
                state: query.state,
                limit: query.limit,
                ..ForgePullRequestQuery::default()
            };
            let page = client.list_forge_pull_requests(&query).await?;
            page.pull_requests
        }
    };
    match output.form() {
        Form::Json => {
            output.json(&serde_json::json!({ "pullRequests": kept, "onForges": on_forges }))?;
        }
        Form::Text if kept.is_empty() && on_forges.is_empty() => {
            output.line("no pull requests")?;
        }
        Form::Text => {
            if !kept.is_empty() {
                output.line(&table(&kept))?;
            }
            if !on_forges.is_empty() {
                output.line(&table_on_forges(&on_forges))?;
            }
        }
    }
    Ok(())
}

fn table_on_forges(all: &[ForgePullRequest]) -> String {
    let mut table = Table::new(&["PULL REQUEST", "STATE", "BASE", "HEAD", "AGENT"]);
    for one in all {
        table.row(&[
            plain_line(&one.url),
            plain_line(&one.state) + draft_on_forge(one),
            plain_line(&one.base),
            plain_line(&one.head),
            plain_line(&one.agent_id),
        ]);
    }
    table.to_string()
}

fn table(all: &[PullRequest]) -> String {
    let mut table = Table::new(&["NUMBER", "STATE", "REPOSITORY", "BASE", "HEAD", "TITLE"]);
    for one in all {
        table.row(&[
            one.number.to_string(),
            plain_line(&one.state) + draft(one),
            plain_line(&one.repository),
            plain_line(&one.base),
            plain_line(&one.head),
            plain_line(&one.title),
        ]);
    }
    table.to_string()
}

async fn show(args: ShowArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let number = match (args.which, args.part) {
        (Which::Number(number), _) => number,
        (Which::Url(url), Part::Summary) => return show_on_forge(&client, url, output).await,
        (Which::Url(_), Part::Diff | Part::Patch) => {
            let text = "changes on a code host are shown there; `outwork diff` shows an agent's";
            return Err(Failure::Usage(text.to_owned()));
        }
    };
    let (key, text) = match args.part {
        Part::Summary => {
            let one = client.pull_request(number).await?;
            match output.form() {
                Form::Json => output.json(&one)?,
                Form::Text => output.piece(&summary(&one, output.style()))?,
            }
            return Ok(());
        }
        Part::Diff => ("diff", client.pull_request_diff(number).await?),
        Part::Patch => ("patch", client.pull_request_patch(number).await?),
    };
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "number": number, key: text }))?,
        Form::Text => patch::print(&text, output)?,
    }
    Ok(())
}

async fn show_on_forge(client: &Client, url: String, output: &Output) -> Outcome {
    let query = ForgePullRequestQuery {
        url: Some(url.clone()),
        ..ForgePullRequestQuery::default()
    };
    let found = client.list_forge_pull_requests(&query).await?;
    let Some(one) = found.pull_requests.first() else {
        let text = format!(
            "no agent works on a pull request at {url}; one that the server keeps is shown by its number"
        );
        return Err(Failure::NotFound(text));
    };
    match output.form() {
        Form::Json => output.json(one)?,
        Form::Text => {
            let style = output.style();
            let state = style.paint(role(&one.state), &plain_line(&one.state));
            let text = format!("{}  {state}{}\n", plain_line(&one.url), draft_on_forge(one));
            let lines = [
                ("repository", Some(&one.repository)),
                ("base", Some(&one.base)),
                ("head", Some(&one.head)),
                ("agent", Some(&one.agent_id)),
                ("known", Some(&one.created_at)),
            ];
            output.piece(&(text + &labelled(&lines, style)))?;
        }
    }
    Ok(())
}

/// What is behind the state of one that is not finished.
const fn draft(one: &PullRequest) -> &'static str {
    if one.draft { DRAFT } else { "" }
}

const fn draft_on_forge(one: &ForgePullRequest) -> &'static str {
    if one.draft { DRAFT } else { "" }
}

fn summary(one: &PullRequest, style: Style) -> String {
    let title = style.paint(Role::Strong, &plain_line(&one.title));
    let state = style.paint(role(&one.state), &plain_line(&one.state));
    let mut out = format!("{}  {title}  {state}{}\n", one.number, draft(one));
    out += &labelled(
        &[
            ("repository", Some(&one.repository)),
            ("base", Some(&one.base)),
            ("head", Some(&one.head)),
            ("commit", Some(&one.head_commit)),
            ("merged as", one.merge_commit.as_ref()),
            ("agent", Some(&one.agent_id)),
            ("page", Some(&one.url)),
            ("updated", Some(&one.updated_at)),
        ],
        style,
    );
    let body = plain(&shown_body(&one.body));
    if !body.trim().is_empty() {
        out += &format!("\n{}\n", body.trim());
    }
    out
}

fn labelled(lines: &[(&str, Option<&String>)], style: Style) -> String {
    let line = |(label, value): &(&str, Option<&String>)| {
        let label = style.paint(Role::Dim, &format!("{label:10}"));
        value.map(|value| format!("  {label}  {}\n", plain_line(value)))
    };
    lines.iter().filter_map(line).collect()
}

fn role(state: &str) -> Role {
    match state {
        "open" => Role::Accent,
        "merged" => Role::Good,
        _ => Role::Warning,
    }
}

fn changed(one: &PullRequest, output: &Output) -> Outcome {
    match output.form() {
        Form::Json => output.json(one)?,
        Form::Text => {
            let state = output
                .style()
                .paint(role(&one.state), &plain_line(&one.state));
            let title = plain_line(&one.title);
            output.line(&format!("{}  {title}  {state}", one.number))?;
        }
    }
    Ok(())
}
