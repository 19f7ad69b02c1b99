//! The test run: set-up, then all tests.
//!
//! The tests share one throw-away PostgreSQL, which the first of them starts and which goes away by itself.
//! Whoever else runs tests asks for all packages and picks: another choice of packages is another choice of
//! their dependencies' features, and builds most of them once more.

use anyhow::Result;

use crate::command::{run, run_with, version_by};
use crate::setup;

/// Runs every test of the workspace; nothing is skipped.
pub fn run_all() -> Result<()> {
    setup::install(setup::TEST)?;
    if has_nextest() {
        run("cargo nextest run --workspace --locked")?;
        return run("cargo test --doc --workspace --locked");
    }
    run("cargo test --workspace --locked")
}

/// Runs the tests of one package, with some more environment.
pub fn run_package(package: &str, environment: &[(&str, &str)]) -> Result<()> {
    let words = match has_nextest() {
        true => format!("cargo nextest run --workspace --locked -E package({package})"),
        false => format!("cargo test --locked --package {package}"),
    };
    run_with(&words, environment)
}

/// Runs tests of a package's `it` that are not run by themselves, with some more environment.
pub fn run_ignored(package: &str, names: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    let words = if has_nextest() {
        let named: Vec<_> = names.iter().map(|name| format!("test({name})")).collect();
        let picked = format!("package({package})&({})", named.join("|"));
        format!("cargo nextest run --workspace --locked --run-ignored only -E {picked}")
    } else {
        let names = names.join(" ");
        format!("cargo test --locked --package {package} --test it -- --ignored {names}")
    };
    run_with(&words, environment)
}

fn has_nextest() -> bool {
    version_by("cargo nextest --version").is_some()
}
