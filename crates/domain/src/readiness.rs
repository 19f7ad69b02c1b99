//! Whether a pull request waits for review.

use std::str::FromStr;

/// Whether a pull request waits for review, or says that it is not finished.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Readiness {
    /// It waits for review.
    #[default]
    Ready,
    /// It is a draft.
    Draft,
}

impl Readiness {
    /// The stable word for it, `ready` or `draft`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Draft => "draft",
        }
    }
}

/// The text is no readiness of a pull request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a pull request's readiness: ready or draft")]
pub struct UnknownReadiness(pub String);

impl FromStr for Readiness {
    type Err = UnknownReadiness;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Ready, Self::Draft]
            .into_iter()
            .find(|readiness| readiness.word() == text)
            .ok_or_else(|| UnknownReadiness(text.to_owned()))
    }
}
