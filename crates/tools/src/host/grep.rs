//! The grep tool: lines that match a regular expression.

use std::path::Path;

use outwork_domain::limits::{MATCHES_MAX, OUTPUT_TO_MODEL_BYTES_MAX};
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use super::toolbox::{Answer, Told};
use super::walk::{self, More, Walked};
use super::{files, glob, text_lines};
use crate::protocol::Facts;

/// Memory for one compiled expression.
const REGEX_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of one shown line.
const LINE_BYTES_MAX: usize = 500;
const CONTEXT_MAX: usize = 20;
/// Room for the note after the list.
const WORDS_BYTES: usize = 256;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    pattern: String,
    path: Option<String>,
    glob: Option<String>,
    ignore_case: Option<bool>,
    context: Option<usize>,
}

/// Searches.
pub(super) fn grep(root: &Path, arguments: &Arguments) -> Answer {
    let regex = RegexBuilder::new(&arguments.pattern)
        .case_insensitive(arguments.ignore_case == Some(true))
        .size_limit(REGEX_BYTES_MAX)
        .dfa_size_limit(REGEX_BYTES_MAX)
        .build()
        .map_err(|error| format!("bad pattern: {error}"))?;
    let filter = arguments.glob.as_deref().map(glob::matcher).transpose()?;
    let start = files::resolve(root, arguments.path.as_deref().unwrap_or("."));
    let mut found = Found {
        root,
        regex,
        context: arguments.context.unwrap_or(0).min(CONTEXT_MAX),
        text: String::new(),
        count: 0,
        places: Vec::new(),
    };
    let walked = if start.is_dir() {
        walk::files(&start, |path| {
            let name = path.strip_prefix(&start).unwrap_or(&path);
            if filter.as_ref().is_some_and(|filter| !filter.is_match(name)) {
                return More::Wanted;
            }
            // A file that cannot be read, or is no text, is none that a search speaks of.
            match files::read_whole(&path) {
                Ok((bytes, _)) => found.search(&path, &bytes),
                Err(_) => More::Wanted,
            }
        })
    } else {
        let (bytes, _) = files::read_whole(&start)?;
        match found.search(&start, &bytes) {
            More::Wanted => Walked::Whole,
            More::Enough => Walked::Enough,
        }
    };
    let Found {
        mut text,
        count,
        places,
        ..
    } = found;
    if let Some(note) = walk::note(walked, count) {
        text.push_str(&note);
    } else if text.is_empty() {
        text.push_str("[no line matches]");
    }
    let facts = Facts::Matched {
        files: places,
        extent: glob::extent(walked),
    };
    Ok(Told {
        text,
        facts: Some(facts),
    })
}

struct Found<'a> {
    root: &'a Path,
    regex: Regex,
    context: usize,
    text: String,
    count: usize,
    /// The matches that are shown, by file.
    places: Vec<(String, Vec<u64>)>,
}

impl Found<'_> {
    fn search(&mut self, path: &Path, bytes: &[u8]) -> More {
        if bytes[..bytes.len().min(8 * 1024)].contains(&0) {
            return More::Wanted;
        }
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let name = files::shown(self.root, path);
        let mut shown_to = 0;
        for (index, line) in lines.iter().enumerate() {
            if !self.regex.is_match(without_end(line)) {
                continue;
            }
            if self.count == MATCHES_MAX
                || self.text.len() > OUTPUT_TO_MODEL_BYTES_MAX - WORDS_BYTES
            {
                return More::Enough;
            }
            self.count += 1;
            let from = index.saturating_sub(self.context).max(shown_to);
            if self.context > 0 && shown_to > 0 && from > shown_to {
                self.text.push_str("--\n");
            }
            for (at, line) in lines.iter().enumerate().take(index).skip(from) {
                self.show(&name, at, '-', line);
            }
            if self.show(&name, index, ':', line) == Shown::Whole {
                self.note(&name, index);
            }
            shown_to = index + 1;
            let to = self.next_match(&lines, index).min(index + 1 + self.context);
            for (at, line) in lines.iter().enumerate().take(to).skip(shown_to) {
                self.show(&name, at, '-', line);
                shown_to = at + 1;
            }
        }
        More::Wanted
    }

    /// The next line that matches within the context, else the end of the context.
    fn next_match(&self, lines: &[&[u8]], index: usize) -> usize {
        let end = (index + 1 + self.context).min(lines.len());
        (index + 1..end)
            .find(|at| self.regex.is_match(without_end(lines[*at])))
            .unwrap_or(end)
    }

    fn note(&mut self, name: &str, index: usize) {
        let line = index as u64 + 1;
        match self.places.last_mut() {
            Some((path, lines)) if path == name => lines.push(line),
            Some(_) | None => self.places.push((name.to_owned(), vec![line])),
        }
    }

    fn show(&mut self, name: &str, index: usize, mark: char, line: &[u8]) -> Shown {
        let before = self.text.len();
        self.text
            .push_str(&format!("{name}{mark}{}{mark}", index + 1));
        text_lines::push_line(&mut self.text, line, LINE_BYTES_MAX);
        self.text.push('\n');
        if self.text.len() > OUTPUT_TO_MODEL_BYTES_MAX - WORDS_BYTES / 2 {
            self.text.truncate(before);
            return Shown::Nothing;
        }
        Shown::Whole
    }
}

