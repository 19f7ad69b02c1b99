//! Images of prompts as v0 carries them: base64, without a media type.

use outwork_domain::Image;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Object;
use crate::errors::Failure;
use crate::image::{Base64, DimensionBody};

/// An image.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ImageBody {
    /// PNG, JPEG, GIF or WebP, base64, at most 15 MB decoded.
    #[schema(value_type = String, content_encoding = "base64", min_length = 1)]
    data: Option<Base64>,
    /// Informative: the bytes say it themselves.
    #[schema(value_type = Option<DimensionBody>)]
    dimension: Option<Object<DimensionBody>>,
}

impl ImageBody {
    /// Reads the image; `place` names it in the caller's body.
    pub(super) fn read(self, place: &str) -> Result<Image, Failure> {
        if let Some(Object(dimension)) = self.dimension {
            dimension.check(place)?;
        }
        let missing = || Failure::invalid(format!("{place}.data is required"));
        let Base64(bytes) = self.data.ok_or_else(missing)?;
        Image::from_bytes(bytes).map_err(|why| Failure::invalid(format!("{place}.data {why}")))
    }
}
