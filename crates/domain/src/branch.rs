//! Names of branches that Outwork writes.
//!
//! `git check-ref-format` accepts names that git commands or shells misread (`@`, `refs/heads/x`,
//! 300 characters); the rules here are its rules and ours together, so a [`BranchName`] is always
//! acceptable to git as well.

use std::fmt;
use std::str::FromStr;

use crate::limits::BRANCH_NAME_BYTES_MAX;

/// The name of a branch, without `refs/heads/`, legal for git and safe to write.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct BranchName(String);

/// The text is not a branch name that Outwork would write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a legal branch name: {why}")]
pub struct InvalidBranchName {
    /// The refused text, shortened.
    pub text: String,
    /// The rule that it breaks.
    pub why: &'static str,
}

impl BranchName {
    /// The name without `refs/heads/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The full reference, `refs/heads/<name>`.
    #[must_use]
    pub fn full_ref(&self) -> String {
        format!("refs/heads/{}", self.0)
    }

    /// The name with `-<n>` behind it, cut so that it keeps the length limit; for taken names.
    #[must_use]
    pub fn numbered(&self, n: u32) -> Self {
        let suffix = format!("-{n}");
        let mut keep = self.0.len().min(BRANCH_NAME_BYTES_MAX - suffix.len());
        while !self.0.is_char_boundary(keep) {
            keep -= 1;
        }
        Self(format!(
            "{}{suffix}",
            self.0[..keep].trim_end_matches(['/', '.'])
        ))
    }
}

impl FromStr for BranchName {
    type Err = InvalidBranchName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let why = fault_of_ref_name(text).or_else(|| fault_of_branch(text));
        match why {
            None => Ok(Self(text.to_owned())),
            Some(why) => Err(InvalidBranchName {
                text: text.chars().take(80).collect(),
                why,
            }),
        }
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn fault_of_branch(text: &str) -> Option<&'static str> {
    if text.starts_with("refs/") {
        return Some("it begins with refs/");
    }
    if text == "HEAD" || text.ends_with("/HEAD") {
        return Some("HEAD is not a branch");
    }
    if matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some("it looks like a commit id");
    }
    None
}

/// The rule of `git check-ref-format` (or of ours) that a reference name breaks, if it breaks one.
pub(crate) fn fault_of_ref_name(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("it is empty");
    }
    if text.len() > BRANCH_NAME_BYTES_MAX {
        return Some("it is longer than 200 bytes");
    }
    if text.starts_with('-') {
        return Some("it begins with a dash");
    }
    if text == "@" || text.contains("@{") {
        return Some("git reads @ as an expression");
    }
    if text.contains("..") {
        return Some("it contains two dots in a row");
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Some("it contains whitespace or a control character");
    }
    if text.contains([
        '~', '^', ':', '?', '*', '[', '\\', '"', '\'', '`', '$', ';', '&', '|', '<', '>',
    ]) {
        return Some("it contains a character that git or a shell gives a meaning");
    }
    let bad_part = |part: &str| {
        part.is_empty() || part.starts_with('.') || part.ends_with('.') || part.ends_with(".lock")
    };
    if text.split('/').any(bad_part) {
        return Some(
            "a part between slashes is empty, begins or ends with a dot, or ends with .lock",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_ordinary_names() {
        for good in [
            "outwork/add-readme-6f9a",
            "feature/a.b",
            "x",
            "übung/1",
            "a@b",
        ] {
            assert!(good.parse::<BranchName>().is_ok(), "{good}");
        }
    }

    #[test]
    fn refuses_what_git_or_a_shell_would_misread() {
        let long = "a".repeat(201);
        for bad in [
            "",
            "-rf",
            "a..b",
            "a@{1}",
            "@",
            "a b",
            "a\tb",
            "a\u{7f}b",
            "a\0b",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.",
            "a.lock",
            "a/b.lock/c",
            "refs/heads/a",
            "HEAD",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[b",
            "a\\b",
            "$(id)",
            "`id`",
            "a;b",
            &long,
            "0123456789abcdef0123456789abcdef01234567",
        ] {
            assert!(bad.parse::<BranchName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn numbering_keeps_the_length_limit() {
        let name: BranchName = "a".repeat(200).parse().unwrap();
        let next = name.numbered(2);
        assert_eq!(next.as_str().len(), 200);
        assert!(next.as_str().ends_with("a-2"));
        assert!(next.as_str().parse::<BranchName>().is_ok());
    }

    proptest::proptest! {
        #[test]
        fn what_is_accepted_is_one_safe_word(text in "\\PC{0,40}") {
            if let Ok(name) = text.parse::<BranchName>() {
                proptest::prop_assert!(!name.as_str().starts_with('-'));
                proptest::prop_assert!(!name.as_str().contains(char::is_whitespace));
                proptest::prop_assert!(name.numbered(9).as_str().parse::<BranchName>().is_ok());
            }
        }
    }
}
