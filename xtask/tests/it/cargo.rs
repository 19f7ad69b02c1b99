//! What cargo knows about the packages of the workspace.

use std::process::Command;

use serde_json::Value;

use crate::tree::root;

/// A package of the workspace and what its manifest names.
#[derive(Clone)]
pub struct Package {
    /// Without the `outwork-` prefix.
    pub name: String,
    pub dependencies: Vec<Dependency>,
}

/// A line of a manifest.
#[derive(Clone)]
pub struct Dependency {
    /// As the registry knows it; without the `outwork-` prefix for one of ours.
    pub name: String,
    pub home: Home,
    pub purpose: Purpose,
}

/// Where a dependency comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Home {
    Workspace,
    Registry,
}

/// What a dependency is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Program,
    Tests,
}

/// The packages of this workspace.
pub fn packages() -> Vec<Package> {
    let text = cargo(&[
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]);
    let metadata: Value = serde_json::from_str(&text).unwrap();
    let mut packages: Vec<Package> = list(&metadata["packages"]).map(package).collect();
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    packages
}

/// Every package that a build or a test of this workspace compiles, with its version.
pub fn compiled() -> Vec<String> {
    let edges = "normal,build,dev";
    let tree = cargo(&[
        "tree",
        "--workspace",
        "--locked",
        "--offline",
        "--edges",
        edges,
        "--prefix",
        "none",
    ]);
    let mut names: Vec<String> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect();
    names.sort();
    names.dedup();
    names
}

fn package(value: &Value) -> Package {
    Package {
        name: short(value["name"].as_str().unwrap()),
        dependencies: list(&value["dependencies"]).map(dependency).collect(),
    }
}

fn dependency(value: &Value) -> Dependency {
    let is_ours = value["path"].is_string();
    let is_for_tests = value["kind"].as_str() == Some("dev");
    Dependency {
        name: short(value["name"].as_str().unwrap()),
        home: if is_ours {
            Home::Workspace
        } else {
            Home::Registry
        },
        purpose: if is_for_tests {
            Purpose::Tests
        } else {
            Purpose::Program
        },
    }
}

fn short(name: &str) -> String {
    name.strip_prefix("outwork-").unwrap_or(name).to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}
