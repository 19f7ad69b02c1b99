//! The web page in a real browser, before the real program.

use anyhow::{Context, Result};

use crate::command::{run, run_with, target_folder};
use crate::setup;

/// What the browser is there for.
#[derive(Clone, Copy)]
pub enum Visit {
    /// The end-to-end tests.
    Tests,
    /// Pictures of every page, for people to look at.
    Pictures,
    /// How long the page takes for much; the figures count on a quiet machine only.
    Figures,
}

/// Visits the page that `make web` built, in a program that embeds it, with the system's Chromium.
pub fn visit(visit: Visit) -> Result<()> {
    setup::install(setup::BROWSER)?;
    run("cargo build --locked --package outwork")?;
    let program = target_folder().join("debug/outwork");
    let program = program
        .canonicalize()
        .context("cannot find the program that was built")?;
    let script = match visit {
        Visit::Tests => "e2e",
        Visit::Pictures => "screenshots",
        Visit::Figures => "measure",
    };
    let program = program.display().to_string();
    run_with(
        &format!("npm --prefix web run {script}"),
        &[("OUTWORK_BIN", program.as_str())],
    )
}
