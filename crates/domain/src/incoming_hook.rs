//! A webhook that a forge sent us: kept when it came, dealt with afterwards.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Where an incoming hook stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HookState {
    /// It waits, or is being dealt with.
    Pending,
    /// It was dealt with.
    Done,
    /// It was nothing for us.
    Ignored,
    /// It could not be dealt with.
    Failed,
}

impl HookState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Done, Self::Ignored, Self::Failed];

    /// The stable word for it, such as `pending`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for HookState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The text is no state of an incoming hook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no state of an incoming hook: pending, done, ignored, failed")]
pub struct UnknownHookState(pub String);

impl FromStr for HookState {
    type Err = UnknownHookState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.word() == text)
            .ok_or_else(|| UnknownHookState(text.to_owned()))
    }
}

/// How an attempt to deal with an incoming hook ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookEnd {
    /// It was dealt with.
    Done,
    /// It was nothing for us, and why.
    Ignored(String),
    /// It could not be dealt with, for good, and why.
    Failed(String),
    /// It is to be tried again after a wait, and why.
    Again(Duration, String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_found_by_its_word() {
        for state in HookState::ALL {
            assert_eq!(state.to_string().parse(), Ok(state));
        }
        assert!("Pending".parse::<HookState>().is_err());
    }
}
