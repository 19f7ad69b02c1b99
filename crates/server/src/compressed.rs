//! Files of the page, compressed when somebody first asks for them, and kept: there are no others than those
//! that were embedded, so they need no limit.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderValue;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// A file below this fits into one packet anyway.
const BYTES_LEAST: usize = 1_024;

/// The files that were compressed, by their hash.
#[derive(Debug, Default)]
pub(crate) struct Compressed(Mutex<HashMap<String, Bytes>>);

/// Whether a client takes gzip.
pub(crate) fn accepts_gzip(header: Option<&HeaderValue>) -> bool {
    let text = header.and_then(|header| header.to_str().ok());
    text.is_some_and(|text| text.split(',').any(names_gzip))
}

/// `gzip`, unless it is said to be worth nothing.
fn names_gzip(part: &str) -> bool {
    let mut words = part.split(';').map(str::trim);
    let is_gzip = words
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
    let refused = |word: &str| {
        let worth = word.strip_prefix("q=").or_else(|| word.strip_prefix("Q="));
        worth.is_some_and(|worth| worth.parse::<f32>().is_ok_and(|worth| worth <= 0.0))
    };
    is_gzip && !words.any(refused)
}

impl Compressed {
    /// The file of that hash as gzip; none if that is not worth it.
    pub(crate) fn gzip(&self, hash: &str, file: &[u8]) -> Option<Bytes> {
        if file.len() < BYTES_LEAST {
            return None;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = kept.get(hash) {
            return Some(bytes.clone());
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        // Writing to memory does not fail; if it did, the file goes out as it is.
        encoder.write_all(file).ok()?;
        let bytes = Bytes::from(encoder.finish().ok()?);
        kept.insert(hash.to_owned(), bytes.clone());
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_where_it_is_named_and_worth_something() {
        let accepts = |text: &str| accepts_gzip(Some(&text.parse().unwrap()));
        for text in ["gzip", "br, gzip", "deflate;q=0.5,GZIP ; q=0.1"] {
            assert!(accepts(text), "{text}");
        }
        for text in ["", "br", "x-gzip", "gzip;q=0", "gzip; q=0.000, br"] {
            assert!(!accepts(text), "{text}");
        }
        assert!(!accepts_gzip(None));
    }

    #[test]
    fn what_is_short_stays_as_it_is() {
        let compressed = Compressed::default();
        assert_eq!(compressed.gzip("short", &[b'a'; BYTES_LEAST - 1]), None);
        let once = compressed.gzip("long", &[b'a'; BYTES_LEAST]).unwrap();
        assert_eq!(compressed.gzip("long", &[b'a'; BYTES_LEAST]), Some(once));
    }
}
