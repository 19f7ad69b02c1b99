//! The edit tool: replaces a piece of text that must be found exactly.

use std::path::Path;

use serde::Deserialize;

use super::files;
use super::text_lines::{line_of, push_numbered};
use super::toolbox::{Answer, Told};
use super::write::{has_crlf_only, replace, with_line_endings_of};
use crate::protocol::Facts;

/// Lines that an error names.
const NAMED_LINES_MAX: usize = 20;
/// Lines shown around a change.
const AROUND: usize = 3;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    path: String,
    old_string: String,
    new_string: String,
    replace_all: Option<bool>,
}

/// Edits a file.
pub(super) fn edit(root: &Path, arguments: &Arguments) -> Answer {
    let path = files::resolve(root, &arguments.path);
    let shown = files::shown(root, &path);
    if arguments.old_string.is_empty() {
        return Err("old_string is empty; to make a file use write".to_owned());
    }
    if arguments.old_string == arguments.new_string {
        return Err("old_string and new_string are the same".to_owned());
    }
    let (bytes, _) = files::read_whole(&path)?;
    let old = with_line_endings_of(Some(&bytes), arguments.old_string.as_bytes());
    let new = with_line_endings_of(Some(&bytes), arguments.new_string.as_bytes());
    let found = occurrences(&bytes, &old);
    let every = arguments.replace_all == Some(true);
    match found.as_slice() {
        [] => return Err(not_found(&shown, &bytes, arguments)),
        [_] => {}
        several if !every => return Err(ambiguous(&shown, &bytes, several)),
        _ => {}
    }
    let edited = replaced(&bytes, &found, old.len(), &new);
    replace(&path, &edited)?;
    let (removed, added) = changed_lines(&old, &new);
    let places = found.len() as u64;
    let facts = Facts::Edited {
        lines_added: added * places,
        lines_removed: removed * places,
    };
    Ok(Told {
        text: told(&shown, &edited, &found, &new),
        facts: Some(facts),
    })
}

/// How many lines of `old` went and how many of `new` came, without what both begin or end with.
fn changed_lines(old: &[u8], new: &[u8]) -> (u64, u64) {
    let lines = |text| <[u8]>::split(text, |byte| *byte == b'\n').collect::<Vec<_>>();
    let (old, new) = (lines(old), lines(new));
    let common = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[common..], &new[common..]);
    let last = old.iter().rev().zip(new.iter().rev());
    let common = last.take_while(|(a, b)| a == b).count();
    ((old.len() - common) as u64, (new.len() - common) as u64)
}

fn occurrences(bytes: &[u8], wanted: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = find(&bytes[at..], wanted) {
        found.push(at + next);
        at += next + wanted.len();
    }
    found
}

/// The first place of `wanted`.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| *byte == first) {
        at += next;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn replaced(bytes: &[u8], found: &[usize], old_length: usize, new: &[u8]) -> Vec<u8> {
    let mut edited = Vec::with_capacity(bytes.len() + new.len());
    let mut at = 0;
    for start in found {
        edited.extend_from_slice(&bytes[at..*start]);
        edited.extend_from_slice(new);
        at = start + old_length;
    }
    edited.extend_from_slice(&bytes[at..]);
    edited
}

fn told(shown: &str, edited: &[u8], found: &[usize], new: &[u8]) -> String {
    let Some(start) = found.first() else {
        return String::new();
    };
    let first = line_of(edited, *start);
    let last = first + new.iter().filter(|byte| **byte == b'\n').count();
    let from = first.saturating_sub(AROUND).max(1);
    let mut text = match found.len() {
        1 => format!("edited {shown}; now:\n"),
        count => format!("edited {shown} in {count} places; the first now:\n"),
    };
    let lines = edited.split_inclusive(|byte| *byte == b'\n').enumerate();
    for (index, line) in lines
        .skip(from - 1)
        .take((last + AROUND + 1 - from).min(60))
    {
        push_numbered(&mut text, index + 1, line);
    }
    text
}

fn ambiguous(shown: &str, bytes: &[u8], found: &[usize]) -> String {
    let lines = named(found.iter().map(|at| line_of(bytes, *at)));
    format!(
        "old_string occurs {} times in {shown}, at lines {lines}; take in more of the lines around it, or set replace_all",
        found.len()
    )
}

