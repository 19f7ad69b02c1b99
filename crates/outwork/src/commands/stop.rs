//! `outwork stop`: an agent's active run is cancelled, and the waiting ones with it.

use clap::Args;

use crate::exit::Outcome;
use crate::output::{Form, Output};
use crate::remote::{ServerFlags, agent_id};

/// Stop an agent's active run and drop its waiting ones
#[derive(Args, Debug)]
pub struct StopArgs {
    /// Agent: its id, or an unambiguous beginning of it
    agent: String,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: StopArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let id = agent_id(&client, &args.agent).await?;
    client.stop(&id).await?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "id": id }))?,
        Form::Text => output.line(&format!("{id}  stopping"))?,
    }
    Ok(())
}
