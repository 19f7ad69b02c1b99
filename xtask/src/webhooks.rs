//! The campaign of webhooks: thousands of deliveries of the real program, which is killed meanwhile.

use anyhow::Result;

use crate::command::{run, target_folder};
use crate::setup;

/// Builds the program and the campaign and runs it; `words` are its arguments.
///
/// A slice for every change, `brief`, takes the programs that the tests have built already.
pub fn run_all(words: &[&str]) -> Result<()> {
    setup::install(setup::DEMO)?;
    let (what, profile) = match words.contains(&"brief") {
        true => ("--workspace --bins --tests", "debug"),
        false => (
            "--release --package outwork --package outwork-bench",
            "release",
        ),
    };
    run(&format!("cargo build --locked {what}"))?;
    let built = target_folder().join(profile);
    run(&format!(
        "{} webhooks --program {} {}",
        built.join("outwork-bench").display(),
        built.join("outwork").display(),
        words.join(" ")
    ))
}