fn not_found(shown: &str, bytes: &[u8], arguments: &Arguments) -> String {
    let mut words = format!("old_string does not occur in {shown}");
    let wanted = arguments
        .old_string
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty());
    let Some(wanted) = wanted else {
        return words;
    };
    let near = bytes
        .split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| line.trim_ascii() == wanted.as_bytes())
        .map(|(index, _)| index + 1);
    let lines = named(near);
    if lines.is_empty() {
        words.push_str("; its first line is not in the file either. Read the file again");
    } else {
        words.push_str(&format!(
            "; its first line, but for indentation, is at lines {lines}. Read them again and copy them exactly"
        ));
    }
    if arguments.old_string.contains('\r') != has_crlf_only(bytes) && bytes.contains(&b'\r') {
        words.push_str(" (the file has CR characters)");
    }
    words
}

fn named(lines: impl Iterator<Item = usize>) -> String {
    let mut lines: Vec<String> = lines
        .take(NAMED_LINES_MAX + 1)
        .map(|line| line.to_string())
        .collect();
    if lines.len() > NAMED_LINES_MAX {
        lines[NAMED_LINES_MAX] = "…".to_owned();
    }
    lines.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_are_counted_without_what_stays() {
        for (old, new, expected) in [
            ("a", "b", (1, 1)),
            ("a\nb\nc", "a\nX\nY\nc", (1, 2)),
            ("x\n", "", (1, 0)),
            ("a\n", "a\nb\n", (0, 1)),
            ("a\na\n", "a\n", (1, 0)),
        ] {
            let changed = changed_lines(old.as_bytes(), new.as_bytes());
            assert_eq!(changed, expected, "{old:?} to {new:?}");
        }
    }

    type Asked = (Result<String, String>, Vec<u8>);

    fn ask(content: &[u8], old: &str, new: &str, replace_all: Option<bool>) -> Asked {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f.txt");
        std::fs::write(&path, content).unwrap();
        let arguments = Arguments {
            path: "f.txt".to_owned(),
            old_string: old.to_owned(),
            new_string: new.to_owned(),
            replace_all,
        };
        let answer = edit(root.path(), &arguments).map(|told| told.text);
        (answer, std::fs::read(&path).unwrap())
    }

    #[test]
    fn replaces_what_occurs_once_and_shows_it() {
        let (answer, bytes) = ask(b"a\nb\nc\n", "b", "B\nB2", None);
        assert_eq!(bytes, b"a\nB\nB2\nc\n");
        assert_eq!(
            answer.unwrap(),
            "edited f.txt; now:\n     1\ta\n     2\tB\n     3\tB2\n     4\tc\n"
        );
    }

    #[test]
    fn what_occurs_twice_is_refused_with_its_lines_or_replaced_everywhere() {
        let (answer, bytes) = ask(b"x\ny\nx\n", "x", "z", None);
        assert!(
            answer
                .unwrap_err()
                .starts_with("old_string occurs 2 times in f.txt, at lines 1, 3;")
        );
        assert_eq!(bytes, b"x\ny\nx\n");
        let (answer, bytes) = ask(b"x\ny\nx\n", "x", "z", Some(true));
        assert!(answer.is_ok());
        assert_eq!(bytes, b"z\ny\nz\n");
    }

    #[test]
    fn what_does_not_occur_is_refused_with_the_nearest_lines() {
        let (answer, _) = ask(b"fn a() {\n    b();\n}\n", "  b();\n  c();", "d();", None);
        let words = answer.unwrap_err();
        assert!(words.contains("is at lines 2."), "{words}");
        let (answer, _) = ask(b"abc", "xyz", "d", None);
        assert!(answer.unwrap_err().contains("not in the file either"));
    }

    #[test]
    fn line_endings_and_foreign_bytes_are_kept() {
        let (answer, bytes) = ask(b"a\r\nb\r\nc\r\n", "a\nb", "A\nB", None);
        assert!(answer.is_ok(), "{answer:?}");
        assert_eq!(bytes, b"A\r\nB\r\nc\r\n");
        let (answer, bytes) = ask(b"\xff\xfe old \xff", "old", "new", None);
        assert!(answer.is_ok());
        assert_eq!(bytes, b"\xff\xfe new \xff");
    }

    #[test]
    fn senseless_edits_are_refused() {
        assert!(
            ask(b"a", "", "b", None)
                .0
                .unwrap_err()
                .contains("use write")
        );
        assert!(
            ask(b"a", "a", "a", None)
                .0
                .unwrap_err()
                .contains("the same")
        );
    }
}
