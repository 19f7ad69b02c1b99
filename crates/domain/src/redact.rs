//! Redaction: takes known values out of texts, in every form in which they are usually written.
//!
//! The last line before a sink, not a wall: who has a value can also transform it. Values below
//! 8 bytes are left alone, since they would be found where nobody meant them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, BuildError, MatchKind, PatternID};

mod cut;
mod finder;
mod forms;
mod stream;
mod tokens;

pub use finder::Finder;
pub use stream::RedactedStream;
pub use tokens::without_tokens;

use crate::limits::REDACTED_BYTES_MIN;

/// Replaces values by their names; clones share the search.
#[derive(Clone, Default)]
pub struct Redactor {
    search: Option<Arc<Search>>,
}

struct Search {
    automaton: AhoCorasick,
    /// All forms in order of their bytes, to find what may still become one.
    sorted: Vec<String>,
    /// Whose form each is, in the automaton's order.
    names: Vec<Arc<str>>,
    longest: usize,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.search.as_ref().map_or(0, |search| search.sorted.len());
        write!(f, "Redactor({count} forms)")
    }
}

impl Redactor {
    /// Takes names and values; values below 8 bytes do not count.
    ///
    /// # Errors
    ///
    /// If there are more values than can be searched for at once.
    pub fn new<'v>(
        values: impl IntoIterator<Item = (&'v str, &'v str)>,
    ) -> Result<Self, BuildError> {
        let mut seen: HashMap<String, Arc<str>> = HashMap::new();
        for (name, value) in values {
            if value.len() < REDACTED_BYTES_MIN {
                continue;
            }
            let name: Arc<str> = name.into();
            for form in forms::of(value) {
                seen.entry(form).or_insert_with(|| Arc::clone(&name));
            }
        }
        if seen.is_empty() {
            return Ok(Self::default());
        }
        let mut all: Vec<(String, Arc<str>)> = seen.into_iter().collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        let (sorted, names): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&sorted)?;
        let longest = sorted.iter().map(String::len).max().unwrap_or(0);
        Ok(Self {
            search: Some(Arc::new(Search {
                automaton,
                sorted,
                names,
                longest,
            })),
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
        for found in search.automaton.find_iter(text) {
            out.push_str(&text[end..found.start()]);
            search.replace(found.pattern(), &mut out);
            end = found.end();
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

impl Search {
    /// Writes what stands in for a form.
    fn replace(&self, form: PatternID, out: &mut String) {
        out.push_str("[redacted:");
        out.push_str(&self.names[form.as_usize()]);
        out.push(']');
    }
}

#[cfg(test)]
mod tests {
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
        for form in forms {
            let text = redactor.text(&form).into_owned();
            assert!(text.contains("[redacted:TOKEN]"), "{form}: {text}");
        }
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

    proptest! {
        #[test]
        fn chunked_equals_whole(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "aaaaaaaa", "aaaa", "aaaaaaaaab", "abababab", "ab", "ü", "übergroß!", "über",
                    "6161616161616161", "61", "YWFhYWFhYW", "YWFh", " ",
                ]),
                0..12,
            ),
            cuts in prop::collection::vec(any::<usize>(), 0..8),
        ) {
            let values = [
                ("A", "aaaaaaaa"), ("B", "aaaaaaaaab"), ("C", "abababab"), ("D", "übergroß!"),
            ];
            let redactor = Redactor::new(values).unwrap();
            let text = pieces.concat();
            prop_assert_eq!(streamed(&redactor, &text, &cuts), redactor.text(&text));
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
