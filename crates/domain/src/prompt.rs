//! What a run is asked to do.

use crate::Image;
use crate::limits::{PROMPT_BYTES_MAX, PROMPT_IMAGES_MAX};

/// A prompt: text, and images beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    text: String,
    images: Vec<Image>,
}

/// The prompt breaks a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrompt {
    /// It has no text, or only whitespace.
    #[error("must not be empty")]
    Empty,
    /// Its text is too long.
    #[error("must be at most {PROMPT_BYTES_MAX} bytes")]
    TooLong,
    /// It contains a NUL character, which no database or argument list carries.
    #[error("must not contain a NUL character")]
    Nul,
    /// It has too many images.
    #[error("must have at most {PROMPT_IMAGES_MAX} images")]
    TooManyImages,
}

impl Prompt {
    /// Takes text and images.
    ///
    /// # Errors
    ///
    /// [`InvalidPrompt`] names the broken limit.
    pub fn new(text: String, images: Vec<Image>) -> Result<Self, InvalidPrompt> {
        if text.trim().is_empty() {
            return Err(InvalidPrompt::Empty);
        }
        if text.len() > PROMPT_BYTES_MAX {
            return Err(InvalidPrompt::TooLong);
        }
        if text.contains('\0') {
            return Err(InvalidPrompt::Nul);
        }
        if images.len() > PROMPT_IMAGES_MAX {
            return Err(InvalidPrompt::TooManyImages);
        }
        Ok(Self { text, images })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The images.
    #[must_use]
    pub fn images(&self) -> &[Image] {
        &self.images
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_empty_long_and_nul() {
        assert_eq!(Prompt::new(" \n".into(), vec![]), Err(InvalidPrompt::Empty));
        assert_eq!(Prompt::new("a\0b".into(), vec![]), Err(InvalidPrompt::Nul));
        let long = "a".repeat(PROMPT_BYTES_MAX + 1);
        assert_eq!(Prompt::new(long, vec![]), Err(InvalidPrompt::TooLong));
        assert!(Prompt::new("do it".into(), vec![]).is_ok());
    }
}
