//! The calls of a forge as a file, for whoever judges the requests of many tests by a vendor's document.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{ForgeServer, Kind};

/// Names the folder that the calls to forges of GitHub's kind are kept in.
const FOLDER: &str = "OUTWORK_FORGE_CALLS";

/// Writes down the calls, if somebody wants them.
pub(super) fn keep(forge: &ForgeServer) {
    let Some(folder) = folder().filter(|_| forge.kind() == Kind::GitHub) else {
        return;
    };
    let root = forge.shared.root.as_str();
    let calls = forge.calls();
    let calls = calls.iter().filter(|call| call.operation.is_some());
    let calls: Vec<Value> = calls
        .map(|call| {
            let path = call.path.strip_prefix(root).unwrap_or(&call.path);
            json!({"method": call.method, "path": path, "body": call.json()})
        })
        .collect();
    let name = format!("{}-{}.json", std::process::id(), forge.address().port());
    // The judge misses what is not there, so nothing is lost without a word.
    drop(std::fs::write(
        folder.join(name),
        Value::from(calls).to_string(),
    ));
}

#[expect(
    clippy::disallowed_methods,
    reason = "a stand-in is configured by whoever runs the tests"
)]
fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}
