//! The server's log: to standard error, filtered by `OUTWORK_LOG`, JSON where no person reads it.

use std::io::{self, IsTerminal};

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::environment;
use crate::exit::Failure;

/// genai's own lines may hold words of a provider, and with them pieces of a conversation.
pub const SERVER_FILTER: &str = "info,genai=off";
/// For a server that runs behind a person's back.
pub const QUIET_FILTER: &str = "warn,genai=off";

/// The form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// Text.
    Text,
    /// One JSON object a line.
    Json,
}

/// Installs the log of the process; a second installation is harmless and without effect.
///
/// # Errors
///
/// [`Failure::Usage`] if `OUTWORK_LOG` is no filter.
pub fn install(format: LogFormat, default_filter: &str) -> Result<(), Failure> {
    let words = environment::find("OUTWORK_LOG");
    let words = words.as_deref().unwrap_or(default_filter);
    let filter = EnvFilter::try_new(words)
        .map_err(|error| Failure::Usage(format!("OUTWORK_LOG is no filter: {error}")))?;
    let is_json = match format {
        LogFormat::Auto => !io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    let installed = if is_json {
        builder
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init()
    } else {
        builder.with_target(false).try_init()
    };
    drop(installed);
    Ok(())
}
