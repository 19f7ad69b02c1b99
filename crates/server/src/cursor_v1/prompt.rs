//! A prompt as v1 carries it, with an agent's creation and with each further run.

use outwork_domain::limits::PROMPT_IMAGES_MAX;
use outwork_domain::{AccountId, InvalidPrompt, Prompt};
use outwork_engine::outbound::{FailedImage, FetchedImages, HeldPlaces, PromptImage};
use serde::Deserialize;
use utoipa::ToSchema;

use super::image::ImageBody;
use crate::app::App;
use crate::body::Object;
use crate::errors::Failure;

/// A prompt.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PromptBody {
    /// What is to be done.
    #[schema(value_type = String, min_length = 1, example = "Add a README")]
    text: Option<String>,
    /// Images beside the text, 15 MB each.
    #[schema(value_type = Option<Vec<ImageBody>>, max_items = 5)]
    images: Option<Vec<Object<ImageBody>>>,
}

/// A prompt whose images may still have to be fetched.
#[derive(Debug)]
pub(super) struct NewPrompt {
    text: String,
    images: Vec<PromptImage>,
}

/// Reads the prompt of a body; a fault names its place from the body's root.
pub(super) fn read_prompt(
    app: &App,
    body: Option<Object<PromptBody>>,
) -> Result<NewPrompt, Failure> {
    let Object(body) = body.ok_or_else(|| Failure::invalid("prompt is required"))?;
    let text = body
        .text
        .ok_or_else(|| Failure::invalid("prompt.text is required"))?;
    let bodies = body.images.unwrap_or_default();
    if bodies.len() > PROMPT_IMAGES_MAX {
        return Err(refusal(&InvalidPrompt::TooManyImages));
    }
    // Judged without its images, so that nothing is fetched for a prompt that is refused.
    let prompt = Prompt::new(text, Vec::new()).map_err(|why| refusal(&why))?;
    let mut images = Vec::with_capacity(bodies.len());
    for (place, Object(image)) in bodies.into_iter().enumerate() {
        images.push(image.read(app, &format!("prompt.images[{place}]"))?);
    }
    Ok(NewPrompt {
        text: prompt.text().to_owned(),
        images,
    })
}

impl NewPrompt {
    /// Fetches what is still elsewhere; the places are to be kept until the prompt is stored.
    pub(super) async fn fetch(
        self,
        app: &App,
        account_id: AccountId,
    ) -> Result<(Prompt, Option<HeldPlaces>), Failure> {
        let outbound = app.engine().outbound();
        let fetched = outbound.images(account_id, self.images).await;
        let FetchedImages { images, places } = fetched.map_err(|failed| match failed {
            FailedImage::NoPlace => Failure::unavailable(failed.to_string()),
            FailedImage::None { number, why } => {
                Failure::invalid(format!("prompt.images[{number}].url: {why}"))
            }
        })?;
        let prompt = Prompt::new(self.text, images).map_err(|why| refusal(&why))?;
        Ok((prompt, places))
    }
}

fn refusal(why: &InvalidPrompt) -> Failure {
    match why {
        InvalidPrompt::Empty | InvalidPrompt::TooLong | InvalidPrompt::Nul => {
            Failure::invalid(format!("prompt.text {why}"))
        }
        InvalidPrompt::TooManyImages => Failure::invalid(format!("prompt {why}")),
    }
}
