//! The glob tool: files by name.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};
use outwork_domain::limits::{MATCHES_MAX, OUTPUT_TO_MODEL_BYTES_MAX};
use serde::Deserialize;

use super::files;
use super::toolbox::{Answer, Told};
use super::walk::{self, More, Walked};
use crate::protocol::{Facts, WireExtent};

/// Room for the note after the list.
const WORDS_BYTES: usize = 256;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    pattern: String,
    path: Option<String>,
}

/// Finds files.
pub(super) fn glob(root: &Path, arguments: &Arguments) -> Answer {
    let folder = files::resolve(root, arguments.path.as_deref().unwrap_or("."));
    if !folder.is_dir() {
        return Err(format!("{}: there is no such folder", folder.display()));
    }
    let matcher = matcher(&arguments.pattern)?;
    let mut text = String::new();
    let mut found = Vec::new();
    let walked = walk::files(&folder, |path| {
        if !matcher.is_match(path.strip_prefix(&folder).unwrap_or(&path)) {
            return More::Wanted;
        }
        let line = files::shown(root, &path);
        let room = OUTPUT_TO_MODEL_BYTES_MAX - WORDS_BYTES;
        if found.len() == MATCHES_MAX || text.len() + line.len() > room {
            return More::Enough;
        }
        text.push_str(&line);
        text.push('\n');
        found.push(line);
        More::Wanted
    });
    if let Some(note) = walk::note(walked, found.len()) {
        text.push_str(&note);
    } else if text.is_empty() {
        text.push_str("[no file matches]");
    }
    let facts = Facts::Found {
        files: found,
        extent: extent(walked),
    };
    Ok(Told {
        text,
        facts: Some(facts),
    })
}

/// Whether what a walk found is all there is.
pub(super) fn extent(walked: Walked) -> WireExtent {
    match walked {
        Walked::Whole => WireExtent::Whole,
        Walked::Enough | Walked::TimeUp => WireExtent::Cut,
    }
}

/// A pattern without a slash matches at any depth.
pub(super) fn matcher(pattern: &str) -> Result<GlobMatcher, String> {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let deep = if pattern.contains('/') {
        pattern.to_owned()
    } else {
        format!("**/{pattern}")
    };
    GlobBuilder::new(&deep)
        .literal_separator(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| format!("bad pattern: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask_all(root: &Path, pattern: &str, path: Option<&str>) -> Answer {
        let arguments = Arguments {
            pattern: pattern.to_owned(),
            path: path.map(str::to_owned),
        };
        glob(root, &arguments)
    }

    fn ask(root: &Path, pattern: &str, path: Option<&str>) -> Result<String, String> {
        Ok(ask_all(root, pattern, path)?.text)
    }

    #[test]
    fn finds_by_name_and_by_path_without_what_is_ignored() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            "a.rs",
            "src/b.rs",
            "src/deep/c.rs",
            "target/d.rs",
            ".git/e.rs",
            ".github/f.rs",
        ] {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        std::fs::write(root.path().join(".gitignore"), "/target/\n").unwrap();
        let all = ask(root.path(), "*.rs", None).unwrap();
        assert_eq!(all, ".github/f.rs\na.rs\nsrc/b.rs\nsrc/deep/c.rs\n");
        assert_eq!(ask(root.path(), "src/*.rs", None).unwrap(), "src/b.rs\n");
        assert_eq!(
            ask(root.path(), "*.{rs,py}", Some("src/deep")).unwrap(),
            "src/deep/c.rs\n"
        );
        assert_eq!(ask(root.path(), "*.py", None).unwrap(), "[no file matches]");
        assert!(ask(root.path(), "[", None).is_err());
        assert!(ask(root.path(), "*", Some("nowhere")).is_err());
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let root = tempfile::tempdir().unwrap();
        for n in 0..MATCHES_MAX + 5 {
            std::fs::write(root.path().join(format!("{n:05}")), "").unwrap();
        }
        let text = ask(root.path(), "*", None).unwrap();
        assert_eq!(text.lines().count(), MATCHES_MAX + 1);
        assert!(text.ends_with("[only the first 1000 are shown; narrow the search]\n"));
        let Some(Facts::Found { files, extent }) = ask_all(root.path(), "*", None).unwrap().facts
        else {
            panic!("no facts");
        };
        assert_eq!((files.len(), extent), (MATCHES_MAX, WireExtent::Cut));
        assert_eq!(files[7], "00007");
    }
}
