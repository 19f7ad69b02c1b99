//! Measures the release program on this machine: starts it on a temporary data folder, answers it with
//! a scripted model, and prints one table with the goals beside the figures. `webhooks` is the campaign of
//! deliveries instead.
//!
//! `docs/performance.md` says what each figure means.

#![forbid(unsafe_code)]

mod arguments;
mod figures;
mod http;
mod load;
mod machine;
mod measure;
mod measures;
mod numbers;
mod place;
mod process;
mod repository;
mod script;
mod server;
mod task;
mod webhooks;

use std::io::Write;

use anyhow::Result;

use crate::arguments::Arguments;
use crate::figures::Report;
use crate::machine::Machine;

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1).peekable();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    if words.next_if_eq("webhooks").is_some() {
        let arguments = webhooks::Arguments::read(words, rand::random())?;
        return runtime.block_on(webhooks::run(&arguments));
    }
    runtime.block_on(run(&Arguments::read(words)?))
}

async fn run(arguments: &Arguments) -> Result<()> {
    process::adopt_orphans()?;
    let mut machine = Machine::look();
    let figures = measures::all(arguments).await?;
    machine.look_again();
    let report = Report { machine, figures };
    let mut out = std::io::stdout().lock();
    write!(out, "{report}")?;
    std::fs::write(&arguments.json, serde_json::to_vec_pretty(&report)?)?;
    writeln!(out, "written to {}", arguments.json.display())?;
    Ok(())
}

/// Tells the person at the terminal how far it is.
fn say(text: &str) {
    // Nothing is left to do if the terminal is gone.
    let _ = writeln!(std::io::stderr(), "{text}");
}
