//! `outwork completions`: what a shell needs to complete our command lines.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::exit::Outcome;
use crate::output::Output;

/// Print a completion script for a shell
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// Shell
    shell: Shell,
}

/// Carries it out.
pub fn run(args: &CompletionsArgs, mut command: Command, output: &Output) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "outwork", &mut script);
    output.piece(&String::from_utf8_lossy(&script))?;
    Ok(())
}
