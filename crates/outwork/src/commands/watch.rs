//! `outwork watch`: an agent's work as it happens.

use clap::Args;

use crate::exit::Outcome;
use crate::follow::follow;
use crate::output::Output;
use crate::remote::{ServerFlags, agent_id};

/// Follow an agent until it is idle; the status is 1 if its last run did not succeed
#[derive(Args, Debug)]
pub struct WatchArgs {
    /// Agent: its id, or an unambiguous beginning of it
    agent: String,
    /// Only what follows the event with this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: u64,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: WatchArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let id = agent_id(&client, &args.agent).await?;
    follow(&client, &id, args.after, output).await
}
