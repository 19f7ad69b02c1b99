//! What `make` does beyond two lines: set-up, the test run, the lints.
//!
//! Light on purpose: it is the first thing that a fresh machine builds. The tidy test lives in
//! this package's `tests` folder.

#![forbid(unsafe_code)]

mod command;
mod conformance;
mod lint;
mod live_server;
mod page;
mod schemathesis;
mod setup;
mod test_run;
mod webhooks;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask setup demo|test|web | test | lint | e2e | measure | screenshots | conformance | schemathesis [brief] | webhooks [brief] [--deliveries N] [--seed N] [--kills N]";

/// Ends with what went wrong in words: a backtrace of ours would only push it out of a log's last lines.
fn main() -> ExitCode {
    match perform() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            command::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn perform() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["setup", "demo"] => setup::install(setup::DEMO),
        ["setup", "test"] => setup::install(setup::TEST),
        ["setup", "web"] => setup::install(setup::WEB),
        ["test"] => test_run::run_all(),
        ["lint"] => lint::run_all(),
        ["e2e"] => page::visit(page::Visit::Tests),
        ["measure"] => page::visit(page::Visit::Figures),
        ["screenshots"] => page::visit(page::Visit::Pictures),
        ["conformance"] => conformance::run_all(),
        ["schemathesis"] => schemathesis::run_all(schemathesis::Extent::Full),
        ["schemathesis", "brief"] => schemathesis::run_all(schemathesis::Extent::Brief),
        ["webhooks", rest @ ..] => webhooks::run_all(rest),
        _ => bail!(USAGE),
    }
}
