//! Everything that reads the sources without running them.

use anyhow::Result;

use crate::command::{run, run_with, say, version_by};

/// Checkers that are worth having and that nobody must have: how to ask for their version, how to run
/// them.
const OPTIONAL: &[(&str, &str)] = &[
    ("typos --version", "typos"),
    ("taplo --version", "taplo format --check"),
    ("cargo-machete --version", "cargo machete"),
    (
        "cargo-deny --version",
        "cargo deny check licenses bans sources",
    ),
];

/// Formatting, clippy, rustdoc, then the optional checkers that are installed.
pub fn run_all() -> Result<()> {
    run("cargo fmt --all --check")?;
    run("cargo clippy --workspace --all-targets --locked -- -D warnings")?;
    let strict = [("RUSTDOCFLAGS", "-D warnings")];
    run_with("cargo doc --workspace --no-deps --locked", &strict)?;
    for (version, words) in OPTIONAL {
        match version_by(version) {
            Some(_) => run(words)?,
            None => say(&format!("not installed, so not run: {words}")),
        }
    }
    Ok(())
}
