//! Text made safe for the place where it is put: URLs, header values, HTML.

use std::fmt::Write;

/// Percent-encodes a path (RFC 3986): all but unreserved characters and slashes.
pub(crate) fn path(text: &str) -> String {
    percent(text, |byte| byte == b'/')
}

/// Percent-encodes a value of a header parameter (RFC 8187).
pub(crate) fn header_value(text: &str) -> String {
    percent(text, |_| false)
}

fn percent(text: &str, also: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || also(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Escapes text for HTML, as content and as a quoted attribute.
pub(crate) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // These turn the direction of what follows, so that code reads other than it is.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                let _ = write!(escaped, "&lt;U+{:04X}&gt;", u32::from(c));
            }
            c if c.is_control() && c != '\n' && c != '\t' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out() {
        assert_eq!(path("a b/ü?#%.png"), "a%20b/%C3%BC%3F%23%25.png");
        assert_eq!(header_value("a/\"b\""), "a%2F%22b%22");
        assert_eq!(
            html("<a b='\"&\u{202e}\r"),
            "&lt;a b=&#39;&quot;&amp;&lt;U+202E&gt;\u{fffd}"
        );
    }
}
