//! `outwork follow-up`: a further prompt to an agent.

use clap::Args;
use outwork_client::Mode;

use crate::exit::Outcome;
use crate::follow::{follow, last_event};
use crate::output::{Form, Output};
use crate::prompt::PromptFlags;
use crate::remote::{ServerFlags, agent_id};

/// Send a further prompt to an agent
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct FollowUpArgs {
    /// Agent: its id, or an unambiguous beginning of it
    agent: String,
    #[command(flatten)]
    prompt: PromptFlags,
    /// Let the run only plan: it answers with a plan and changes nothing
    #[arg(long)]
    plan: bool,
    /// Follow the agent until it is idle
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: FollowUpArgs, output: &Output) -> Outcome {
    let prompt = args.prompt.read()?;
    let client = args.server.client()?;
    let id = agent_id(&client, &args.agent).await?;
    // What happened before is known to whoever sends a follow-up.
    let before = if args.watch {
        last_event(&client, &id).await?
    } else {
        0
    };
    let mode = if args.plan { Mode::Plan } else { Mode::Agent };
    client.follow_up(&id, &prompt, mode).await?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "id": id }))?,
        Form::Text if args.watch => {}
        Form::Text => output.line(&format!("{id}  follow-up accepted"))?,
    }
    if args.watch {
        return follow(&client, &id, before, output).await;
    }
    Ok(())
}
