//! Names of commits: full object ids, and the reference that a caller gives as base.

use std::fmt;
use std::str::FromStr;

/// A full git object id of a commit: 40 (SHA-1) or 64 (SHA-256) lower-case hex digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CommitId(String);

/// The text is not a full object id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a full commit id: 40 or 64 hexadecimal digits")]
pub struct InvalidCommitId(pub String);

impl CommitId {
    /// The hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first ten digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..10]
    }
}

impl FromStr for CommitId {
    type Err = InvalidCommitId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let full = matches!(text.len(), 40 | 64);
        if full && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(InvalidCommitId(text.chars().take(80).collect()))
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a run starts: a branch, a tag or a full commit id, as the caller wrote it.
///
/// The text is safe as an argument of git: it has no leading dash, no control character, no
/// whitespace and none of the sequences that git reads as an expression (`..`, `@{`, `^`, `~`, `:`).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BaseRef(String);

/// The text cannot name a branch, tag or commit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a branch, tag or commit id: {why}")]
pub struct InvalidBaseRef {
    /// The refused text, shortened.
    pub text: String,
    /// The rule that it breaks.
    pub why: &'static str,
}

impl BaseRef {
    /// The text as the caller wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The commit that it names by its full id, if it does.
    #[must_use]
    pub fn commit(&self) -> Option<CommitId> {
        self.0.parse().ok()
    }
}

impl FromStr for BaseRef {
    type Err = InvalidBaseRef;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match crate::branch::fault_of_ref_name(text) {
            None => Ok(Self(text.to_owned())),
            Some(why) => Err(InvalidBaseRef {
                text: text.chars().take(80).collect(),
                why,
            }),
        }
    }
}

impl fmt::Display for BaseRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_id_is_full_and_hex() {
        let id: CommitId = "0123456789ABCDEF0123456789abcdef01234567".parse().unwrap();
        assert_eq!(id.as_str(), "0123456789abcdef0123456789abcdef01234567");
        assert!("0123456".parse::<CommitId>().is_err());
        assert!(
            "g123456789abcdef0123456789abcdef01234567"
                .parse::<CommitId>()
                .is_err()
        );
    }

    #[test]
    fn a_base_ref_may_be_branch_tag_or_commit() {
        for good in ["main", "v1.2.3", "feature/a_b-c", "refs/heads/main"] {
            assert!(good.parse::<BaseRef>().is_ok(), "{good}");
        }
        for bad in [
            "-x", "", "a..b", "HEAD@{1}", "a b", "a\nb", "main^", "main~1", "a:b",
        ] {
            assert!(bad.parse::<BaseRef>().is_err(), "{bad:?}");
        }
        assert!(
            "0123456789abcdef0123456789abcdef01234567"
                .parse::<BaseRef>()
                .unwrap()
                .commit()
                .is_some()
        );
    }
}
