//! What an agent is told beyond its prompts.

use crate::InstructionsPath;

/// What an agent is told in every run, beside the built-in system prompt and never instead of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guidance {
    /// The caller's own words, at most [`GUIDANCE_BYTES_MAX`].
    ///
    /// [`GUIDANCE_BYTES_MAX`]: crate::limits::GUIDANCE_BYTES_MAX
    pub text: Option<String>,
    /// The file of the repository that is read in place of its `AGENTS.md`, if it is there.
    pub file: Option<InstructionsPath>,
}

impl Guidance {
    /// Whether it says nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.text.is_none() && self.file.is_none()
    }
}
