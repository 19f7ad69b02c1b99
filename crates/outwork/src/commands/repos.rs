//! `outwork repos`: what agents can work on.

use clap::Args;

use crate::exit::Outcome;
use crate::output::{Form, Output};
use crate::plain::plain_line;
use crate::remote::ServerFlags;

/// List the repositories that agents can work on: local ones, and what the credentials of forges reach
#[derive(Args, Debug)]
pub struct ReposArgs {
    /// Only those whose address has this text in it
    text: Option<String>,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: ReposArgs, output: &Output) -> Outcome {
    let mut repositories = args.server.client()?.repositories().await?;
    if let Some(text) = &args.text {
        repositories.retain(|one| one.repository.contains(text));
    }
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "repositories": repositories }))?,
        Form::Text if repositories.is_empty() => output.line("no repositories")?,
        Form::Text => {
            let lines = repositories.iter().map(|one| plain_line(&one.repository));
            output.line(&lines.collect::<Vec<_>>().join("\n"))?;
        }
    }
    Ok(())
}
