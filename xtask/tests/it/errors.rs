//! Every code that a user can meet has its paragraph in docs/errors.md.

use outwork_domain::Cause;

use crate::tree::{assert_none, read};

fn faults(document: &str, codes: &[&str]) -> Vec<String> {
    codes
        .iter()
        .filter(|code| !has_paragraph(document, code))
        .map(|code| format!("docs/errors.md: `{code}` has no heading with a paragraph below it."))
        .collect()
}

fn has_paragraph(document: &str, code: &str) -> bool {
    let heading = format!("### `{code}`");
    let mut lines = document.lines().skip_while(|line| *line != heading).skip(1);
    lines
        .find(|line| !line.is_empty())
        .is_some_and(|line| !line.starts_with('#'))
}

#[test]
fn every_cause_is_explained() {
    let codes: Vec<&str> = Cause::ALL.iter().map(|cause| cause.code()).collect();
    assert_none(&faults(&read("docs/errors.md"), &codes));
}

#[test]
fn a_missing_and_an_empty_paragraph_are_found() {
    let document = "### `a`\n\nText.\n\n### `b`\n\n### `c`\nText.\n";
    assert_eq!(faults(document, &["a", "b", "c", "d"]).len(), 2);
}
