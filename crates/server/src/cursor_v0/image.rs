//! Images of prompts as v0 carries them: base64, without a media type.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outwork_domain::Image;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::body::Object;
use crate::errors::Failure;

/// An image.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ImageBody {
    /// PNG, JPEG, GIF or WebP, base64, at most 15 MB decoded.
    #[schema(value_type = String, content_encoding = "base64", min_length = 1)]
    data: Option<Base64>,
    /// Informative: the bytes say it themselves.
    #[schema(value_type = Option<Dimension>)]
    dimension: Option<Object<Dimension>>,
}

#[derive(Debug, Deserialize, ToSchema)]
struct Dimension {
    #[schema(value_type = u32, minimum = 1)]
    width: Option<Pixels>,
    #[schema(value_type = u32, minimum = 1)]
    height: Option<Pixels>,
}

impl ImageBody {
    /// Reads the image; `place` names it in the caller's body.
    pub(super) fn read(self, place: &str) -> Result<Image, Failure> {
        if let Some(Object(dimension)) = self.dimension {
            for (side, name) in [(dimension.width, "width"), (dimension.height, "height")] {
                side.ok_or_else(|| {
                    Failure::invalid(format!("{place}.dimension.{name} is required"))
                })?;
            }
        }
        let missing = || Failure::invalid(format!("{place}.data is required"));
        let Base64(bytes) = self.data.ok_or_else(missing)?;
        Image::from_bytes(bytes).map_err(|why| Failure::invalid(format!("{place}.data {why}")))
    }
}

/// Bytes, decoded while the body is read: one copy of each image instead of two.
struct Base64(Vec<u8>);

impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64({} bytes)", self.0.len())
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Base64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Base64, E> {
                STANDARD
                    .decode(text)
                    .map(Base64)
                    .map_err(|_| E::custom("is not valid base64"))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// A positive whole number, also one written as `640.0`.
#[derive(Debug)]
struct Pixels;

impl<'de> Deserialize<'de> for Pixels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Positive;

        impl Visitor<'_> for Positive {
            type Value = Pixels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a positive integer")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Pixels, E> {
                if number == 0 {
                    return Err(E::custom("must be a positive integer"));
                }
                Ok(Pixels)
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Pixels, E> {
                Err(E::custom("must be a positive integer"))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Pixels, E> {
                if number < 1.0 || number.fract() != 0.0 {
                    return Err(E::custom("must be a positive integer"));
                }
                Ok(Pixels)
            }
        }

        deserializer.deserialize_u64(Positive)
    }
}
