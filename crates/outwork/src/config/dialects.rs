//! Which dialects are served.

use std::fmt;

use outwork_server::{Dialects, Switch};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// `[dialects]`: each is `"on"`, the default, or `"off"`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DialectSection {
    /// Cursor v0, which the page and some client commands speak.
    pub cursor_v0: SwitchChoice,
    /// Cursor v1.
    pub cursor_v1: SwitchChoice,
    /// Mintlify.
    pub mintlify: SwitchChoice,
    /// Jules.
    pub jules: SwitchChoice,
}

/// Whether a dialect is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SwitchChoice {
    /// It is.
    #[default]
    On,
    /// Its routes are not found.
    Off,
}

impl<'de> Deserialize<'de> for SwitchChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SwitchWord)
    }
}

/// Says of whatever else stands there, `false` for instance, which words are understood.
struct SwitchWord;

impl Visitor<'_> for SwitchWord {
    type Value = SwitchChoice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#""on" or "off""#)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<SwitchChoice, E> {
        match word {
            "on" => Ok(SwitchChoice::On),
            "off" => Ok(SwitchChoice::Off),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }
}

impl From<SwitchChoice> for Switch {
    fn from(choice: SwitchChoice) -> Self {
        match choice {
            SwitchChoice::On => Self::On,
            SwitchChoice::Off => Self::Off,
        }
    }
}

impl From<DialectSection> for Dialects {
    fn from(section: DialectSection) -> Self {
        Self {
            cursor_v0: section.cursor_v0.into(),
            cursor_v1: section.cursor_v1.into(),
            mintlify: section.mintlify.into(),
            jules: section.jules.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_one_of_two_words() {
        let section: DialectSection = toml::from_str("jules = 'off'\nmintlify = 'on'").unwrap();
        assert_eq!(section.jules, SwitchChoice::Off);
        assert_eq!(section.mintlify, SwitchChoice::On);
        for wrong in ["false", "'no'", "0", "{ on = true }"] {
            let refused = toml::from_str::<DialectSection>(&format!("jules = {wrong}"));
            let words = refused.unwrap_err().to_string();
            assert!(words.contains(r#"expected "on" or "off""#), "{words}");
        }
    }
}
