//! `outwork show`: one agent with its runs and artifacts.

use clap::Args;
use outwork_client::{AgentDetails, Artifact, Conversation, RepositoryDetails, RunDetails};
use outwork_domain::NoChange;

use crate::exit::Outcome;
use crate::output::{Form, Output, Role, Style};
use crate::plain::{plain, plain_line};
use crate::remote::{ServerFlags, agent_id};

/// Show an agent with its runs and artifacts
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// Agent: its id, or an unambiguous beginning of it
    agent: String,
    /// Show the conversation instead
    #[arg(long)]
    conversation: bool,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: ShowArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let id = agent_id(&client, &args.agent).await?;
    if args.conversation {
        let conversation = client.conversation(&id).await?;
        match output.form() {
            Form::Json => output.json(&conversation)?,
            Form::Text => {
                let summary = client.details(&id).await?.summary;
                let talk = talk(&conversation, summary.as_deref(), output.style());
                output.piece(&talk)?;
            }
        }
        return Ok(());
    }
    let details = client.details(&id).await?;
    let artifacts = client.artifacts(&id).await?;
    match output.form() {
        Form::Json => output.json(&WithArtifacts { details, artifacts })?,
        Form::Text => output.piece(&text(&details, &artifacts, output.style()))?,
    }
    Ok(())
}

#[derive(serde::Serialize)]
struct WithArtifacts {
    #[serde(flatten)]
    details: AgentDetails,
    artifacts: Vec<Artifact>,
}

fn text(details: &AgentDetails, artifacts: &[Artifact], style: Style) -> String {
    let name = style.paint(Role::Strong, &plain_line(&details.name));
    let mut out = format!("{}  {name}\n", plain_line(&details.id));
    out += &lines(
        &[
            ("state", Some(&details.state)),
            ("waits for", waits_for(details.awaiting.as_deref()).as_ref()),
            ("model", Some(&details.model)),
            ("created", Some(&details.created_at)),
            ("archived", details.archived_at.as_ref()),
        ],
        style,
    );
    for one in &details.repositories {
        out += &repository_lines(one, style);
    }
    for run in &details.runs {
        out += &run_line(run, style);
    }
    for artifact in artifacts {
        let path = plain_line(&artifact.absolute_path);
        let label = style.paint(Role::Dim, "artifact");
        out += &format!("{label} {path} ({} bytes)\n", artifact.size_bytes);
    }
    if let Some(summary) = &details.summary {
        out += &format!("\n{}\n", plain(summary).trim());
    }
    out
}

/// What it waits for, in words for people.
fn waits_for(awaiting: Option<&str>) -> Option<String> {
    let words = match awaiting? {
        "approval" => "approval of its plan (outwork approve)",
        "input" => "an answer to its question (outwork follow-up --plan)",
        other => other,
    };
    Some(words.to_owned())
}

fn repository_lines(one: &RepositoryDetails, style: Style) -> String {
    let base = one.base_ref.as_deref().unwrap_or("default branch");
    let repository = format!("{} ({base})", one.repository);
    let state = one.pull_request_state.as_deref();
    let pull_request = one.pull_request_url.as_ref().map(|url| match state {
        None => url.clone(),
        Some(state) => format!("{url} ({state})"),
    });
    lines(
        &[
            ("repository", Some(&repository)),
            ("folder", one.folder.as_ref()),
            ("branch", one.branch.as_ref()),
            ("head", one.head.as_ref()),
            ("pull request", pull_request.as_ref()),
        ],
        style,
    )
}

fn lines(entries: &[(&str, Option<&String>)], style: Style) -> String {
    let line = |(label, value): &(&str, Option<&String>)| {
        let label = style.paint(Role::Dim, &format!("{label:12}"));
        value.map(|value| format!("  {label}  {}\n", plain_line(value)))
    };
    entries.iter().filter_map(line).collect()
}

fn run_line(run: &RunDetails, style: Style) -> String {
    let role = match run.state.as_str() {
        "succeeded" => Role::Good,
        "failed" | "expired" => Role::Bad,
        "cancelled" | "cancelling" => Role::Warning,
        _ => Role::Accent,
    };
    let state = style.paint(role, &plain_line(&run.state));
    let mut line = format!("run {}  {state}  attempt {}", run.number, run.attempt);
    if let Some(isolation) = &run.isolation {
        line += &format!("  isolation {}", plain_line(isolation));
    }
    if let Some(cause) = &run.cause {
        line += &format!("  {}", plain_line(cause));
    }
    if let Some(message) = &run.message {
        line += &format!(": {}", plain_line(message));
    }
    line + "\n"
}

/// The messages, and what the server adds to the last of them in the summary.
fn talk(conversation: &Conversation, summary: Option<&str>, style: Style) -> String {
    let mut out = String::new();
    for message in &conversation.messages {
        let text = plain(&message.text);
        let text = text.trim();
        if message.kind == "user_message" {
            for line in text.lines() {
                let line = format!("> {line}");
                out += &format!("{}\n", style.paint(Role::Accent, line.trim_end()));
            }
        } else {
            out += &format!("{text}\n");
        }
        out.push('\n');
    }
    if let Some(said) = summary.and_then(NoChange::of) {
        let line = format!("· {}", said.sentence());
        out += &format!("{}\n", style.paint(Role::Dim, &line));
    }
    out
}
