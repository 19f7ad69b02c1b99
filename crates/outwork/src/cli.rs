//! The command line: its grammar, and which command gets what to run on.

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use tokio::runtime::{Builder, Runtime};

use crate::commands::{
    approve, archive, artifacts, completions, delete, demo, diff, doctor, environment, follow_up,
    key, launch, list, models, openapi, pr, project, reference, repos, secret, secret_key, serve,
    show, stop, usage, watch, webhook,
};
use crate::exit::{Failure, Outcome};
use crate::output::{Form, Output, complain};

/// Cloud coding agents on your own machines
#[derive(Debug, Parser)]
#[command(name = "outwork", version, disable_help_subcommand = true)]
struct Cli {
    /// Print JSON, one value a line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    Demo(demo::DemoArgs),
    Doctor(doctor::DoctorArgs),
    Key(Box<key::KeyArgs>),
    SecretKey(Box<secret_key::SecretKeyArgs>),
    Project(project::ProjectArgs),
    Launch(Box<launch::LaunchArgs>),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Watch(watch::WatchArgs),
    FollowUp(follow_up::FollowUpArgs),
    Approve(approve::ApproveArgs),
    Stop(stop::StopArgs),
    Archive(archive::ArchiveArgs),
    Unarchive(archive::UnarchiveArgs),
    Delete(delete::DeleteArgs),
    Diff(diff::DiffArgs),
    Artifacts(artifacts::ArtifactsArgs),
    Usage(usage::UsageArgs),
    Pr(pr::PrArgs),
    Environment(environment::EnvironmentArgs),
    Secret(secret::SecretArgs),
    Webhook(webhook::WebhookArgs),
    Models(models::ModelsArgs),
    Repos(repos::ReposArgs),
    Completions(completions::CompletionsArgs),
    #[command(name = "__reference", hide = true)]
    Reference,
    #[command(name = "__openapi", hide = true)]
    Openapi,
}

/// How many threads a command is worth.
enum Threads {
    One,
    All,
}

impl Command {
    fn threads(&self) -> Threads {
        match self {
            Self::Serve(_) | Self::Demo(_) => Threads::All,
            Self::Doctor(_)
            | Self::Key(_)
            | Self::SecretKey(_)
            | Self::Project(_)
            | Self::Launch(_)
            | Self::List(_)
            | Self::Show(_)
            | Self::Watch(_)
            | Self::FollowUp(_)
            | Self::Approve(_)
            | Self::Stop(_)
            | Self::Archive(_)
            | Self::Unarchive(_)
            | Self::Delete(_)
            | Self::Diff(_)
            | Self::Artifacts(_)
            | Self::Usage(_)
            | Self::Pr(_)
            | Self::Environment(_)
            | Self::Secret(_)
            | Self::Webhook(_)
            | Self::Models(_)
            | Self::Repos(_)
            | Self::Completions(_)
            | Self::Reference
            | Self::Openapi => Threads::One,
        }
    }

    async fn run(self, output: &Output) -> Outcome {
        match self {
            Self::Serve(args) => Box::pin(serve::run(args, output)).await,
            Self::Demo(args) => Box::pin(demo::run(args, output)).await,
            Self::Doctor(args) => Box::pin(doctor::run(args, output)).await,
            Self::Key(args) => Box::pin(key::run(*args, output)).await,
            Self::SecretKey(args) => Box::pin(secret_key::run(*args, output)).await,
            Self::Project(args) => Box::pin(project::run(args, output)).await,
            Self::Launch(args) => Box::pin(launch::run(*args, output)).await,
            Self::List(args) => list::run(args, output).await,
            Self::Show(args) => show::run(args, output).await,
            Self::Watch(args) => Box::pin(watch::run(args, output)).await,
            Self::FollowUp(args) => Box::pin(follow_up::run(args, output)).await,
            Self::Approve(args) => Box::pin(approve::run(args, output)).await,
            Self::Stop(args) => stop::run(args, output).await,
            Self::Archive(args) => archive::archive(args, output).await,
            Self::Unarchive(args) => archive::unarchive(args, output).await,
            Self::Delete(args) => delete::run(args, output).await,
            Self::Diff(args) => diff::run(args, output).await,
            Self::Artifacts(args) => artifacts::run(args, output).await,
            Self::Usage(args) => usage::run(args, output).await,
            Self::Environment(args) => environment::run(args, output).await,
            Self::Secret(args) => Box::pin(secret::run(args, output)).await,
            Self::Pr(args) => Box::pin(pr::run(args, output)).await,
            Self::Webhook(args) => Box::pin(webhook::run(args, output)).await,
            Self::Models(args) => models::run(args, output).await,
            Self::Repos(args) => repos::run(args, output).await,
            Self::Completions(args) => completions::run(&args, Cli::command(), output),
            Self::Reference => reference::run(Cli::command(), output),
            Self::Openapi => openapi::run(output),
        }
    }
}

/// Reads the command line, carries the command out, and says how it ended.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return explain(&error),
    };
    let output = Output::new(if cli.json { Form::Json } else { Form::Text });
    match carry_out(cli.command, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_silent() {
                complain(&failure.to_string());
            }
            failure.code()
        }
    }
}

fn carry_out(command: Command, output: &Output) -> Outcome {
    let runtime = runtime(&command.threads())?;
    let outcome = runtime.block_on(command.run(output));
    // A blocking call that hangs must not keep the process from ending.
    runtime.shutdown_background();
    outcome
}

fn runtime(threads: &Threads) -> Result<Runtime, Failure> {
    let built = match threads {
        Threads::One => Builder::new_current_thread().enable_all().build(),
        Threads::All => Builder::new_multi_thread().enable_all().build(),
    };
    Ok(built?)
}

/// Help and version are no errors; clap prints them to standard output.
fn explain(error: &clap::Error) -> ExitCode {
    let status = u8::try_from(error.exit_code()).unwrap_or(2);
    match error.print() {
        Ok(()) => ExitCode::from(status),
        Err(error) => Failure::Output(error).code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_manual_is_that_of_this_program() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        let current = reference::manual(Cli::command());
        assert!(
            written == current,
            "docs/cli.md is old: cargo run -p outwork -- __reference > docs/cli.md"
        );
    }
}
