//! The prompt of dialects that have it as one text.

use outwork_domain::Prompt;

use crate::errors::Failure;

/// Reads `prompt`, which must be there.
pub(crate) fn prompt_of(text: Option<String>) -> Result<Prompt, Failure> {
    let text = text.ok_or_else(|| Failure::invalid("prompt is required"))?;
    Prompt::new(text, Vec::new()).map_err(|why| Failure::invalid(format!("prompt {why}")))
}
