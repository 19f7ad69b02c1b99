//! Thinking of a model, as the provider wants it back.

/// A block of thinking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thought {
    /// What people may read of it; may be empty.
    pub text: String,
    /// What the provider wants back with it.
    pub signature: Option<String>,
}
