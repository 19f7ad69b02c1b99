//! `outwork diff`: what an agent's branch changes.

use clap::Args;

use crate::exit::Outcome;
use crate::output::{Form, Output};
use crate::patch::print;
use crate::remote::{ServerFlags, agent_id};

/// Show what an agent's branch changes
#[derive(Args, Debug)]
pub struct DiffArgs {
    /// Agent: its id, or an unambiguous beginning of it
    agent: String,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: DiffArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let id = agent_id(&client, &args.agent).await?;
    let diff = client.diff(&id).await?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "id": id, "diff": diff }))?,
        Form::Text => print(&diff, output)?,
    }
    Ok(())
}
