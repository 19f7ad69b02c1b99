//! How well what a run executes is confined.

use std::fmt;
use std::str::FromStr;

/// The walls around a run's commands; docs/sandbox.md says what each level holds back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum IsolationLevel {
    /// All walls.
    #[default]
    Full,
    /// All walls, and no `/proc` inside, for containers whose own is masked.
    FullNoproc,
    /// No namespaces: only what the kernel lets a process take from itself. No network at all.
    Weak,
    /// None: commands can do whatever the server's user can.
    None,
}

impl IsolationLevel {
    /// Every level, the strongest first.
    pub const ALL: [Self; 4] = [Self::Full, Self::FullNoproc, Self::Weak, Self::None];

    /// The stable word for it, such as `full-noproc`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::FullNoproc => "full-noproc",
            Self::Weak => "weak",
            Self::None => "none",
        }
    }
}

impl fmt::Display for IsolationLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The text is no level's word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no level of isolation: full, full-noproc, weak, none")]
pub struct UnknownIsolationLevel(pub String);

impl FromStr for IsolationLevel {
    type Err = UnknownIsolationLevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.word() == text)
            .ok_or_else(|| UnknownIsolationLevel(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_others_are_refused() {
        for level in IsolationLevel::ALL {
            assert_eq!(level.word().parse(), Ok(level));
        }
        let error = "strong".parse::<IsolationLevel>().unwrap_err();
        assert!(error.to_string().contains("full-noproc"), "{error}");
    }
}
