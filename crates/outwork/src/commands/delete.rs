//! `outwork delete`: an agent and everything of it is gone.

use clap::Args;

use crate::exit::Outcome;
use crate::output::{Form, Output};
use crate::remote::{ServerFlags, agent_id};

/// Delete an agent with its transcript, workspace and artifacts; its branch stays
#[derive(Args, Debug)]
pub struct DeleteArgs {
    /// Agent: its id, or an unambiguous beginning of it
    agent: String,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: DeleteArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let id = agent_id(&client, &args.agent).await?;
    client.delete(&id).await?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "id": id }))?,
        Form::Text => output.line(&format!("{id}  deleted"))?,
    }
    Ok(())
}
