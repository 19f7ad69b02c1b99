//! Texts that look like a credential of a known kind, whoever's it is: taken out of what is told to others.
//!
//! Only there, and not in what a model reads: a file with such a text must stay that file when it is edited.

use std::borrow::Cow;

const MARK: &str = "[redacted:token]";
const KEY_BEGIN: &str = "-----BEGIN ";
const KEY_NAME: &str = "PRIVATE KEY-----";
const KEY_END: &str = "-----END ";
const DASHES: &str = "-----";

/// How credentials begin, and how long they are at least.
const KINDS: &[(&str, usize)] = &[
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("ghr_", 20),
    ("github_pat_", 22),
    ("glpat-", 20),
    ("gloas-", 20),
    ("gldt-", 20),
    ("glrt-", 20),
    ("glptt-", 20),
    ("glft-", 20),
    ("glcbt-", 20),
    ("glsoat-", 20),
    ("sk-", 24),
    ("sk_live_", 24),
    ("rk_live_", 24),
    ("key_", 36),
    ("AKIA", 20),
    ("ASIA", 20),
    ("AIza", 35),
    ("xoxa-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("xoxr-", 20),
    ("xapp-", 20),
    ("npm_", 36),
    ("hf_", 30),
    ("pypi-", 40),
    ("dop_v1_", 40),
    ("SG.", 40),
    ("eyJ", 30),
];

/// The text without what looks like a credential.
#[must_use]
pub fn without_tokens(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut shown, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let end = private_key(rest).or_else(|| {
            let begins = !text[..at].ends_with(is_of_word);
            begins.then(|| token(rest)).flatten()
        });
        match end {
            Some(end) => {
                out.push_str(&text[shown..at]);
                out.push_str(MARK);
                at += end;
                shown = at;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    if shown == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[shown..]);
    Cow::Owned(out)
}

const fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// Where the credential ends that a text begins with.
fn token(text: &str) -> Option<usize> {
    let (prefix, bytes_min) = KINDS.iter().find(|(prefix, _)| text.starts_with(prefix))?;
    // Web tokens have parts between dots.
    let is_dotted = matches!(*prefix, "eyJ" | "SG.");
    let outside = |c: char| !(is_of_word(c) || is_dotted && c == '.');
    let end = text.find(outside).unwrap_or(text.len());
    let token = text[..end].trim_end_matches('.');
    // A name of words alone may begin like that too.
    let is_random = token.bytes().any(|b| b.is_ascii_digit());
    (token.len() >= *bytes_min && is_random).then_some(token.len())
}

/// Where the private key ends that a text begins with; one that is cut off ends with the text.
fn private_key(text: &str) -> Option<usize> {
    let name = text.strip_prefix(KEY_BEGIN)?;
    let name_end = name.find(DASHES)?;
    if name[..name_end].contains('\n') || !name[..name_end + DASHES.len()].ends_with(KEY_NAME) {
        return None;
    }
    let Some(last) = text.find(KEY_END) else {
        return Some(text.len());
    };
    let after = last + KEY_END.len();
    let end = text[after..].find(DASHES);
    Some(end.map_or(text.len(), |end| after + end + DASHES.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One of each kind, of the length that it usually has.
    fn one_of_each() -> Vec<String> {
        let random = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0";
        let mut all: Vec<String> = KINDS
            .iter()
            .map(|(prefix, bytes_min)| {
                format!("{prefix}{}", &random[..(*bytes_min).min(random.len())])
            })
            .collect();
        all.push(
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
                .to_owned(),
        );
        for name in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
            all.push(format!(
                "-----BEGIN {name}PRIVATE KEY-----\nMIIE+/=\nxyz\n-----END {name}PRIVATE KEY-----"
            ));
        }
        all
    }

    #[test]
    fn every_kind_goes_and_what_is_around_it_stays() {
        for token in one_of_each() {
            for (before, after) in [("", ""), ("with ", " in it"), ("\"", "\","), ("ü=", "\n")] {
                let text = format!("{before}{token}{after}");
                assert_eq!(without_tokens(&text), format!("{before}{MARK}{after}"));
            }
            let cut = format!("two {token} {token}");
            assert_eq!(without_tokens(&cut), format!("two {MARK} {MARK}"));
        }
        let cut = "x -----BEGIN PRIVATE KEY-----\nMIIE";
        assert_eq!(without_tokens(cut), format!("x {MARK}"));
    }

    #[test]
    fn words_that_only_begin_so_stay() {
        for text in [
            "",
            "sk-learn-and-other-libraries-of-python",
            "sk-1",
            "ghp_short1",
            "AKIA of the north",
            "task-0123456789012345678901234567890",
            "monkey_0123456789012345678901234567890123",
            "eyJ.",
            "-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----",
            "-----BEGIN \nPRIVATE KEY-----",
            "höher",
        ] {
            assert!(matches!(without_tokens(text), Cow::Borrowed(_)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_token_goes_whatever_is_around_it(
            before in "(ghp_|sk-|eyJ|-----BEGIN |-----END |[a-z0-9.ü \n-]){0,20}",
            after in "(ghp_|PRIVATE KEY-----|-----END |[a-z0-9.ü \n-]){0,20}",
        ) {
            let token = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
            let told = without_tokens(&format!("{before} {token} {after}")).into_owned();
            prop_assert!(!told.contains(token), "{}", told);
        }
    }
}
