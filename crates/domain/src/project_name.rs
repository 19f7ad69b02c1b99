//! What names a project.

use std::fmt;
use std::str::FromStr;

use crate::limits::PROJECT_NAME_BYTES_MAX;

/// Words that are parts of paths where a project's name could stand.
const RESERVED: &[&str] = &["job", ".", ".."];

/// What names a project in paths and settings: 1 to 64 letters, digits, `.`, `_` and `-`; not `job`,
/// which is a part of the paths itself.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ProjectName(String);

/// The text cannot name a project.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} cannot name a project: {why}")]
pub struct InvalidProjectName {
    /// The refused text, shortened.
    pub text: String,
    /// The rule that it breaks.
    pub why: &'static str,
}

impl ProjectName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProjectName {
    type Err = InvalidProjectName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let why = if RESERVED.contains(&text) {
            Some("it is a part of paths")
        } else if !(1..=PROJECT_NAME_BYTES_MAX).contains(&text.len()) || !text.chars().all(legal) {
            Some("a name is 1 to 64 letters, digits, dots, underscores and dashes")
        } else {
            None
        };
        match why {
            None => Ok(Self(text.to_owned())),
            Some(why) => Err(InvalidProjectName {
                text: text.chars().take(80).collect(),
                why,
            }),
        }
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_can_stand_in_a_path() {
        for good in ["docs", "a", "A.b_c-9", "jobs", &"x".repeat(64)] {
            assert!(good.parse::<ProjectName>().is_ok(), "{good}");
        }
        for bad in ["", "job", ".", "..", "a/b", "ä", "a b", &"x".repeat(65)] {
            assert!(bad.parse::<ProjectName>().is_err(), "{bad}");
        }
    }
}
