//! Every module says what it is; unsafe code has one home; no test is left out.

use crate::source::{code_only, words};
use crate::tree::{File, assert_none, rust};

/// The one crate that may talk to the kernel without a net.
const UNSAFE_HOME: &str = "crates/sandbox/";

fn faults_of_docs(files: &[File]) -> Vec<String> {
    let is_silent = |file: &&File| {
        let first = file.text.lines().find(|line| !line.trim().is_empty());
        !first.is_some_and(|line| line.starts_with("//! "))
    };
    files
        .iter()
        .filter(is_silent)
        .map(|file| {
            format!(
                "{}: open it with `//!`: what it owns and what it leaves to others.",
                file.path
            )
        })
        .collect()
}

fn faults_of_unsafe(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files
        .iter()
        .filter(|file| !file.path.starts_with(UNSAFE_HOME))
    {
        let code = code_only(&file.text);
        if words(&code, "unsafe").next().is_some() {
            faults.push(format!(
                "{}: unsafe code belongs into `sandbox`.",
                file.path
            ));
        }
        let is_root = file.path.ends_with("/src/lib.rs");
        if is_root && !code.contains("#![forbid(unsafe_code)]") {
            faults.push(format!("{}: say `#![forbid(unsafe_code)]`.", file.path));
        }
    }
    faults
}

/// A file in a `tests` folder that no `main.rs` names is never compiled.
fn faults_of_tests(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        let Some((package, inside)) = file.path.split_once("/tests/") else {
            continue;
        };
        let Some(inside) = inside.strip_prefix("it/") else {
            faults.push(format!(
                "{}: a crate has one integration test, tests/it/main.rs.",
                file.path
            ));
            continue;
        };
        let module = inside
            .split('/')
            .next()
            .unwrap_or(inside)
            .trim_end_matches(".rs");
        let main = format!("{package}/tests/it/main.rs");
        let named = files
            .iter()
            .find(|other| other.path == main)
            .is_some_and(|main| main.text.contains(&format!("mod {module};")));
        if module != "main" && !named {
            faults.push(format!(
                "{}: {main} does not name it, so it never runs.",
                file.path
            ));
        }
    }
    faults
}

#[test]
fn every_module_opens_with_its_purpose() {
    assert_none(&faults_of_docs(&rust()));
}

#[test]
fn unsafe_code_has_one_home() {
    assert_none(&faults_of_unsafe(&rust()));
}

#[test]
fn no_test_is_left_out() {
    assert_none(&faults_of_tests(&rust()));
}

#[test]
fn each_fault_is_found() {
    let silent = File::new("crates/x/src/a.rs", "use std::fmt;\n");
    let said = File::new("crates/x/src/b.rs", "\n//! Says something.\n");
    assert_eq!(faults_of_docs(&[silent, said]).len(), 1);

    let root = File::new("crates/x/src/lib.rs", "//! Root.\n");
    let call = File::new("crates/x/src/c.rs", "fn f() { unsafe { g() } }\n");
    let home = File::new("crates/sandbox/src/c.rs", "fn f() { unsafe { g() } }\n");
    let talk = File::new("crates/x/src/d.rs", "//! Not unsafe.\n");
    assert_eq!(faults_of_unsafe(&[root, call, home, talk]).len(), 2);

    let main = File::new("crates/x/tests/it/main.rs", "mod named;\n");
    let named = File::new("crates/x/tests/it/named.rs", "");
    let part = File::new("crates/x/tests/it/named/part.rs", "");
    let orphan = File::new("crates/x/tests/it/orphan.rs", "");
    let second = File::new("crates/x/tests/second.rs", "");
    assert_eq!(
        faults_of_tests(&[main, named, part, orphan, second]).len(),
        2
    );
}
