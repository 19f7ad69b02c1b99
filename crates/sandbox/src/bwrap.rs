//! Which bubblewrap is used, and whether it is new enough.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// Where it is looked for when the configuration names none. No search path: an environment that
/// somebody else wrote must not choose the program that builds the walls.
const PLACES: [&str; 3] = ["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"];

/// The first release with `--disable-userns`.
const OLDEST: (u32, u32) = (0, 8);

/// The version of a bubblewrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BwrapVersion {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
}

impl fmt::Display for BwrapVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl BwrapVersion {
    /// Reads `bubblewrap 0.8.0`.
    fn parse(words: &str) -> Option<Self> {
        let mut numbers = words
            .split_whitespace()
            .nth(1)?
            .split('.')
            .map(str::parse::<u32>);
        Some(Self {
            major: numbers.next()?.ok()?,
            minor: numbers.next()?.ok()?,
            patch: numbers.next().and_then(Result::ok).unwrap_or(0),
        })
    }
}

/// Finds bubblewrap and asks for its version.
pub(crate) fn find(named: Option<PathBuf>) -> Result<(PathBuf, BwrapVersion), Error> {
    let path = match named {
        Some(path) => path,
        None => PLACES
            .iter()
            .map(PathBuf::from)
            .find(|path| path.is_file())
            .ok_or(Error::BwrapMissing)?,
    };
    let version = version_of(&path)?;
    if (version.major, version.minor) < OLDEST {
        return Err(Error::BwrapTooOld {
            found: version.to_string(),
        });
    }
    Ok((path, version))
}

fn version_of(path: &Path) -> Result<BwrapVersion, Error> {
    let output = Command::new(path)
        .arg("--version")
        .env_clear()
        .output()
        .map_err(|error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                return Error::BwrapMissing;
            }
            Error::BwrapUnusable {
                words: error.to_string(),
            }
        })?;
    let words = String::from_utf8_lossy(&output.stdout);
    BwrapVersion::parse(&words).ok_or_else(|| Error::BwrapUnusable {
        words: words.chars().take(200).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        let version = BwrapVersion::parse("bubblewrap 0.8.0\n").unwrap();
        assert_eq!((version.major, version.minor), (0, 8));
        assert_eq!(
            BwrapVersion::parse("bubblewrap 0.11").unwrap().to_string(),
            "0.11.0"
        );
        assert!((0, 11) > OLDEST && (0, 4) < OLDEST);
        assert_eq!(BwrapVersion::parse("nonsense"), None);
        assert_eq!(BwrapVersion::parse("bubblewrap x.y"), None);
    }

    #[test]
    fn what_is_not_bubblewrap_is_named() {
        assert!(matches!(
            find(Some("/nonexistent/bwrap".into())),
            Err(Error::BwrapMissing)
        ));
        assert!(matches!(
            find(Some("/bin/true".into())),
            Err(Error::BwrapUnusable { .. })
        ));
    }
}
