//! `outwork artifacts`: the files that runs left, and their bytes.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use outwork_client::{Artifact, Client};
use tokio::io::AsyncWriteExt;

use crate::exit::{Failure, Outcome};
use crate::output::{Form, Output};
use crate::plain::plain_line;
use crate::remote::{ServerFlags, agent_id};
use crate::table::Table;

/// List the files that an agent's runs left, or fetch one
#[derive(Args, Debug)]
pub struct ArtifactsArgs {
    /// Agent: its id, or an unambiguous beginning of it
    agent: String,
    /// File to fetch, as it is listed
    #[arg(long, value_name = "PATH", requires = "output")]
    fetch: Option<String>,
    /// Where to write it; it must not exist yet
    #[arg(long, short, value_name = "FILE", requires = "fetch")]
    output: Option<PathBuf>,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: ArtifactsArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let id = agent_id(&client, &args.agent).await?;
    if let (Some(artifact), Some(file)) = (&args.fetch, &args.output) {
        let bytes = fetch(&client, &id, artifact, file).await?;
        let file = file.display();
        match output.form() {
            Form::Json => output.json(&serde_json::json!({ "sizeBytes": bytes }))?,
            Form::Text => output.line(&format!("{file}: {bytes} bytes"))?,
        }
        return Ok(());
    }
    let artifacts = client.artifacts(&id).await?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "artifacts": artifacts }))?,
        Form::Text if artifacts.is_empty() => output.line("no artifacts")?,
        Form::Text => output.line(&table(&artifacts))?,
    }
    Ok(())
}

async fn fetch(client: &Client, id: &str, artifact: &str, file: &Path) -> Result<u64, Failure> {
    let mut options = tokio::fs::OpenOptions::new();
    let mut into = options
        .write(true)
        .create_new(true)
        .open(file)
        .await
        .with_context(|| format!("cannot make {}", file.display()))?;
    let fetched = client.download_artifact(id, artifact, &mut into).await;
    into.shutdown().await?;
    if fetched.is_err() {
        // Half a file under the whole one's name would be taken for it.
        let removed = tokio::fs::remove_file(file).await;
        removed.with_context(|| format!("cannot remove {}", file.display()))?;
    }
    Ok(fetched?)
}

fn table(artifacts: &[Artifact]) -> String {
    let mut table = Table::new(&["PATH", "BYTES", "UPDATED"]);
    for artifact in artifacts {
        table.row(&[
            plain_line(&artifact.absolute_path),
            artifact.size_bytes.to_string(),
            plain_line(&artifact.updated_at),
        ]);
    }
    table.to_string()
}
