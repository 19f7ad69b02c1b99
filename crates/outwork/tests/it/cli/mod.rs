//! The command line: what it refuses, what it prints, and the status that it ends with.

mod canned;
mod configuration;
mod keys;
mod levels;
mod printing;
mod projects;
mod refusals;
mod secret_keys;
mod statuses;

use assert_cmd::Command;

/// The program with nothing of our own environment that it would listen to.
fn outwork(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outwork"));
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_heeded = ["OUTWORK_", "ANTHROPIC_", "OPENAI_", "GEMINI_", "OLLAMA_"]
            .iter()
            .any(|prefix| text.starts_with(prefix));
        if is_heeded {
            command.env_remove(&name);
        }
    }
    command
}

/// A temporary folder that every user may pass.
fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
