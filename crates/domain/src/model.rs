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
