//! Decisions are numbered without gaps and say what was rejected.

use crate::tree::{File, assert_none, files};

const PARTS: &[&str] = &[
    "## Context",
    "## Decision",
    "## Consequences",
    "## Rejected",
];

fn faults(decisions: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, file) in decisions.iter().enumerate() {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        let number = format!("{:04}-", at + 1);
        if !name.starts_with(&number) {
            faults.push(format!(
                "{}: the next decision's number is {number}.",
                file.path
            ));
        }
        for part in PARTS {
            if !file.text.contains(part) {
                faults.push(format!("{}: has no part `{part}`.", file.path));
            }
        }
    }
    faults
}

#[test]
fn decisions_are_numbered_and_whole() {
    let decisions = files(&["docs/decisions"], "md");
    assert!(!decisions.is_empty());
    assert_none(&faults(&decisions));
}

#[test]
fn gaps_and_missing_parts_are_found() {
    let whole = PARTS.join("\n");
    let first = File::new("docs/decisions/0001-a.md", &whole);
    let third = File::new("docs/decisions/0003-b.md", &whole);
    let short = File::new(
        "docs/decisions/0003-c.md",
        "## Context\n## Decision\n## Rejected\n",
    );
    assert_eq!(faults(&[first, third, short]).len(), 2);
}
