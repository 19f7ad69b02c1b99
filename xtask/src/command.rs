//! Runs other programs in the foreground and says which one it is.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Tells the person at the terminal something.
pub fn say(text: &str) {
    // Nothing is left to do if the terminal is gone.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A command from its words, without a shell, in the environment of whoever called cargo.
pub fn command(words: &str) -> Command {
    let mut parts = words.split_whitespace();
    let mut command = Command::new(parts.next().unwrap_or_default());
    command.args(parts);
    // What cargo told us of ourselves is no news to a cargo of ours, but the build script of ring depends on
    // it: with and without, ring and all that uses it were built anew each time.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_this_package) {
            command.env_remove(name);
        }
    }
    command
}

/// Whether `cargo run` sets a variable of that name to tell a program which package it is of.
fn is_of_this_package(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

/// Where cargo builds to.
#[expect(
    clippy::disallowed_methods,
    reason = "xtask is a program, and cargo is told by this variable"
)]
pub fn target_folder() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Runs a command; anything but status 0 is an error.
pub fn run(words: &str) -> Result<()> {
    run_with(words, &[])
}

/// Runs a command with some more environment; anything but status 0 is an error.
pub fn run_with(words: &str, environment: &[(&str, &str)]) -> Result<()> {
    say(&format!("+ {words}"));
    let status = command(words)
        .envs(environment.iter().copied())
        .status()
        .with_context(|| format!("cannot start `{words}`"))?;
    if !status.success() {
        bail!("`{words}` ended with {status}");
    }
    Ok(())
}

/// The first line that a program prints about its version, if it is there at all.
pub fn version_of(program: &str) -> Option<String> {
    version_by(&format!("{program} --version"))
}

/// The first line that a command prints, if it can be started and succeeds.
pub fn version_by(words: &str) -> Option<String> {
    let output = command(words).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output
        .status
        .success()
        .then(|| text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_not_told_of_our_package() {
        let output = command("env").output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(told.contains("PATH="), "{told}");
        assert!(!told.lines().any(is_of_this_package), "{told}");
        // The control: cargo tells its tests.
        assert!(std::env::vars_os().any(|(name, _)| name == "CARGO_PKG_NAME"));
    }
}
