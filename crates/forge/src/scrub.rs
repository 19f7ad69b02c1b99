//! Makes a forge's words fit to be shown: short, on one line, without tokens.

use outwork_domain::limits::FORGE_WORDS_CHARS_MAX;
use outwork_domain::redact::{Redactor, without_tokens};
use secrecy::{ExposeSecret as _, SecretString};

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
        // What is minted for one use is on no list of values.
        let shown = without_tokens(&text).replace(char::is_control, " ");
        let mut cut: String = shown.trim().chars().take(FORGE_WORDS_CHARS_MAX).collect();
        if cut.len() < shown.trim().len() {
            cut.push('…');
        }
        cut
    }
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
