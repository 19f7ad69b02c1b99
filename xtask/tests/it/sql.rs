//! Only the store speaks SQL, and one file of it writes a run's state.

use crate::source::is_test_file;
use crate::tree::{File, assert_none, rust};

const HOME: &str = "crates/store/";
/// Makes databases for tests, by way of `psql`.
const MAKER: &str = "crates/stand-ins/src/postgres/";

/// Words that begin a statement; each with what must follow somewhere behind it.
const STATEMENTS: &[(&str, &str)] = &[
    ("SELECT ", " FROM "),
    ("INSERT INTO ", " VALUES"),
    ("UPDATE ", " SET "),
    ("DELETE FROM ", ""),
    ("CREATE TABLE ", ""),
];

/// How far behind its first word a statement's second one is looked for.
const REACH: usize = 300;

fn faults_of_home(files: &[File]) -> Vec<String> {
    let speaks = |file: &&File| {
        let is_home = [HOME, MAKER].iter().any(|home| file.path.starts_with(home));
        !is_home && !is_test_file(&file.path) && has_statement(&file.text)
    };
    files
        .iter()
        .filter(speaks)
        .map(|file| format!("{}: SQL belongs into `store`.", file.path))
        .collect()
}

fn has_statement(text: &str) -> bool {
    STATEMENTS.iter().any(|(first, second)| {
        text.match_indices(first)
            .any(|(at, _)| reach(text, at).contains(second))
    })
}

fn reach(text: &str, from: usize) -> &str {
    let mut end = text.len().min(from + REACH);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[from..end]
}

/// The files with a statement that sets `state` in `runs`.
fn writers_of_state(files: &[File]) -> Vec<&str> {
    let writes = |file: &&File| {
        let text = file.text.to_ascii_lowercase();
        text.match_indices("update runs")
            .any(|(at, _)| assignments(&text[at..]).contains("state ="))
    };
    files
        .iter()
        .filter(writes)
        .map(|file| file.path.as_str())
        .filter(|path| !is_test_file(path))
        .collect()
}

/// The part between SET and WHERE.
fn assignments(statement: &str) -> &str {
    let behind = statement
        .split_once(" set ")
        .map_or("", |(_, behind)| behind);
    behind.split("where").next().unwrap_or(behind)
}

#[test]
fn only_the_store_speaks_sql() {
    assert_none(&faults_of_home(&rust()));
}

#[test]
fn one_file_writes_the_state_of_runs() {
    let files = rust();
    let writers: Vec<&str> = writers_of_state(&files)
        .into_iter()
        .filter(|path| path.starts_with(HOME))
        .collect();
    assert_eq!(
        writers.len(),
        1,
        "SQL that writes a run's state must be in one file: {writers:?}"
    );
}

#[test]
fn each_fault_is_found() {
    let stray = File::new("crates/engine/src/a.rs", "\"SELECT id\n FROM runs\"");
    let stray_update = File::new(
        "crates/engine/src/b.rs",
        "\"UPDATE runs SET state = $1 WHERE id = $2\"",
    );
    let words = File::new("crates/engine/src/c.rs", "// SELECT is a word.\n");
    let reader = File::new(
        "crates/store/src/d.rs",
        "\"UPDATE runs SET lease = $1 WHERE state = $2\"",
    );
    let files = [stray, stray_update, words, reader];
    assert_eq!(faults_of_home(&files).len(), 2);
    assert_eq!(writers_of_state(&files), ["crates/engine/src/b.rs"]);
}
