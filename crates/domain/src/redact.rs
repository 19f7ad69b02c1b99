//! Redaction: takes known values out of texts, in every form in which they are usually written.
//!
//! The last line before a sink, not a wall: who has a value can also transform it. Values below
//! 8 bytes are left alone, since they would be found where nobody meant them. Values in base64 and in hexadecimal
//! digits are found with ends of lines, escaped ones too, and spaces in them: up to 64 bytes at a place.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use aho_corasick::BuildError;

mod cut;
mod finder;
mod forms;
mod parts;
mod search;
mod stream;
mod tokens;
mod view;

pub use finder::Finder;
pub use stream::RedactedStream;
pub use tokens::without_tokens;

use crate::limits::REDACTED_BYTES_MIN;
use forms::Forms;
use search::{Matches, Search};

/// Replaces values by their names; clones share the search.
#[derive(Clone, Default)]
pub struct Redactor {
    search: Option<Arc<Search>>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.search.as_ref().map_or(0, |search| search.count());
        write!(f, "Redactor({count} forms)")
    }
}

impl Redactor {
    /// Takes names and values; values below 8 bytes do not count. A value is looked for without the ends of lines
    /// behind it and the spaces around it, too: programs and people drop them. So is each of several lines that has
    /// something like a key in it, without the spaces around it, and what is like a key in it.
    ///
    /// # Errors
    ///
    /// If there are more values than can be searched for at once.
    pub fn new<'v>(
        values: impl IntoIterator<Item = (&'v str, &'v str)>,
    ) -> Result<Self, BuildError> {
        let long = |(_, value): &(&str, &str)| value.len() >= REDACTED_BYTES_MIN;
        let values = values.into_iter().filter(long);
        let values: Vec<(Arc<str>, &str)> =
            values.map(|(name, value)| (name.into(), value)).collect();
        if values.is_empty() {
            return Ok(Self::default());
        }
        let mut forms = Forms::default();
        for (name, value) in &values {
            forms.add(name, value);
        }
        // A value of its own keeps its name, though another one has it for a part.
        for (name, value) in &values {
            forms.add_parts(name, value);
        }
        Ok(Self {
            search: Some(Arc::new(Search::new(forms)?)),
        })
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.search.is_none()
    }

    /// The text without the values.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(search) = &self.search else {
            return Cow::Borrowed(text);
        };
        let mut out = String::new();
        let mut end = 0;
        let mut matches = Matches::new(search, text.as_bytes());
        while let Some(found) = matches.next(end) {
            out.push_str(&text[end..found.start]);
            found.replace(&mut out);
            end = found.end;
        }
        if end == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[end..]);
        Cow::Owned(out)
    }

    /// The same in place; touches nothing where nothing is found.
    pub fn redact(&self, text: &mut String) {
        if let Cow::Owned(redacted) = self.text(text) {
            *text = redacted;
        }
    }

    /// The same for every text inside a JSON value, keys too.
    pub fn redact_json(&self, value: &mut serde_json::Value) {
        use serde_json::Value;
        if self.is_empty() {
            return;
        }
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                // A value of digits alone may be written without quotes.
                if let Cow::Owned(redacted) = self.text(&number.to_string()) {
                    *value = Value::String(redacted);
                }
            }
            Value::String(text) => self.redact(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.redact_json(value)),
            Value::Object(fields) => {
                for (mut key, mut value) in std::mem::take(fields) {
                    self.redact(&mut key);
                    self.redact_json(&mut value);
                    fields.insert(key, value);
                }
            }
        }
    }

    /// A stream of texts in which a value may be spread over several.
    #[must_use]
    pub fn stream(&self) -> RedactedStream {
        RedactedStream::new(self.clone())
    }

    /// Looks for values in bytes that come in pieces.
    #[must_use]
    pub fn finder(&self) -> Finder {
        Finder::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    const VALUE: &str = "pä\"ss/w&rd+1\n";

    fn redactor() -> Redactor {
        Redactor::new([("TOKEN", VALUE), ("SHORT", "1234567")]).unwrap()
    }

    #[test]
    fn every_usual_form_is_found() {
        let json = serde_json::to_string(VALUE).unwrap();
        let ascii_json = r#"p\u00e4\"ss/w&rd+1\n"#;
        let mut forms = vec![
            VALUE.to_owned(),
            json.trim_matches('"').to_owned(),
            ascii_json.to_owned(),
            "p%C3%A4%22ss%2Fw%26rd%2B1%0A".to_owned(),
            "p%c3%a4%22ss%2fw%26rd%2b1%0a".to_owned(),
            hex::encode(VALUE),
            hex::encode_upper(VALUE),
        ];
        for before in ["", "x", "xy", "xyz"] {
            let whole = format!("{before}{VALUE}tail");
            forms.push(STANDARD.encode(&whole));
            forms.push(URL_SAFE_NO_PAD.encode(&whole));
        }
        let redactor = redactor();
        for every in ["%70%C3%A4%22%73", "%70%c3%a4%22%73"] {
            let rest: String = VALUE[4..]
                .bytes()
                .skip(1)
                .map(|byte| format!("%{byte:02x}"))
                .collect();
            let rest = if every.contains("%C3") {
                rest.to_uppercase()
            } else {
                rest
            };
            forms.push(format!("{every}{rest}"));
        }
        let units = || VALUE.encode_utf16();
        forms.push(units().map(|unit| format!("\\u{unit:04x}")).collect());
        forms.push(units().map(|unit| format!("\\u{unit:04X}")).collect());
        for form in forms {
            let text = redactor.text(&form).into_owned();
            assert!(text.contains("[redacted:TOKEN]"), "{form}: {text}");
        }
    }

    #[test]
    fn a_value_is_found_without_its_last_line_end() {
        let redactor =
            Redactor::new([("TOKEN", "abcdefgh-1\r\n"), ("SHORT", "1234567\n")]).unwrap();
        assert_eq!(redactor.text("<abcdefgh-1>"), "<[redacted:TOKEN]>");
        assert_eq!(redactor.text("abcdefgh-1\r\n."), "[redacted:TOKEN].");
        let redactor = Redactor::new([("KEY", "\t key and 1 \n")]).unwrap();
        assert_eq!(redactor.text("<key and 1>"), "<[redacted:KEY]>");
        let redactor = Redactor::new([("SHORT", "1234567\n")]).unwrap();
        // What is too short to be searched for stays so.
        assert_eq!(redactor.text("<1234567>"), "<1234567>");
    }

    #[test]
    fn a_value_in_base64_leaves_nothing_that_can_be_decoded() {
        let redactor = redactor();
        for before in ["", "x", "xy"] {
            let text = STANDARD.encode(format!("{before}{VALUE}"));
            let left = redactor.text(&text).replace("[redacted:TOKEN]", "");
            assert!(left.len() <= 7, "{left}");
        }
    }

    fn wrapped(text: &str, columns: usize, end: &str) -> String {
        let lines = text.as_bytes().chunks(columns);
        lines
            .map(|line| String::from_utf8(line.to_vec()).unwrap() + end)
            .collect()
    }

    #[test]
    fn encodings_are_found_though_they_are_wrapped() {
        let value: String = (0..70).map(|n| format!("{}", 7 * n % 97)).collect();
        let redactor = Redactor::new([("TOKEN", value.as_str())]).unwrap();
        let base64 = STANDARD.encode(format!("some{value}"));
        for end in ["\n", "\r\n", "\\n", "\\r\\n", "\\\\n", "\n        "] {
            for (text, columns) in [(&base64, 64), (&base64, 76), (&hex::encode(&value), 60)] {
                let text = wrapped(text, columns, end);
                let left = redactor.text(&text).replace("[redacted:TOKEN]", "");
                assert!(left.len() < 12 + end.len(), "{text}: {left}");
                let mut finder = redactor.finder();
                let found = text
                    .as_bytes()
                    .chunks(7)
                    .find_map(|piece| finder.push(piece));
                assert_eq!(found.as_deref(), Some("TOKEN"), "{text}");
            }
        }
        // As `od -An -tx1` and `xxd -p -u` write it.
        let digits: String = value.bytes().map(|byte| format!(" {byte:02x}")).collect();
        assert_eq!(
            redactor.text(&wrapped(&digits, 48, "\n")),
            " [redacted:TOKEN]\n"
        );
        let digits = wrapped(&hex::encode_upper(&value), 60, "\n");
        assert_eq!(redactor.text(&digits), "[redacted:TOKEN]\n");
        // What is farther apart is not one text.
        let apart = wrapped(&hex::encode(&value), 60, &"\n".repeat(65));
        assert_eq!(redactor.text(&apart), apart);
    }

    #[test]
    fn a_backslash_before_an_encoding_hides_nothing() {
        // In base64 it begins with an n.
        let redactor = Redactor::new([("A", "\u{9f}\u{9f}secret")]).unwrap();
        for value in [
            "\u{9f}\u{9f}secret",
            "x\u{9f}\u{9f}secret",
            "xy\u{9f}\u{9f}secret",
        ] {
            let text = format!("\\{}", STANDARD.encode(value));
            assert!(redactor.text(&text).contains("[redacted:A]"), "{text}");
        }
        let redactor = Redactor::new([("A", "~~~~secret")]).unwrap();
        let text = format!(r"\{}", STANDARD.encode("~~~~secret"));
        assert!(redactor.text(&text).contains("[redacted:A]"), "{text}");
    }

    #[test]
    fn each_line_with_a_key_is_a_value() {
        let key = "-----BEGIN KEY-----\nMIGHAgEAMBMG/+Kq\n  Q3dlcnR6dWlvcGE=\n{{{{{{{{{}\nshort\n-----END KEY-----\n";
        let redactor = Redactor::new([("KEY", key), ("B", "Q3dlcnR6dWlvcGE=")]).unwrap();
        let lines = key
            .replace("MIGHAgEAMBMG/+Kq", "[redacted:KEY]")
            .replace("Q3dlcnR6dWlvcGE=", "[redacted:B]");
        for (from, to) in [
            ("\n", " "),
            ("\n", "\r\n"),
            ("\n", "\n    "),
            ("\n", "\\n  "),
            ("-----BEGIN", "BEGIN"),
        ] {
            let copy = key.replace(from, to);
            assert_eq!(redactor.text(&copy), lines.replace(from, to));
            assert!(redactor.finder().push(copy.as_bytes()).is_some(), "{copy}");
        }
        assert_eq!(redactor.text(key), "[redacted:KEY]");
        for line in ["-----BEGIN KEY-----", "{{{{{{{{{}", "short"] {
            assert_eq!(redactor.text(line), line);
        }
        let line = hex::encode("MIGHAgEAMBMG/+Kq");
        assert_eq!(redactor.text(&line), "[redacted:KEY]");
    }

    #[test]
    fn a_value_in_the_name_of_a_host_is_found() {
        let redactor = Redactor::new([("TOKEN", "ghp_A1b2C3d4")]).unwrap();
        assert_eq!(
            redactor.text("ghp_a1b2c3d4.example.com"),
            "[redacted:TOKEN].example.com"
        );
    }

    #[test]
    fn short_values_and_other_texts_stay() {
        let redactor = redactor();
        assert!(matches!(
            redactor.text("1234567 and pass"),
            Cow::Borrowed(_)
        ));
        assert!(Redactor::new([("A", "1234567")]).unwrap().is_empty());
        assert!(!format!("{redactor:?}").contains("ss/w"));
    }

    #[test]
    fn the_longest_value_wins_where_several_begin() {
        let redactor = Redactor::new([("A", "password"), ("B", "password-long")]).unwrap();
        assert_eq!(redactor.text("password-long!"), "[redacted:B]!");
        assert_eq!(redactor.text("password!"), "[redacted:A]!");
    }

    #[test]
    fn json_is_redacted_inside() {
        let redactor = Redactor::new([("N", "12345678"), ("S", "password")]).unwrap();
        let mut value = serde_json::json!({
            "password": ["a password", 12_345_678, true, null],
        });
        redactor.redact_json(&mut value);
        let expected = serde_json::json!({
            "[redacted:S]": ["a [redacted:S]", "[redacted:N]", true, null],
        });
        assert_eq!(value, expected);
    }

    fn streamed(redactor: &Redactor, text: &str, cuts: &[usize]) -> String {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
        cuts.sort_unstable();
        let mut stream = redactor.stream();
        let (mut out, mut from) = (String::new(), 0);
        for cut in cuts.into_iter().chain([text.len()]) {
            let cut = text.floor_char_boundary(cut).max(from);
            out += &stream.push(&text[from..cut]);
            from = cut;
        }
        out + &stream.finish()
    }

    /// Of values whose forms overlap.
    static ALIKE: LazyLock<Redactor> = LazyLock::new(|| {
        let values = [
            ("A", "aaaaaaaa"),
            ("B", "aaaaaaaaab"),
            ("C", "abababab"),
            ("D", "übergroß!"),
            ("E", "abababab\nübergroß!"),
        ];
        Redactor::new(values).unwrap()
    });

    proptest! {
        #[test]
        fn chunked_equals_whole(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "aaaaaaaa", "aaaa", "aaaaaaaaab", "abababab", "ab", "ü", "übergroß!", "über",
                    "6161616161616161", "61", "YWFhYWFhYW", "YWFh", " ",
                    "\n", "\\", "n", "\\r", "6 1\r\n61",
                ]),
                0..12,
            ),
            cuts in prop::collection::vec(any::<usize>(), 0..8),
        ) {
            let text = pieces.concat();
            prop_assert_eq!(streamed(&ALIKE, &text, &cuts), ALIKE.text(&text));
        }

        #[test]
        fn nothing_of_a_value_passes(before in ".{0,20}", after in ".{0,20}", value in "[ -~]{8,30}") {
            let redactor = Redactor::new([("V", value.as_str())]).unwrap();
            let text = format!("{before}{value}{after}");
            prop_assert!(!redactor.text(&text).contains(&value));
        }
    }

    #[test]
    fn what_cannot_become_a_value_is_not_held_back() {
        let mut stream = Redactor::new([("A", "password")]).unwrap().stream();
        assert_eq!(stream.push("plain text"), "plain text");
        assert_eq!(stream.push(" pass"), " ");
        assert_eq!(stream.push("ing"), "passing");
        assert_eq!(stream.push("passwor"), "");
        assert_eq!(stream.finish(), "passwor");
    }
}
