//! Turns bytes into text that is safe to show to a model: lossy, control characters escaped.

use sha2::{Digest, Sha256};

/// Fewer bytes than this are always shown.
const JUDGED_BYTES_MIN: usize = 512;

/// Appends bytes as text: what is not UTF-8 becomes U+FFFD; control characters other than newline and
/// tab become `\x1b`; a carriage return before a newline goes.
pub(crate) fn push_text(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        let mut chars = chunk.valid().chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\n' | '\t' => text.push(c),
                '\r' if chars.peek() == Some(&'\n') => {}
                c if c.is_control() => text.push_str(&format!("\\x{:02x}", u32::from(c))),
                c => text.push(c),
            }
        }
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// Bytes as text; see [`push_text`].
pub(crate) fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    push_text(&mut text, bytes);
    text
}

/// Whether bytes, the first of a stream or file, are mostly no text.
pub(crate) fn is_mostly_binary(bytes: &[u8]) -> bool {
    if bytes.len() < JUDGED_BYTES_MIN {
        return false;
    }
    let mut odd = 0;
    for chunk in bytes.utf8_chunks() {
        odd += chunk.invalid().len();
        odd += chunk
            .valid()
            .bytes()
            .filter(|byte| {
                byte.is_ascii_control() && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x1b | 0x08)
            })
            .count();
    }
    odd * 10 > bytes.len() * 3
}

/// The words for bytes that are not shown.
pub(crate) fn binary(what: &str, byte_count: u64, digest: Sha256) -> String {
    format!(
        "[{what}: {byte_count} bytes, sha256 {}]",
        hex::encode(digest.finalize())
    )
}

/// Cuts a text to so many bytes at a character; true if something was cut.
pub(crate) fn cut(text: &mut String, bytes_max: usize) -> bool {
    let is_longer = text.len() > bytes_max;
    if is_longer {
        text.truncate(text.floor_char_boundary(bytes_max));
    }
    is_longer
}

/// How many bytes at the end may be the beginning of a character whose rest is still to come.
pub(crate) fn unfinished(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => bytes.len() - error.valid_up_to(),
        _ => bytes
            .utf8_chunks()
            .last()
            .map_or(0, |chunk| trailing_start(chunk.invalid())),
    }
}

/// An invalid end that a further byte could complete.
fn trailing_start(invalid: &[u8]) -> usize {
    match std::str::from_utf8(invalid) {
        Err(error) if error.error_len().is_none() => invalid.len(),
        Ok(_) | Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_value_becomes_harmless_text() {
        for byte in 0..=u8::MAX {
            let text = text(&[b'a', byte, b'b']);
            assert!(
                text.starts_with('a') && text.ends_with('b'),
                "{byte}: {text:?}"
            );
            let harmless = |c: char| !c.is_control() || c == '\n' || c == '\t';
            assert!(text.chars().all(harmless), "{byte}: {text:?}");
        }
        assert_eq!(text(b"\x1b[31mred\x00"), "\\x1b[31mred\\x00");
        assert_eq!(text(b"a\r\nb\rc"), "a\nb\\x0dc");
        assert_eq!(text(b"\xff\xfe ok \xc3\xa4"), "\u{fffd}\u{fffd} ok ä");
    }

    #[test]
    fn binary_is_told_from_text() {
        assert!(!is_mostly_binary("Übung in UTF-8\n".repeat(100).as_bytes()));
        assert!(!is_mostly_binary(&b"\x1b[31mcolours\x1b[0m\n".repeat(50)));
        assert!(!is_mostly_binary(b"\x00\x01\x02"));
        let mixed: Vec<u8> = (0..=255).cycle().take(2048).collect();
        assert!(is_mostly_binary(&mixed));
        assert!(is_mostly_binary(&[0; 4096]));
    }

    #[test]
    fn a_split_character_is_held_back() {
        let text = "aä€😀".as_bytes();
        for cut in 0..=text.len() {
            let (front, _) = text.split_at(cut);
            let held = unfinished(front);
            assert!(
                std::str::from_utf8(&front[..front.len() - held]).is_ok(),
                "{cut}"
            );
        }
        assert_eq!(unfinished(b"abc\xff"), 0);
        assert_eq!(unfinished(b"abc\xff\xe2\x82"), 2);
    }
}
