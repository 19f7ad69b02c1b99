//! Pieces of images that all dialects of Cursor's API share: base64 and dimensions.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::errors::Failure;

/// Bytes, decoded while the body is read: one copy of each image instead of two.
pub(crate) struct Base64(pub(crate) Vec<u8>);

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

/// Width and height in pixels.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DimensionBody {
    #[schema(value_type = u32, minimum = 1)]
    width: Option<Pixels>,
    #[schema(value_type = u32, minimum = 1)]
    height: Option<Pixels>,
}

impl DimensionBody {
    /// Both must be there; `place` names the image in the caller's body.
    pub(crate) fn check(self, place: &str) -> Result<(), Failure> {
        for (side, name) in [(self.width, "width"), (self.height, "height")] {
            side.ok_or_else(|| Failure::invalid(format!("{place}.dimension.{name} is required")))?;
        }
        Ok(())
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
