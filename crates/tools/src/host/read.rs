//! The read tool: lines of a text file with their numbers.

use std::path::Path;

use outwork_domain::limits::OUTPUT_TO_MODEL_BYTES_MAX;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::toolbox::{Answer, Told};
use super::{files, render, text_lines};
use crate::protocol::Facts;

const LINES_DEFAULT: usize = 2000;
/// Room for the words after the lines.
const WORDS_BYTES: usize = 256;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    path: String,
    offset: Option<usize>,
    limit: Option<usize>,
}

/// Reads a file.
pub(super) fn read(root: &Path, arguments: &Arguments) -> Answer {
    let path = files::resolve(root, &arguments.path);
    let (bytes, _) = files::read_whole(&path)?;
    let first = &bytes[..bytes.len().min(8 * 1024)];
    if first.contains(&0) || render::is_mostly_binary(first) {
        let digest = Sha256::new_with_prefix(&bytes);
        let facts = Facts::Read {
            line_count: 0,
            byte_count: bytes.len() as u64,
        };
        return Ok(Told {
            text: render::binary("binary file", bytes.len() as u64, digest),
            facts: Some(facts),
        });
    }
    let text = if bytes.is_empty() {
        "[the file is empty]".to_owned()
    } else {
        lines(&bytes, arguments)?
    };
    let facts = Facts::Read {
        line_count: text_lines::count(&bytes),
        byte_count: bytes.len() as u64,
    };
    Ok(Told {
        text,
        facts: Some(facts),
    })
}

fn lines(bytes: &[u8], arguments: &Arguments) -> Result<String, String> {
    let offset = arguments.offset.unwrap_or(1).max(1);
    let limit = arguments.limit.unwrap_or(LINES_DEFAULT).max(1);
    let total = bytes.split_inclusive(|byte| *byte == b'\n').count();
    if offset > total {
        return Err(format!("the file has {total} lines only"));
    }
    let mut text = String::new();
    let mut next = offset;
    let wanted = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .skip(offset - 1)
        .take(limit);
    for line in wanted {
        let before = text.len();
        text_lines::push_numbered(&mut text, next, line);
        if text.len() > OUTPUT_TO_MODEL_BYTES_MAX - WORDS_BYTES {
            text.truncate(before);
            break;
        }
        next += 1;
    }
    if next <= total {
        text.push_str(&format!(
            "[lines {offset} to {} of {total}; go on with offset {next}]\n",
            next - 1
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(
        root: &Path,
        path: &str,
        offset: Option<usize>,
        limit: Option<usize>,
    ) -> Result<String, String> {
        let path = path.to_owned();
        let arguments = Arguments {
            path,
            offset,
            limit,
        };
        Ok(read(root, &arguments)?.text)
    }

    #[test]
    fn the_facts_are_of_the_whole_file() {
        let root = tempfile::tempdir().unwrap();
        for (content, line_count) in [("", 0), ("one", 1), ("one\ntwo\n", 2), ("\n\n", 2)] {
            std::fs::write(root.path().join("f"), content).unwrap();
            let arguments = Arguments {
                path: "f".into(),
                offset: None,
                limit: Some(1),
            };
            let byte_count = content.len() as u64;
            let facts = read(root.path(), &arguments).unwrap().facts;
            let expected = Facts::Read {
                line_count,
                byte_count,
            };
            assert_eq!(facts, Some(expected), "{content:?}");
        }
    }

    #[test]
    fn shows_numbered_lines_and_where_to_go_on() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("a.txt"), "one\r\ntwo\nthree").unwrap();
        let all = ask(root.path(), "a.txt", None, None).unwrap();
        assert_eq!(all, "     1\tone\n     2\ttwo\n     3\tthree\n");
        let part = ask(root.path(), "./a.txt", Some(2), Some(1)).unwrap();
        assert_eq!(
            part,
            "     2\ttwo\n[lines 2 to 2 of 3; go on with offset 3]\n"
        );
        assert_eq!(
            ask(root.path(), "a.txt", Some(4), None).unwrap_err(),
            "the file has 3 lines only"
        );
    }

    #[test]
    fn a_long_file_and_a_long_line_stay_within_the_limit() {
        let root = tempfile::tempdir().unwrap();
        let line = "x".repeat(9_999);
        std::fs::write(root.path().join("a"), format!("{line}\n").repeat(500)).unwrap();
        let text = ask(root.path(), "a", None, None).unwrap();
        assert!(text.len() <= OUTPUT_TO_MODEL_BYTES_MAX);
        assert!(text.contains("[… 7999 bytes more]"));
        assert!(
            text.ends_with("of 500; go on with offset 33]\n"),
            "{}",
            &text[text.len() - 80..]
        );
    }

    #[test]
    fn binary_and_empty_files_say_so() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("b"), b"ELF\0\x01").unwrap();
        std::fs::write(root.path().join("e"), b"").unwrap();
        assert!(
            ask(root.path(), "b", None, None)
                .unwrap()
                .starts_with("[binary file: 5 bytes, sha256 ")
        );
        assert_eq!(
            ask(root.path(), "e", None, None).unwrap(),
            "[the file is empty]"
        );
    }
}
