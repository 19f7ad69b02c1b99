//! `outwork approve`: a plan that waits is carried out.

use clap::Args;

use crate::exit::Outcome;
use crate::follow::{follow, last_event};
use crate::output::{Form, Output};
use crate::remote::{ServerFlags, agent_id};

/// Approve the plan that an agent waits with; the next run carries it out
#[derive(Args, Debug)]
pub struct ApproveArgs {
    /// Agent: its id, or an unambiguous beginning of it
    agent: String,
    /// Follow the agent until it is idle
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: ApproveArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let id = agent_id(&client, &args.agent).await?;
    // What happened before is known to whoever approves a plan.
    let before = if args.watch {
        last_event(&client, &id).await?
    } else {
        0
    };
    let run = client.approve_plan(&id).await?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "id": id, "runId": run.id }))?,
        Form::Text if args.watch => {}
        Form::Text => output.line(&format!("{id}  plan approved"))?,
    }
    if args.watch {
        return follow(&client, &id, before, output).await;
    }
    Ok(())
}
