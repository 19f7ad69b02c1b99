//! The test run: set-up, then all tests.
//!
//! The tests share one throw-away PostgreSQL, which the first of them starts and which goes away by itself.

use anyhow::Result;

use crate::command::{run, version_by};
use crate::setup;

/// Runs every test of the workspace; nothing is skipped.
pub fn run_all() -> Result<()> {
    setup::install(setup::TEST)?;
    if version_by("cargo nextest --version").is_some() {
        run("cargo nextest run --workspace --locked")?;
        return run("cargo test --doc --workspace --locked");
    }
    run("cargo test --workspace --locked")
}
