//! `outwork environment`: the named environments that agents can be launched in.

use clap::{Args, Subcommand};
use outwork_client::{Client, CloudEnvironment, EnvironmentVersion};

use crate::exit::{Failure, Outcome};
use crate::output::{Form, Output, Role, Style};
use crate::plain::{plain, plain_line};
use crate::remote::ServerFlags;
use crate::table::Table;

/// List and read named environments
#[derive(Args, Debug)]
pub struct EnvironmentArgs {
    #[command(subcommand)]
    command: EnvironmentCommand,
}

#[derive(Debug, Subcommand)]
enum EnvironmentCommand {
    /// List environments, the latest changed first
    List(ListArgs),
    /// Show an environment with its set-up file
    Show(OneArgs),
    /// Show what became of an environment, the newest entry first
    History(OneArgs),
}

#[derive(Args, Debug)]
struct ListArgs {
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Args, Debug)]
struct OneArgs {
    /// Environment: its name or its id
    environment: String,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: EnvironmentArgs, output: &Output) -> Outcome {
    match args.command {
        EnvironmentCommand::List(args) => list(&args, output).await,
        EnvironmentCommand::Show(args) => show(&args, output).await,
        EnvironmentCommand::History(args) => history(&args, output).await,
    }
}

/// The id of the environment that `text` names, by its name or its id; a personal one goes before one of
/// the team with the same name, as at a launch.
///
/// # Errors
///
/// [`Failure::NotFound`] for no environment.
pub async fn environment_id(client: &Client, text: &str) -> Result<String, Failure> {
    let all = client.environments().await?;
    let named = |owner: &str| {
        let fits = |one: &&CloudEnvironment| one.name == text && one.owner == owner;
        all.iter().find(fits)
    };
    let by_id = all.iter().find(|one| one.id == text.to_ascii_lowercase());
    let found = by_id
        .or_else(|| named("personal"))
        .or_else(|| named("team"));
    let found = found.ok_or_else(|| {
        Failure::NotFound(format!("there is no environment {}", plain_line(text)))
    })?;
    Ok(found.id.clone())
}

async fn list(args: &ListArgs, output: &Output) -> Outcome {
    let all = args.server.client()?.environments().await?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "environments": all }))?,
        Form::Text if all.is_empty() => output.line("no environments")?,
        Form::Text => {
            let mut table = Table::new(&["ID", "OWNER", "UPDATED", "REPOSITORIES", "NAME"]);
            for one in &all {
                table.row(&[
                    plain_line(&one.id),
                    plain_line(&one.owner),
                    plain_line(&one.updated_at),
                    one.repos.len().to_string(),
                    plain_line(&one.name),
                ]);
            }
            output.line(&table.to_string())?;
        }
    }
    Ok(())
}

async fn show(args: &OneArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let id = environment_id(&client, &args.environment).await?;
    let found = client.environment(&id).await?;
    match output.form() {
        Form::Json => output.json(&found)?,
        Form::Text => output.piece(&text(&found, output.style()))?,
    }
    Ok(())
}

fn text(one: &CloudEnvironment, style: Style) -> String {
    let name = style.paint(Role::Strong, &plain_line(&one.name));
    let mut out = format!("{}  {name}\n", plain_line(&one.id));
    let idle = one.without_effect.join(", ");
    let mut lines = vec![
        ("owner", one.owner.as_str()),
        ("created", &one.created_at),
        ("updated", &one.updated_at),
    ];
    lines.extend(
        one.repos
            .iter()
            .map(|repo| ("repository", repo.url.as_str())),
    );
    if !idle.is_empty() {
        lines.push(("no effect", &idle));
    }
    for (label, value) in lines {
        let label = style.paint(Role::Dim, &format!("{label:10}"));
        out += &format!("  {label}  {}\n", plain_line(value));
    }
    if let Some(file) = &one.environment_json {
        out += &format!("\n{}\n", plain(file).trim_end());
    }
    out
}

async fn history(args: &OneArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let id = environment_id(&client, &args.environment).await?;
    let all = client.environment_history(&id).await?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "history": all }))?,
        Form::Text => {
            let mut table = Table::new(&["ID", "CREATED", "KIND", "WHAT"]);
            for one in &all {
                table.row(&[
                    plain_line(&one.id),
                    plain_line(&one.created_at),
                    plain_line(&one.kind),
                    plain_line(&one.description) + current(one),
                ]);
            }
            output.line(&table.to_string())?;
        }
    }
    Ok(())
}

/// What is behind the entry that the environment is as of.
const fn current(one: &EnvironmentVersion) -> &'static str {
    if one.current { " (current)" } else { "" }
}
