//! The forms in which a value is usually written.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Bits of a byte, and of a character in base64.
const BYTE_BITS: usize = 8;
const CHARACTER_BITS: usize = 6;

/// The value itself, escaped for JSON, percent-encoded, in hexadecimal digits and in base64.
pub(super) fn of(value: &str) -> Vec<String> {
    let mut forms = vec![
        value.to_owned(),
        json(value),
        ascii(&json(value)),
        hex::encode(value),
        hex::encode_upper(value),
    ];
    for kept in ["-._~", "-_.!~*'()", "-._*"] {
        forms.extend(percent(value, kept));
    }
    for skipped in 0..3 {
        forms.extend(base64(value, skipped));
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
