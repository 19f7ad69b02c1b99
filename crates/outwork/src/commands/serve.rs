//! `outwork serve`: the server, with workers inside.

use clap::Args;
use outwork_domain::IsolationLevel;

use crate::config::{Flags, Settings};
use crate::environment;
use crate::exit::Outcome;
use crate::logs::{self, LogFormat};
use crate::output::{Form, Output};
use crate::service::{Service, stop_signal};

/// Serve the API and execute runs; stops in order at SIGTERM or Ctrl-C
#[derive(Args, Debug)]
pub struct ServeArgs {
    #[command(flatten)]
    flags: Flags,
    /// Form of log lines on standard error; OUTWORK_LOG filters them
    #[arg(long, value_enum, default_value_t)]
    log_format: LogFormat,
    /// Run what agents want to run without any sandbox, with this machine's files and network: as this server's
    /// user, or, if that is root, as a user of each workspace; only while the API listens on loopback
    #[arg(long)]
    dangerously_unconfined: bool,
}

/// Carries it out.
pub async fn run(args: ServeArgs, output: &Output) -> Outcome {
    logs::install(args.log_format, logs::SERVER_FILTER)?;
    let mut settings = Settings::of(&args.flags, &environment::find)?;
    if args.dangerously_unconfined {
        settings.run.isolation.level = IsolationLevel::None;
    }
    // Before anything is started, so that no signal finds the process unprepared.
    let stop = stop_signal()?;
    let service = Box::pin(Service::start(settings)).await?;
    let announce = |url: &str| {
        match output.form() {
            Form::Json => output.json(&serde_json::json!({ "url": url }))?,
            Form::Text => output.line(&format!("outwork is ready at {url}"))?,
        }
        Ok(())
    };
    service.run_until(stop, announce).await
}
