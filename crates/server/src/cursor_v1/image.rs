//! Images of prompts as v1 carries them: bytes with their media type, or an address to fetch them from.

use outwork_domain::Image;
use outwork_engine::outbound::PromptImage;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::body::Object;
use crate::errors::Failure;
use crate::image::{Base64, DimensionBody};

const MEDIA_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// An image: either `data` with its `mimeType`, or `url`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImageBody {
    /// Its bytes in base64.
    #[schema(value_type = Option<String>, min_length = 1)]
    data: Option<Base64>,
    /// The media type of the bytes: png, jpeg, gif or webp.
    #[schema(example = "image/png")]
    mime_type: Option<String>,
    /// Where the server gets it from.
    #[schema(format = "uri")]
    url: Option<String>,
    /// Informative: the bytes say it themselves.
    #[schema(value_type = Option<DimensionBody>)]
    dimension: Option<Object<DimensionBody>>,
}

impl ImageBody {
    /// Reads the image; `place` names it in the caller's body.
    pub(super) fn read(self, app: &App, place: &str) -> Result<PromptImage, Failure> {
        if let Some(Object(dimension)) = self.dimension {
            dimension.check(place)?;
        }
        match (self.data, self.url) {
            (Some(Base64(bytes)), None) => {
                check_media_type(self.mime_type.as_deref(), place)?;
                let image = Image::from_bytes(bytes);
                let image = image.map_err(|why| Failure::invalid(format!("{place}.data {why}")))?;
                Ok(PromptImage::Here(image))
            }
            (None, Some(url)) if self.mime_type.is_none() => {
                let url = app.engine().outbound().admit(&url);
                let url = url.map_err(|why| Failure::invalid(format!("{place}.url {why}")))?;
                Ok(PromptImage::At(url))
            }
            (None, Some(_)) => Err(Failure::invalid(format!(
                "{place}.mimeType must not be given beside url"
            ))),
            (Some(_), Some(_)) | (None, None) => Err(Failure::invalid(format!(
                "{place} must have either data or url"
            ))),
        }
    }
}

/// The bytes decide what the image is; the media type only must be one that is served.
fn check_media_type(media_type: Option<&str>, place: &str) -> Result<(), Failure> {
    match media_type {
        None => Err(Failure::invalid(format!(
            "{place}.mimeType is required beside data"
        ))),
        Some(text)
            if MEDIA_TYPES
                .iter()
                .any(|known| known.eq_ignore_ascii_case(text)) =>
        {
            Ok(())
        }
        Some(_) => Err(Failure::invalid(format!(
            "{place}.mimeType must be image/png, image/jpeg, image/gif or image/webp"
        ))),
    }
}
