//! Turns bytes into text that is safe to show to a model: lossy, control characters escaped.

use sha2::{Digest, Sha256};

/// Fewer bytes than this are always shown.
const JUDGED_BYTES_MIN: usize = 512;

/// Longest style that is taken for one; what programs write has a third of that.
const STYLE_BYTES_MAX: usize = 64;

/// Appends bytes as text: what is not UTF-8 becomes U+FFFD; control characters other than newline and
/// tab become `\x1b`; a carriage return before a newline goes.
pub(crate) fn push_text(text: &mut String, bytes: &[u8]) {
    push(text, bytes, |_| 0);
}

/// Appends a command's output: the same, but its styles stay, such as `ESC [ 31 m` for red (SGR, ECMA-48 8.3.117).
/// They do nothing but colour what whoever shows the text knows how to colour.
pub(crate) fn push_output(text: &mut String, bytes: &[u8]) {
    push(text, bytes, style);
}

fn push(text: &mut String, bytes: &[u8], kept: impl Fn(&str) -> usize) {
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(c) = rest.chars().next() {
            let (shown, next) = rest.split_at(kept(rest).max(c.len_utf8()));
            match c {
                '\n' | '\t' => text.push(c),
                '\r' if next.starts_with('\n') => {}
                c if c.is_control() && shown.len() == c.len_utf8() => {
                    text.push_str(&format!("\\x{:02x}", u32::from(c)));
                }
                _ => text.push_str(shown),
            }
            rest = next;
        }
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// How many bytes at the beginning are a style.
fn style(text: &str) -> usize {
    let Some(inner) = text.strip_prefix("\x1b[") else {
        return 0;
    };
    let count = inner
        .bytes()
        .take(STYLE_BYTES_MAX)
        .take_while(is_of_style)
        .count();
    match inner.as_bytes().get(count) {
        Some(b'm') => "\x1b[m".len() + count,
        Some(_) | None => 0,
    }
}

const fn is_of_style(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b';' | b':')
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

/// A command's output as text; see [`push_output`].
pub(crate) fn output(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    push_output(&mut text, bytes);
    text
}

/// How many bytes at the end of output may be the beginning of a character or a style whose rest is still to come.
pub(crate) fn unfinished_output(bytes: &[u8]) -> usize {
    let longest = bytes.len().min("\x1b[".len() + STYLE_BYTES_MAX);
    let end = &bytes[bytes.len() - longest..];
    let begun = end
        .iter()
        .rposition(|byte| *byte == 0x1b)
        .map(|at| &end[at..]);
    let is_begun = |style: &&[u8]| match style {
        [_] => true,
        [_, b'[', inner @ ..] => inner.iter().all(is_of_style),
        [_, ..] | [] => false,
    };
    begun
        .filter(is_begun)
        .map_or_else(|| unfinished(bytes), <[u8]>::len)
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
    fn styles_of_output_stay_and_nothing_else() {
        for (bytes, expected) in [
            (&b"\x1b[31mred\x1b[0m\x1b[m"[..], "\x1b[31mred\x1b[0m\x1b[m"),
            (
                b"\x1b[38;2;1;2;3;4:3m\xc3\xa4",
                "\x1b[38;2;1;2;3;4:3m\u{e4}",
            ),
            (
                b"\x1b[2J\x1b]0;t\x07\x1b[1;1H",
                "\\x1b[2J\\x1b]0;t\\x07\\x1b[1;1H",
            ),
            (b"\x1b\x1b[1m\x9bm\x1b[1", "\\x1b\x1b[1m\u{fffd}m\\x1b[1"),
            (b"\xc2\x9b31m", "\\x9b31m"),
        ] {
            assert_eq!(output(bytes), expected);
        }
        let long = [b"\x1b[", &[b'1'; STYLE_BYTES_MAX + 1][..], b"m"].concat();
        assert!(output(&long).starts_with("\\x1b["));
    }

    #[test]
    fn a_style_is_not_torn_between_two_pieces() {
        for (bytes, held) in [
            (&b"a\x1b"[..], 1),
            (b"a\x1b[", 2),
            (b"a\x1b[38;5", 6),
            (b"a\x1b[31m", 0),
            (b"a\x1b]0", 0),
            (b"a\x1b[1Hb", 0),
            (b"a\xc3", 1),
            (b"\x1b[1m\xc3", 1),
        ] {
            assert_eq!(unfinished_output(bytes), held, "{bytes:?}");
        }
        let endless = [b"\x1b[", &[b'1'; STYLE_BYTES_MAX + 1][..]].concat();
        assert_eq!(unfinished_output(&endless), 0);
    }

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
        assert_eq!(text(b"a\rb\r\nc"), "a\\x0db\nc");
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
