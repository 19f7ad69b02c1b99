//! Libraries with a big interface have one home; some have none at all.

use crate::cargo::{Home, Package, Purpose, compiled, packages};
use crate::tree::{assert_none, files};

/// A library and the crates whose programs may name it; tests may use any.
const OWNERS: &[(&str, &[&str])] = &[
    ("anyhow", &["bench", "outwork", "xtask"]),
    ("axum", &["server"]),
    ("clap", &["outwork"]),
    ("clap_complete", &["outwork"]),
    ("comfy-table", &["outwork"]),
    ("genai", &["agent"]),
    ("globset", &["tools"]),
    ("ignore", &["tools"]),
    ("landlock", &["sandbox"]),
    ("metrics-exporter-prometheus", &["outwork"]),
    ("octocrab", &["forge"]),
    ("owo-colors", &["outwork"]),
    ("pulldown-cmark", &["forge"]),
    ("regex", &["tools"]),
    ("reqwest", &["agent", "client", "engine", "forge"]),
    ("seccompiler", &["sandbox"]),
    ("sqlx", &["store"]),
    ("toml", &["outwork"]),
    ("tracing-subscriber", &["outwork"]),
];

/// What no build may compile, and why.
const BANNED: &[(&str, &str)] = &[
    ("aws-lc-rs", "the one TLS stack is rustls with ring"),
    ("aws-lc-sys", "the one TLS stack is rustls with ring"),
    ("native-tls", "the one TLS stack is rustls with ring"),
    ("openssl-sys", "the one TLS stack is rustls with ring"),
    ("rusqlite", "sqlx brings the one SQLite of the program"),
];

fn faults(packages: &[Package], owners: &[(&str, &[&str])]) -> Vec<String> {
    let mut faults = Vec::new();
    for (library, homes) in owners {
        let users: Vec<&str> = packages
            .iter()
            .filter(|package| uses(package, library))
            .map(|package| package.name.as_str())
            .collect();
        for user in &users {
            if !homes.contains(user) {
                faults.push(format!(
                    "`{user}` names `{library}`, whose home is {homes:?}."
                ));
            }
        }
        for home in *homes {
            if !users.contains(home) {
                faults.push(format!(
                    "`{home}` no longer uses `{library}`: take it out of the list of owners."
                ));
            }
        }
    }
    faults
}

fn uses(package: &Package, library: &str) -> bool {
    package.dependencies.iter().any(|dependency| {
        dependency.home == Home::Registry
            && dependency.purpose == Purpose::Program
            && dependency.name == library
    })
}

fn faults_of_graph(compiled: &[String]) -> Vec<String> {
    BANNED
        .iter()
        .filter(|(name, _)| compiled.iter().any(|found| found == name))
        .map(|(name, reason)| format!("The build compiles `{name}`, which is banned: {reason}."))
        .collect()
}

/// Versions and features stand once, in the root manifest.
fn faults_of_manifest(path: &str, text: &str) -> Vec<String> {
    let mut is_dependencies = false;
    let mut faults = Vec::new();
    for line in text.lines() {
        if line.starts_with('[') {
            is_dependencies = line.ends_with("dependencies]");
        } else if is_dependencies && line.contains('=') && !line.contains("workspace = true") {
            faults.push(format!(
                "{path}: `{line}` must take its version from the workspace."
            ));
        }
    }
    faults
}

#[test]
fn libraries_stay_in_their_homes() {
    assert_none(&faults(&packages(), OWNERS));
}

#[test]
fn nothing_banned_is_compiled() {
    assert_none(&faults_of_graph(&compiled()));
}

#[test]
fn versions_stand_once() {
    let manifests = files(&["crates", "bench", "xtask"], "toml");
    let of_members = manifests
        .iter()
        .filter(|file| file.path.ends_with("Cargo.toml"));
    let faults: Vec<String> = of_members
        .flat_map(|file| faults_of_manifest(&file.path, &file.text))
        .collect();
    assert_none(&faults);
}

#[test]
fn strangers_and_stale_entries_are_found() {
    let stranger = Package {
        name: "engine".to_owned(),
        dependencies: vec![crate::cargo::Dependency {
            name: "sqlx".to_owned(),
            home: Home::Registry,
            purpose: Purpose::Program,
        }],
    };
    let found = faults(&[stranger], &[("sqlx", &["store"])]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(faults_of_graph(&["openssl-sys".to_owned()]).len(), 1);
    let manifest = "[package]\nname = \"x\"\n[dependencies]\na.workspace = true\nb = \"1\"\n";
    assert_eq!(faults_of_manifest("x", manifest).len(), 1);
}
