//! Environment variables that users give to agents and runs.

use std::fmt;
use std::str::FromStr;

use crate::limits::{VARIABLE_NAME_BYTES_MAX, VARIABLE_VALUE_BYTES_MAX, VARIABLES_MAX};

/// A text that must not be shown: in no log line, no event, no error.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// Takes any text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text; whoever asks for it answers for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// The name of a variable that a request gives: `[A-Za-z_][A-Za-z0-9_]*` (POSIX, so that every shell can
/// say it), 1 to 255 bytes, not `CURSOR_…` (Cursor v1 `envVars`).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct VariableName(String);

/// A variable breaks a rule; never says what its value is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVariable {
    /// Too long, or empty.
    #[error("a variable's name must be 1 to 255 bytes")]
    NameLength,
    /// A name that shells cannot say.
    #[error("the variable name {0:?} must match [A-Za-z_][A-Za-z0-9_]*")]
    NameCharacters(String),
    /// One of the names that belong to the service.
    #[error("the variable name {0:?} must not start with CURSOR_")]
    NameReserved(String),
    /// Too long, or empty.
    #[error("the value of {0} must be 1 to 4096 bytes")]
    ValueLength(String),
    /// A value that no process can have.
    #[error("the value of {0} must not contain a NUL character")]
    ValueCharacters(String),
    /// Too many of them.
    #[error("at most 50 variables can be given")]
    TooMany,
}

impl VariableName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VariableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for VariableName {
    type Err = InvalidVariable;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text.len() > VARIABLE_NAME_BYTES_MAX {
            return Err(InvalidVariable::NameLength);
        }
        if !is_shell_name(text) {
            return Err(InvalidVariable::NameCharacters(text.to_owned()));
        }
        if text.starts_with("CURSOR_") {
            return Err(InvalidVariable::NameReserved(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A variable of an agent or a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its name.
    pub name: VariableName,
    /// Its value, 1 to 4096 bytes.
    pub value: SecretText,
}

impl Variable {
    /// Takes a name and a value.
    ///
    /// # Errors
    ///
    /// [`InvalidVariable`] names the broken rule.
    pub fn new(name: &str, value: String) -> Result<Self, InvalidVariable> {
        let name: VariableName = name.parse()?;
        Ok(Self {
            value: checked_value(name.as_str(), value)?,
            name,
        })
    }

    /// Takes what was accepted before, also by rules that were wider than those of today.
    ///
    /// # Errors
    ///
    /// [`InvalidVariable`] if no process can have it.
    pub fn stored(name: String, value: String) -> Result<Self, InvalidVariable> {
        if name.is_empty() {
            return Err(InvalidVariable::NameLength);
        }
        if name.contains(['=', '\0']) {
            return Err(InvalidVariable::NameCharacters(name));
        }
        Ok(Self {
            value: checked_value(&name, value)?,
            name: VariableName(name),
        })
    }

    /// Takes all variables of one request.
    ///
    /// # Errors
    ///
    /// [`InvalidVariable`] names the first broken rule, such as more than 50 of them.
    pub fn all(
        pairs: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Vec<Self>, InvalidVariable> {
        let all = pairs
            .into_iter()
            .map(|(name, value)| Self::new(&name, value));
        let all: Vec<Self> = all.collect::<Result<_, _>>()?;
        if all.len() > VARIABLES_MAX {
            return Err(InvalidVariable::TooMany);
        }
        Ok(all)
    }
}

/// Whether every shell can say the name: a letter or `_`, then letters, digits and `_` (POSIX).
pub(crate) fn is_shell_name(text: &str) -> bool {
    let begins = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().next().is_some_and(begins) && text.bytes().all(legal)
}

/// A value that a process can have under that name.
///
/// # Errors
///
/// [`InvalidVariable`] names the broken rule, never the value.
pub(crate) fn checked_value(name: &str, value: String) -> Result<SecretText, InvalidVariable> {
    if value.is_empty() || value.len() > VARIABLE_VALUE_BYTES_MAX {
        return Err(InvalidVariable::ValueLength(name.to_owned()));
    }
    if value.contains('\0') {
        return Err(InvalidVariable::ValueCharacters(name.to_owned()));
    }
    Ok(SecretText::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_bytes() {
        let made = |name: &str, value: String| Variable::new(name, value).map(drop);
        assert_eq!(made(&"N".repeat(255), "v".into()), Ok(()));
        assert_eq!(
            made(&"N".repeat(256), "v".into()),
            Err(InvalidVariable::NameLength)
        );
        assert_eq!(
            made(&"ü".repeat(128), "v".into()),
            Err(InvalidVariable::NameLength)
        );
        assert_eq!(made("", "v".into()), Err(InvalidVariable::NameLength));
        assert_eq!(made("N", "v".repeat(4096)), Ok(()));
        let too_long = InvalidVariable::ValueLength("N".into());
        for value in ["v".repeat(4097), "ü".repeat(2049), String::new()] {
            assert_eq!(made("N", value), Err(too_long.clone()));
        }
    }

    #[test]
    fn names_that_cannot_be_are_refused() {
        for name in ["A=B", "A\0", "A B", "1X", "A-B", "É", " A", "A\n"] {
            let refused = Variable::new(name, "v".into()).unwrap_err();
            assert_eq!(refused, InvalidVariable::NameCharacters(name.into()));
        }
        for name in ["_", "a1", "__A_9"] {
            assert!(Variable::new(name, "v".into()).is_ok(), "{name}");
        }
        let refused = Variable::new("CURSOR_X", "v".into()).unwrap_err();
        assert_eq!(refused, InvalidVariable::NameReserved("CURSOR_X".into()));
        assert!(Variable::new("MY_CURSOR_X", "v".into()).is_ok());
        assert!(Variable::new("ENV", "a\0b".into()).is_err());
    }

    #[test]
    fn what_was_accepted_once_is_still_read() {
        let stored = |name: &str| Variable::stored(name.to_owned(), "v".to_owned());
        assert_eq!(stored("A B").unwrap().name.as_str(), "A B");
        for name in ["", "A=B", "A\0"] {
            assert!(stored(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn fifty_are_enough() {
        let many = |count: usize| (0..count).map(|n| (format!("N{n}"), "v".to_owned()));
        assert_eq!(Variable::all(many(50)).unwrap().len(), 50);
        assert_eq!(Variable::all(many(51)), Err(InvalidVariable::TooMany));
    }

    #[test]
    fn values_are_not_shown() {
        let variable = Variable::new("TOKEN", "hunter2hunter2".into()).unwrap();
        let shown = format!("{variable:?}");
        assert!(
            shown.contains("TOKEN") && !shown.contains("hunter2"),
            "{shown}"
        );
        let refused = Variable::new("TOKEN", "hunter2\0".into()).unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("hunter2"));
    }
}
