//! Walks a folder as glob and grep see it: without `.git`, without what `.gitignore` names.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ignore::WalkBuilder;

/// How long a search may take; then it shows what it has.
const SEARCH_WAIT: Duration = Duration::from_secs(20);

/// What a walk came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walked {
    /// To its end.
    Whole,
    /// The visitor had enough.
    Enough,
    /// Time was up.
    TimeUp,
}

/// Whether a visitor wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum More {
    Wanted,
    Enough,
}

/// Shows every regular file and link below `folder` to the visitor, in the order of their names.
pub(crate) fn files(folder: &Path, mut visit: impl FnMut(PathBuf) -> More) -> Walked {
    let until = Instant::now() + SEARCH_WAIT;
    let walk = WalkBuilder::new(folder)
        .hidden(false)
        .parents(false)
        .git_global(false)
        .require_git(false)
        .follow_links(false)
        .sort_by_file_name(std::ffi::OsStr::cmp)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    for entry in walk {
        if Instant::now() > until {
            return Walked::TimeUp;
        }
        // What cannot be entered or read is left out, as a shell's tools would.
        let Ok(entry) = entry else { continue };
        let is_file = entry
            .file_type()
            .is_some_and(|kind| kind.is_file() || kind.is_symlink());
        if is_file && visit(entry.into_path()) == More::Enough {
            return Walked::Enough;
        }
    }
    Walked::Whole
}

/// The words after a list that is not whole.
pub(crate) fn note(walked: Walked, shown: usize) -> Option<String> {
    match walked {
        Walked::Whole => None,
        Walked::Enough => Some(format!(
            "[only the first {shown} are shown; narrow the search]\n"
        )),
        Walked::TimeUp => {
            Some("[the search took too long and is not complete; narrow it]\n".to_owned())
        }
    }
}
