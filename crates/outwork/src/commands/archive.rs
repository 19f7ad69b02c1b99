//! `outwork archive` and `outwork unarchive`: an agent is put away, and taken back.

use clap::Args;

use crate::exit::Outcome;
use crate::output::{Form, Output};
use crate::remote::{ServerFlags, agent_id};

/// Put an agent away: its runs are cancelled, it stays readable, and lists leave it out
#[derive(Args, Debug)]
pub struct ArchiveArgs {
    /// Agent: its id, or an unambiguous beginning of it
    agent: String,
    #[command(flatten)]
    server: ServerFlags,
}

/// Take an agent out of the archive; it takes prompts again
#[derive(Args, Debug)]
pub struct UnarchiveArgs {
    /// Agent: its id, or an unambiguous beginning of it
    agent: String,
    #[command(flatten)]
    server: ServerFlags,
}

/// Puts one away.
pub async fn archive(args: ArchiveArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let id = agent_id(&client, &args.agent).await?;
    client.archive(&id).await?;
    told(&id, "archived", output)
}

/// Takes one back.
pub async fn unarchive(args: UnarchiveArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let id = agent_id(&client, &args.agent).await?;
    client.unarchive(&id).await?;
    told(&id, "unarchived", output)
}

fn told(id: &str, deed: &str, output: &Output) -> Outcome {
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "id": id }))?,
        Form::Text => output.line(&format!("{id}  {deed}"))?,
    }
    Ok(())
}
