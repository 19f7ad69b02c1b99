//! Makes a forge's words fit to be shown: short, on one line, without tokens.

use outwork_domain::limits::FORGE_WORDS_CHARS_MAX;
use outwork_domain::redact::Redactor;
use secrecy::{ExposeSecret as _, SecretString};

/// How tokens of the known forges begin; what is minted for one use is on no list.
const PREFIXES: &[&str] = &[
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "gloas-",
    "gldt-",
    "glrt-",
    "glptt-",
    "glft-",
    "glcbt-",
    "eyJ",
];
/// A word that begins like a token and is shorter is none.
const TOKEN_CHARS_MIN: usize = 20;

/// Takes tokens out of words; clones share the search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scrub {
    redactor: Redactor,
}

impl Scrub {
    pub(crate) fn of<'t>(tokens: impl IntoIterator<Item = &'t SecretString>) -> Self {
        let tokens = tokens.into_iter();
        let values = tokens.map(|token| ("token", token.expose_secret()));
        // Building fails only for more values than a machine has room for.
        let redactor = Redactor::new(values).unwrap_or_default();
        Self { redactor }
    }

    /// The words as they may be shown.
    pub(crate) fn words(&self, text: &str) -> String {
        let text = self.redactor.text(text);
        let mut shown = String::new();
        let mut word = String::new();
        for c in text.chars() {
            if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') {
                word.push(c);
                continue;
            }
            push_word(&mut shown, &mut word);
            shown.push(if c.is_control() { ' ' } else { c });
        }
        push_word(&mut shown, &mut word);
        let mut cut: String = shown.trim().chars().take(FORGE_WORDS_CHARS_MAX).collect();
        if cut.len() < shown.trim().len() {
            cut.push('…');
        }
        cut
    }
}

fn push_word(shown: &mut String, word: &mut String) {
    let is_token =
        word.len() >= TOKEN_CHARS_MIN && PREFIXES.iter().any(|prefix| word.starts_with(prefix));
    shown.push_str(if is_token { "[redacted:token]" } else { word });
    word.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_and_words_stay() {
        let own = SecretString::from("canary-0123456789");
        let scrub = Scrub::of([&own]);
        let text = "bad canary-0123456789,\r\nor ghs_0123456789abcdefghij! glpat-short \u{1b}[1m";
        assert_eq!(
            scrub.words(text),
            "bad [redacted:token],  or [redacted:token]! glpat-short  [1m"
        );
        let long = scrub.words(&"ä ".repeat(2_000));
        assert_eq!(long.chars().count(), FORGE_WORDS_CHARS_MAX + 1);
    }
}
