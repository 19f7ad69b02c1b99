//! Files that a run leaves for the user.

use std::fmt;
use std::str::FromStr;

use crate::Timestamp;

/// The path of an artifact below the artifacts folder: relative, plain parts, `/` between them.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ArtifactPath(String);

/// The text is no path of an artifact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the path of an artifact")]
pub struct InvalidArtifactPath(pub String);

impl ArtifactPath {
    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ArtifactPath {
    type Err = InvalidArtifactPath;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = |part: &str| {
            part.is_empty() || part == "." || part == ".." || part.contains(char::is_control)
        };
        if text.len() > 1024 || text.split('/').any(bad) {
            return Err(InvalidArtifactPath(text.chars().take(80).collect()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ArtifactPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A collected file; its bytes lie in the artifact store under its agent and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Where it was below the artifacts folder.
    pub path: ArtifactPath,
    /// Its size.
    pub size_bytes: u64,
    /// When it was last collected.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_cannot_leave_the_folder() {
        assert!("a/b.png".parse::<ArtifactPath>().is_ok());
        for bad in ["", "/a", "a/", "../a", "a/../b", "a//b", "./a", "a\nb"] {
            assert!(bad.parse::<ArtifactPath>().is_err(), "{bad:?}");
        }
    }
}
