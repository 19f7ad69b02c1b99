//! Every code that a user can meet has its paragraph in docs/errors.md.

use outwork_domain::Cause;

use crate::source::is_test_file;
use crate::tree::{File, assert_none, files, read};

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

/// Calls in the server that take a code as their first text.
const CALLS: &[&str] = &[
    "Failure::new(",
    "Self::new(",
    "bad_request(",
    "not_found(",
    "conflict(",
    "forbidden(",
];
/// How far behind the call its code is looked for.
const REACH: usize = 80;

/// The codes that the server answers with.
fn codes(server: &[File]) -> Vec<&str> {
    let mut found = Vec::new();
    for file in server.iter().filter(|file| !is_test_file(&file.path)) {
        for call in CALLS {
            let places = file.text.match_indices(call);
            found.extend(places.filter_map(|(at, _)| code(&file.text[at + call.len()..])));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The first text behind a call, if it looks like a code.
fn code(arguments: &str) -> Option<&str> {
    let (before, rest) = arguments.split_once('"')?;
    let (text, _) = rest.split_once('"')?;
    let is_near = before.len() <= REACH && !before.contains([';', '{']);
    let is_code = !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    (is_near && is_code).then_some(text)
}

#[test]
fn every_code_of_the_api_is_explained() {
    let server = files(&["crates/server/src"], "rs");
    let codes = codes(&server);
    assert!(
        codes.contains(&"agent_not_found"),
        "the codes are found: {codes:?}"
    );
    assert_none(&faults(&read("docs/errors.md"), &codes));
}

#[test]
fn codes_are_found_behind_their_calls() {
    let text = "Self::bad_request(\"a_b\", message); Failure::new(\n    StatusCode::GONE,\n    \"c\",\n    \"Some text\");\n\
        fn bad_request(code: &str) { \"d\" } not_found(code, \"No code\")";
    assert_eq!(
        codes(&[File::new("crates/server/src/a.rs", text)]),
        ["a_b", "c"]
    );
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
