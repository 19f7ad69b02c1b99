//! Which git this is, what it lacks, and what is known against it.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::error::{Error, Result};

/// A version of git.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    text: String,
    numbers: [u32; 3],
}

/// The first releases of their series without CVE-2025-48384 and CVE-2025-48385.
const REPAIRED: &[[u32; 3]] = &[
    [2, 43, 7],
    [2, 44, 4],
    [2, 45, 4],
    [2, 46, 4],
    [2, 47, 3],
    [2, 48, 2],
    [2, 49, 1],
    [2, 50, 1],
];
/// Before it, `git merge-tree --write-tree` does not exist.
const MERGES_SINCE: [u32; 3] = [2, 38, 0];

impl Version {
    /// Reads what `git version` says.
    pub(crate) fn parse(said: &str) -> Result<Self> {
        let text = said
            .trim()
            .strip_prefix("git version ")
            .and_then(|rest| rest.split_whitespace().next())
            .ok_or_else(|| Error::UnusableGit(format!("its version is {said:?}")))?;
        let mut parts = text.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        Ok(Self {
            text: text.to_owned(),
            numbers: [next(), next(), next()],
        })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it can merge without a work tree.
    pub(crate) fn can_merge(&self) -> bool {
        self.numbers >= MERGES_SINCE
    }

    /// What a person should know about it.
    pub(crate) fn warning(&self) -> Option<String> {
        if !self.can_merge() {
            return Some(format!(
                "git {} cannot merge local pull requests: 2.38 or newer is needed",
                self.text
            ));
        }
        let series = |repaired: &&[u32; 3]| repaired[..2] == self.numbers[..2];
        let repaired = match REPAIRED.iter().find(series) {
            Some(first) => self.numbers >= *first,
            None => self.numbers > REPAIRED[REPAIRED.len() - 1],
        };
        (!repaired).then(|| {
            format!(
                "git {} is older than the repairs of CVE-2025-48384 and CVE-2025-48385, unless its \
                 distribution has them added",
                self.text
            )
        })
    }
}

/// The git program on a search path, the value of `PATH`.
#[must_use]
pub fn find_git(search_path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(search_path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("git"))
        .find(|path| {
            path.metadata()
                .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_unrepaired_versions_are_warned_about() {
        let warns = |text: &str| {
            Version::parse(&format!("git version {text}\n"))
                .unwrap()
                .warning()
                .is_some()
        };
        for old in ["2.30.2", "2.39.5", "2.43.6", "2.47.2", "2.49.0"] {
            assert!(warns(old), "{old}");
        }
        for new in ["2.43.7", "2.47.3", "2.50.1", "2.51.0", "3.0.0"] {
            assert!(!warns(new), "{new}");
        }
        assert!(Version::parse("nonsense").is_err());
        assert_eq!(
            Version::parse("git version 2.39.5 (Apple Git-154)")
                .unwrap()
                .text(),
            "2.39.5"
        );
    }

    #[test]
    fn git_is_found_on_a_search_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("git");
        std::fs::write(&path, "").unwrap();
        assert_eq!(find_git(folder.path().as_os_str()), None);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find_git(folder.path().as_os_str()), Some(path));
    }
}