/// Whether there was room for a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Whole,
    Nothing,
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::WireExtent;

    fn ask_all(root: &Path, arguments: serde_json::Value) -> Answer {
        grep(root, &serde_json::from_value(arguments).unwrap())
    }

    fn ask(root: &Path, arguments: serde_json::Value) -> Result<String, String> {
        Ok(ask_all(root, arguments)?.text)
    }

    #[test]
    fn the_facts_say_where_each_match_is() {
        let root = tree();
        let arguments = serde_json::json!({"pattern": "^t", "ignore_case": true, "context": 1});
        let expected = Facts::Matched {
            files: vec![
                ("b.txt".to_owned(), vec![1]),
                ("src/a.rs".to_owned(), vec![2, 3]),
            ],
            extent: WireExtent::Whole,
        };
        let facts = ask_all(root.path(), arguments).unwrap().facts;
        assert_eq!(facts, Some(expected));
    }

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("src")).unwrap();
        std::fs::write(
            root.path().join("src/a.rs"),
            "one\nTwo\nthree\nfour\nfive\n",
        )
        .unwrap();
        std::fs::write(root.path().join("b.txt"), "two\r\n").unwrap();
        std::fs::write(root.path().join("c.bin"), b"two\0").unwrap();
        std::fs::write(root.path().join(".gitignore"), "ignored\n").unwrap();
        std::fs::write(root.path().join("ignored"), "two\n").unwrap();
        root
    }

    #[test]
    fn finds_lines_with_path_and_number() {
        let root = tree();
        let all = ask(
            root.path(),
            serde_json::json!({"pattern": "^t.o$", "ignore_case": true}),
        );
        assert_eq!(all.unwrap(), "b.txt:1:two\nsrc/a.rs:2:Two\n");
        let some = ask(
            root.path(),
            serde_json::json!({"pattern": "Two", "glob": "*.rs"}),
        );
        assert_eq!(some.unwrap(), "src/a.rs:2:Two\n");
        let one = ask(
            root.path(),
            serde_json::json!({"pattern": "x", "path": "b.txt"}),
        );
        assert_eq!(one.unwrap(), "[no line matches]");
    }

    #[test]
    fn context_lines_are_shown_once() {
        let root = tree();
        let text = ask(
            root.path(),
            serde_json::json!({"pattern": "Two|four", "context": 1}),
        );
        assert_eq!(
            text.unwrap(),
            "src/a.rs-1-one\nsrc/a.rs:2:Two\nsrc/a.rs-3-three\nsrc/a.rs:4:four\nsrc/a.rs-5-five\n"
        );
        let apart = ask(
            root.path(),
            serde_json::json!({"pattern": "one|five", "context": 1}),
        );
        assert_eq!(
            apart.unwrap(),
            "src/a.rs:1:one\nsrc/a.rs-2-Two\n--\nsrc/a.rs-4-four\nsrc/a.rs:5:five\n"
        );
    }

    #[test]
    fn bad_patterns_and_missing_files_are_told() {
        let root = tree();
        assert!(
            ask(root.path(), serde_json::json!({"pattern": "("}))
                .unwrap_err()
                .starts_with("bad pattern")
        );
        assert!(
            ask(
                root.path(),
                serde_json::json!({"pattern": "(a{1000}){1000}"})
            )
            .is_err()
        );
        assert!(
            ask(
                root.path(),
                serde_json::json!({"pattern": "a", "path": "nowhere"})
            )
            .is_err()
        );
    }

    #[test]
    fn many_matches_stay_within_the_limit() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(
            root.path().join("a"),
            format!("{}\n", "x".repeat(400)).repeat(2000),
        )
        .unwrap();
        let text = ask(
            root.path(),
            serde_json::json!({"pattern": "x", "context": 2}),
        )
        .unwrap();
        assert!(text.len() <= OUTPUT_TO_MODEL_BYTES_MAX, "{}", text.len());
        assert!(text.contains("narrow the search"));
    }
}
