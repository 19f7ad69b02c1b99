//! Documents name files that exist and no line numbers.

use std::path::Path;

use crate::tree::{File, assert_none, documents, read, root};

/// Folders whose paths are worth checking when they stand between backticks.
const FOLDERS: &[&str] = &[
    "bench/",
    "crates/",
    "docs/",
    "migrations/",
    "web/",
    "xtask/",
    ".ci/",
];

fn faults(file: &File, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    for target in links(&file.text) {
        let path = resolve(folder, target);
        if !exists(&path) {
            faults.push(format!(
                "{}: links to {target}, which does not exist.",
                file.path
            ));
        }
    }
    for path in paths(&file.text) {
        if !exists(path) {
            faults.push(format!(
                "{}: names `{path}`, which does not exist.",
                file.path
            ));
        }
    }
    for (at, _) in file.text.match_indices(".rs:") {
        if file.text[at + 4..].starts_with(|c: char| c.is_ascii_digit()) {
            faults.push(format!(
                "{}: cites a line number, which will be wrong soon.",
                file.path
            ));
        }
    }
    faults
}

/// The targets of links within the repository.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| {
        let target = rest.split([')', '#', ' ']).next()?;
        let is_local =
            !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:");
        is_local.then_some(target)
    })
}

/// Paths of the repository between backticks.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|word| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        FOLDERS.iter().any(|folder| word.starts_with(folder)) && word.chars().all(is_plain)
    })
}

fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn documents_name_what_exists() {
    let exists = |path: &str| Path::new(&root()).join(path).exists();
    let all = documents();
    let faults: Vec<String> = all.iter().flat_map(|file| faults(file, &exists)).collect();
    assert_none(&faults);
}

#[test]
fn the_lock_file_of_the_page_names_no_download_addresses() {
    let lock = read("web/package-lock.json");
    assert!(
        !lock.contains("\"resolved\""),
        "web/package-lock.json: npm wrote addresses; web/.npmrc turns that off."
    );
}

#[test]
fn each_fault_is_found() {
    let text = "See [a](../b.md), [c](gone.md#x) and [d](https://example.com/).\n\
        `crates/x` is there, `crates/gone` is not, `crates/{x,y}` is a pattern; main.rs:12 is a line.\n";
    let file = File::new("docs/a.md", text);
    let found = faults(&file, &|path| matches!(path, "b.md" | "crates/x"));
    assert_eq!(found.len(), 3, "{found:?}");
}
