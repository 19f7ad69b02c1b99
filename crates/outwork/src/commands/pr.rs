//! `outwork pr`: the pull requests that the server keeps for repositories without a forge.

use clap::{Args, Subcommand, ValueEnum};
use outwork_client::{PullRequest, PullRequestQuery};
use outwork_domain::shown_body;

use crate::exit::Outcome;
use crate::output::{Form, Output, Role, Style};
use crate::patch;
use crate::plain::{plain, plain_line};
use crate::remote::ServerFlags;
use crate::table::Table;

/// List, read, merge and close pull requests of local repositories
#[derive(Args, Debug)]
pub struct PrArgs {
    #[command(subcommand)]
    command: PrCommand,
}

#[derive(Debug, Subcommand)]
enum PrCommand {
    /// List pull requests, newest first
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
    /// Only those with a lower number
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
    /// Number of the pull request
    number: u64,
    /// What to show of it
    #[arg(long, value_enum, default_value = "summary")]
    part: Part,
    #[command(flatten)]
    server: ServerFlags,
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
    let all = args.server.client()?.list_pull_requests(&query).await?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "pullRequests": all }))?,
        Form::Text if all.is_empty() => output.line("no pull requests")?,
        Form::Text => output.line(&table(&all))?,
    }
    Ok(())
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
    let text = match args.part {
        Part::Summary => {
            let one = client.pull_request(args.number).await?;
            match output.form() {
                Form::Json => output.json(&one)?,
                Form::Text => output.piece(&summary(&one, output.style()))?,
            }
            return Ok(());
        }
        Part::Diff => client.pull_request_diff(args.number).await?,
        Part::Patch => client.pull_request_patch(args.number).await?,
    };
    let key = if args.part == Part::Diff {
        "diff"
    } else {
        "patch"
    };
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "number": args.number, key: text }))?,
        Form::Text => patch::print(&text, output)?,
    }
    Ok(())
}

/// What is behind the state of one that is not finished.
const fn draft(one: &PullRequest) -> &'static str {
    if one.draft { " (draft)" } else { "" }
}

fn summary(one: &PullRequest, style: Style) -> String {
    let title = style.paint(Role::Strong, &plain_line(&one.title));
    let state = style.paint(role(&one.state), &plain_line(&one.state));
    let mut out = format!("{}  {title}  {state}{}\n", one.number, draft(one));
    for (label, value) in [
        ("repository", Some(&one.repository)),
        ("base", Some(&one.base)),
        ("head", Some(&one.head)),
        ("commit", Some(&one.head_commit)),
        ("merged as", one.merge_commit.as_ref()),
        ("agent", Some(&one.agent_id)),
        ("page", Some(&one.url)),
        ("updated", Some(&one.updated_at)),
    ] {
        if let Some(value) = value {
            let label = style.paint(Role::Dim, &format!("{label:10}"));
            out += &format!("  {label}  {}\n", plain_line(value));
        }
    }
    let body = plain(shown_body(&one.body));
    if !body.trim().is_empty() {
        out += &format!("\n{}\n", body.trim());
    }
    out
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
