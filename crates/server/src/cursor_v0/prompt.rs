//! A prompt as v0 carries it, at launch and as a follow-up.

use outwork_domain::{InvalidPrompt, Prompt};
use serde::Deserialize;
use utoipa::ToSchema;

use super::image::ImageBody;
use crate::body::Object;
use crate::errors::Failure;

/// A prompt.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PromptBody {
    #[schema(value_type = String, min_length = 1, example = "Say hello")]
    text: Option<String>,
    #[schema(value_type = Option<Vec<ImageBody>>, max_items = 5)]
    images: Option<Vec<Object<ImageBody>>>,
}

/// Reads the prompt of a body; a fault names its place from the body's root.
pub(super) fn read_prompt(body: Option<Object<PromptBody>>) -> Result<Prompt, Failure> {
    let Object(body) = body.ok_or_else(|| Failure::invalid("prompt is required"))?;
    let text = body
        .text
        .ok_or_else(|| Failure::invalid("prompt.text is required"))?;
    let mut images = Vec::new();
    for (place, Object(image)) in body.images.unwrap_or_default().into_iter().enumerate() {
        images.push(image.read(&format!("prompt.images[{place}]"))?);
    }
    Prompt::new(text, images).map_err(|why| match why {
        InvalidPrompt::Empty | InvalidPrompt::TooLong | InvalidPrompt::Nul => {
            Failure::invalid(format!("prompt.text {why}"))
        }
        InvalidPrompt::TooManyImages => Failure::invalid(format!("prompt {why}")),
    })
}
