//! `outwork models`: what may answer prompts.

use clap::Args;

use crate::exit::Outcome;
use crate::output::{Form, Output};
use crate::plain::plain_line;
use crate::remote::ServerFlags;

/// List the models that agents may use
#[derive(Args, Debug)]
pub struct ModelsArgs {
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: ModelsArgs, output: &Output) -> Outcome {
    let models = args.server.client()?.models().await?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "models": models }))?,
        Form::Text => {
            for model in &models {
                output.line(&plain_line(model))?;
            }
        }
    }
    Ok(())
}
