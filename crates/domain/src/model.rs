//! What answers a prompt, by the name that clients use for it.

use std::fmt;
use std::str::FromStr;

/// The id of a configured model, as clients name it, such as `script` or `fast`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ModelId(String);

/// The text cannot be the id of a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a model id is 1 to 200 characters without whitespace")]
pub struct InvalidModelId;

impl ModelId {
    /// The model that is always there: it runs the prompt's fenced `sh` blocks.
    #[must_use]
    pub fn script() -> Self {
        Self("script".to_owned())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModelId {
    type Err = InvalidModelId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=200).contains(&text.len());
        if fits && !text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidModelId)
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A model, and how hard it is to think.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ModelChoice {
    /// The model.
    pub id: ModelId,
    /// How hard it is to think; as it is configured if absent (Cursor v1 `model.params`, id `effort`).
    pub effort: Option<Effort>,
}

impl ModelChoice {
    /// A model as it is configured.
    #[must_use]
    pub const fn of(id: ModelId) -> Self {
        Self { id, effort: None }
    }
}

/// How much a model is asked to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effort {
    /// A little.
    Low,
    /// Some.
    Medium,
    /// A lot.
    High,
}

impl Effort {
    /// Every effort, the least first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The stable word for it, such as `low`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The text names no effort.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no effort: low, medium, high")]
pub struct UnknownEffort(String);

impl FromStr for Effort {
    type Err = UnknownEffort;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|effort| effort.word() == text)
            .ok_or_else(|| UnknownEffort(text.to_owned()))
    }
}
