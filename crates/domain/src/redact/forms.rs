//! The forms in which a value is usually written.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::parts::parts;
use crate::limits::REDACTED_BYTES_MIN;

/// Bits of a byte, and of a character in base64.
const BYTE_BITS: usize = 8;
const CHARACTER_BITS: usize = 6;

/// How long a value may be whose every byte is looked for as an escape, which takes up to six for one.
const SPELLED_BYTES_MAX: usize = 256;

/// Forms, and the name of the value of each. The first one to have a form keeps it.
#[derive(Default)]
pub(super) struct Forms {
    /// Looked for as they are.
    pub(super) plain: HashMap<String, Arc<str>>,
    /// Looked for with ends of lines and spaces anywhere in them.
    pub(super) wrapped: HashMap<String, Arc<str>>,
}

impl Forms {
    /// Adds a whole value, also without the ends of lines behind it.
    pub(super) fn add(&mut self, name: &Arc<str>, value: &str) {
        self.add_text(name, value);
        if value.len() <= SPELLED_BYTES_MAX {
            self.plain(name, spelled(value));
        }
        let bare = value.trim_end_matches(['\r', '\n']);
        if bare.len() >= REDACTED_BYTES_MIN {
            self.add_text(name, bare);
        }
    }

    /// Adds a value without the spaces around it, and what of one of several lines is secret by itself.
    pub(super) fn add_parts(&mut self, name: &Arc<str>, value: &str) {
        let bare = value.trim();
        if bare.len() >= REDACTED_BYTES_MIN && bare != value {
            self.add_text(name, bare);
        }
        if value.contains(['\r', '\n']) {
            for part in parts(value) {
                self.add_text(name, part);
            }
        }
    }

    /// The text itself, as names of hosts are written, escaped for JSON, percent-encoded, in hexadecimal digits and
    /// in base64.
    fn add_text(&mut self, name: &Arc<str>, text: &str) {
        let json = json(text);
        let escaped = ascii(&json);
        self.plain(
            name,
            [text.to_owned(), text.to_ascii_lowercase(), json, escaped],
        );
        for kept in ["-._~", "-_.!~*'()", "-._*"] {
            self.plain(name, percent(text, kept));
        }
        self.wrapped(name, [hex::encode(text), hex::encode_upper(text)]);
        for skipped in 0..3 {
            self.wrapped(name, base64(text, skipped));
        }
    }

    fn plain(&mut self, name: &Arc<str>, forms: impl IntoIterator<Item = String>) {
        for form in forms {
            self.plain.entry(form).or_insert_with(|| Arc::clone(name));
        }
    }

    fn wrapped(&mut self, name: &Arc<str>, forms: impl IntoIterator<Item = String>) {
        for form in forms {
            // Behind a backslash, its first letter would pass for an escaped end of a line.
            if form.starts_with(['n', 'r']) {
                self.plain(name, [form.clone()]);
            }
            self.wrapped.entry(form).or_insert_with(|| Arc::clone(name));
        }
    }
}

/// With every byte percent-encoded, and with every character escaped as in JSON, in both cases of the digits.
fn spelled(value: &str) -> [String; 4] {
    let mut forms = [const { String::new() }; 4];
    // Writing to a text does not fail.
    for byte in value.bytes() {
        let _ = write!(forms[0], "%{byte:02X}");
        let _ = write!(forms[1], "%{byte:02x}");
    }
    for unit in value.encode_utf16() {
        let _ = write!(forms[2], "\\u{unit:04X}");
        let _ = write!(forms[3], "\\u{unit:04x}");
    }
    forms
}

/// As a JSON string without its quotes.
fn json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The same with everything beyond ASCII escaped, as many writers do.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a text does not fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

/// Percent-encoded with the letters and digits and `kept` in clear, in both cases of the digits; and as
/// forms do, where a space is a plus.
fn percent(value: &str, kept: &str) -> [String; 3] {
    let (mut upper, mut lower) = (String::new(), String::new());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) {
            upper.push(char::from(byte));
            lower.push(char::from(byte));
        } else {
            let _ = write!(upper, "%{byte:02X}");
            let _ = write!(lower, "%{byte:02x}");
        }
    }
    let form = upper.replace("%20", "+");
    [upper, lower, form]
}

/// In base64 behind as many other bytes, in both alphabets: the characters that only the value decides.
fn base64(value: &str, skipped: usize) -> [String; 2] {
    let bytes = [&b"\0\0"[..skipped], value.as_bytes()].concat();
    let first = (skipped * BYTE_BITS).div_ceil(CHARACTER_BITS);
    let end = bytes.len() * BYTE_BITS / CHARACTER_BITS;
    [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD]
        .map(|alphabet| alphabet.encode(&bytes)[first..end].to_owned())
}
