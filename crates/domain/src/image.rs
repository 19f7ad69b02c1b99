//! Images of prompts: recognised by their bytes, checked for size and for a readable header.

use crate::limits::IMAGE_BYTES_MAX;

/// A format that models read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageFormat {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// Graphics Interchange Format.
    Gif,
    /// `WebP`.
    Webp,
}

impl ImageFormat {
    /// Its media type, such as `image/png`.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }
}

/// An image whose header was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    format: ImageFormat,
    width: u32,
    height: u32,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            format,
            width,
            height,
            bytes,
        } = self;
        write!(
            f,
            "Image({format:?} {width}x{height}, {} bytes)",
            bytes.len()
        )
    }
}

/// The bytes are not an image that models read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidImage {
    /// None at all.
    #[error("is empty")]
    Empty,
    /// Too many.
    #[error("is larger than 15 MB")]
    TooLarge,
    /// No known signature.
    #[error("is not a png, jpeg, gif or webp image")]
    UnknownFormat,
    /// The signature is right, the header behind it is not.
    #[error("is a broken {0} image: its header cannot be read")]
    Broken(&'static str),
}

impl Image {
    /// Takes decoded bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidImage`] if they are too many, of no known format, or their header is broken.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, InvalidImage> {
        if bytes.is_empty() {
            return Err(InvalidImage::Empty);
        }
        if bytes.len() > IMAGE_BYTES_MAX {
            return Err(InvalidImage::TooLarge);
        }
        let (format, size) = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            (ImageFormat::Png, png_size(&bytes))
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            (ImageFormat::Jpeg, jpeg_size(&bytes))
        } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
            (ImageFormat::Gif, gif_size(&bytes))
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            (ImageFormat::Webp, webp_size(&bytes))
        } else {
            return Err(InvalidImage::UnknownFormat);
        };
        match size {
            Some((width, height)) if width > 0 && height > 0 => Ok(Self {
                format,
                width,
                height,
                bytes,
            }),
            Some(_) | None => Err(InvalidImage::Broken(match format {
                ImageFormat::Png => "png",
                ImageFormat::Jpeg => "jpeg",
                ImageFormat::Gif => "gif",
                ImageFormat::Webp => "webp",
            })),
        }
    }

    /// Its format.
    #[must_use]
    pub const fn format(&self) -> ImageFormat {
        self.format
    }

    /// Width and height in pixels.
    #[must_use]
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The encoded bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

type Size = Option<(u32, u32)>;

/// PNG (ISO/IEC 15948): the IHDR chunk comes first.
fn png_size(bytes: &[u8]) -> Size {
    if bytes.get(12..16)? != b"IHDR" {
        return None;
    }
    Some((be32(bytes, 16)?, be32(bytes, 20)?))
}

/// GIF (GIF89a specification): the logical screen descriptor follows the signature.
fn gif_size(bytes: &[u8]) -> Size {
    bytes.get(12)?;
    Some((u32::from(le16(bytes, 6)?), u32::from(le16(bytes, 8)?)))
}

/// JPEG (ITU-T T.81): segments up to the first start-of-frame.
fn jpeg_size(bytes: &[u8]) -> Size {
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let height = be16(bytes, at + 5)?;
                return Some((u32::from(be16(bytes, at + 7)?), u32::from(height)));
            }
            0xd9 | 0xda => return None,
            _ => at += 2 + usize::from(be16(bytes, at + 2)?.max(2)),
        }
    }
}

/// `WebP` (RFC 9649): lossy, lossless and extended forms.
fn webp_size(bytes: &[u8]) -> Size {
    match bytes.get(12..16)? {
        b"VP8 " if bytes.get(23..26)? == [0x9d, 0x01, 0x2a] => {
            let side = |at| le16(bytes, at).map(|side| u32::from(side & 0x3fff));
            Some((side(26)?, side(28)?))
        }
        b"VP8L" if *bytes.get(20)? == 0x2f => {
            let bits = u32::from_le_bytes(bytes.get(21..25)?.try_into().ok()?);
            Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
        }
        b"VP8X" => {
            let side = |at: usize| {
                let raw = bytes.get(at..at + 3)?;
                Some(1 + u32::from_le_bytes([raw[0], raw[1], raw[2], 0]))
            };
            Some((side(24)?, side(27)?))
        }
        _ => None,
    }
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 6, 0, 0, 0]);
        bytes
    }

    #[test]
    fn reads_the_size_of_each_format() {
        let jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x20\x00\x10\x03".to_vec();
        let gif = b"GIF89a\x10\x00\x20\x00\x00\x00\x00".to_vec();
        let lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x10\x00\x20\x00".to_vec();
        let lossless = [
            b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f".as_slice(),
            &(15_u32 | 31 << 14).to_le_bytes(),
        ]
        .concat();
        let extended = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x0f\0\0\x1f\0\0".to_vec();
        for (bytes, format) in [
            (png(16, 32), ImageFormat::Png),
            (jpeg, ImageFormat::Jpeg),
            (gif, ImageFormat::Gif),
            (lossy, ImageFormat::Webp),
            (lossless, ImageFormat::Webp),
            (extended, ImageFormat::Webp),
        ] {
            let image = Image::from_bytes(bytes).unwrap();
            assert_eq!((image.format(), image.size()), (format, (16, 32)));
        }
    }

    #[test]
    fn refuses_what_is_no_image() {
        assert_eq!(Image::from_bytes(vec![]), Err(InvalidImage::Empty));
        assert_eq!(
            Image::from_bytes(b"<svg/>".to_vec()),
            Err(InvalidImage::UnknownFormat)
        );
        assert_eq!(
            Image::from_bytes(png(0, 3)),
            Err(InvalidImage::Broken("png"))
        );
        assert_eq!(
            Image::from_bytes(png(3, 3)[..20].to_vec()),
            Err(InvalidImage::Broken("png"))
        );
        assert_eq!(
            Image::from_bytes(b"\xff\xd8\xff".to_vec()),
            Err(InvalidImage::Broken("jpeg"))
        );
    }

    proptest::proptest! {
        #[test]
        fn never_panics(start in 0..5_usize, tail in proptest::collection::vec(0_u8.., 0..64)) {
            let starts: [&[u8]; 5] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8X", b""];
            let _ = Image::from_bytes([starts[start], &tail].concat());
        }
    }
}
