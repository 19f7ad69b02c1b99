//! What an owner calls a key.

use std::str::FromStr;

use crate::limits::KEY_NAME_CHARS_MAX;

/// A key's name: 1 to 100 characters, not all of them blank, none a control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName(String);

/// The text is no name of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key's name is 1 to {KEY_NAME_CHARS_MAX} characters")]
pub struct InvalidKeyName;

impl KeyName {
    /// The name as text.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

impl FromStr for KeyName {
    type Err = InvalidKeyName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_legal = !text.trim().is_empty()
            && text.chars().count() <= KEY_NAME_CHARS_MAX
            && !text.chars().any(char::is_control);
        is_legal
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidKeyName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_read_by_people() {
        let long = "ü".repeat(KEY_NAME_CHARS_MAX);
        for good in ["laptop", " x ", &long] {
            assert_eq!(good.parse::<KeyName>().unwrap().into_text(), good);
        }
        for bad in ["", "  ", "a\nb", "a\u{1b}[0m", &format!("{long}x")] {
            assert_eq!(bad.parse::<KeyName>(), Err(InvalidKeyName), "{bad:?}");
        }
    }
}
