//! Query strings: known keys are checked, unknown ones ignored.

use std::ops::RangeInclusive;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

use crate::app::App;
use crate::errors::Failure;
use crate::page::PageSize;

/// The pairs of a query string, decoded.
pub(crate) struct Pairs(Vec<(String, String)>);

impl FromRequestParts<App> for Pairs {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let malformed = |_| Failure::invalid("the query string is malformed");
        pairs.map(|Query(pairs)| Self(pairs)).map_err(malformed)
    }
}

impl Pairs {
    /// The keys, in their order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    /// The value of a key that may stand there once.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Failure> {
        let mut found = self.0.iter().filter(|(key, _)| key == name);
        let first = found.next();
        if found.next().is_some() {
            return Err(Failure::invalid(format!("{name} is given more than once")));
        }
        match first {
            Some((_, value)) if value.is_empty() => {
                Err(Failure::invalid(format!("{name} must not be empty")))
            }
            Some((_, value)) => Ok(Some(value)),
            None => Ok(None),
        }
    }

    /// The same, where an empty value is as absent.
    pub(crate) fn some(&self, name: &str) -> Result<Option<&str>, Failure> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        if values.all(|(_, value)| value.is_empty()) {
            return Ok(None);
        }
        self.text(name)
    }

    /// The values of a key that may stand there several times.
    pub(crate) fn texts(&self, name: &str, most: usize) -> Result<Vec<&str>, Failure> {
        let found = self.0.iter().filter(|(key, _)| key == name);
        let found: Vec<&str> = found.map(|(_, value)| value.as_str()).collect();
        if found.len() > most {
            let message = format!("{name} is given more than {most} times");
            return Err(Failure::invalid(message));
        }
        if found.contains(&"") {
            return Err(Failure::invalid(format!("{name} must not be empty")));
        }
        Ok(found)
    }

    /// The value of a key that is a whole number within a range.
    pub(crate) fn number(
        &self,
        name: &str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, Failure> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number: Option<u64> = text.parse().ok().filter(|_| digits);
        let wrong = || {
            let (least, most) = (range.start(), range.end());
            Failure::invalid(format!("{name} must be an integer from {least} to {most}"))
        };
        number
            .filter(|number| range.contains(number))
            .map(Some)
            .ok_or_else(wrong)
    }

    /// The value of a key that is an address.
    pub(crate) fn uri(&self, name: &str) -> Result<Option<&str>, Failure> {
        match self.text(name)? {
            Some(text) if !is_uri(text) => Err(Failure::invalid(format!("{name} must be a URI"))),
            found => Ok(found),
        }
    }

    /// The value of a key that is a truth value.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Failure> {
        match self.text(name)? {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Failure::invalid(format!("{name} must be true or false"))),
        }
    }

    /// The size of a page whose list goes on by cursors.
    pub(crate) fn page_size(&self, most: u32, default: u32) -> Result<PageSize, Failure> {
        self.limit(most, default).map(PageSize::new)
    }

    /// The place that `cursor` names; `read` knows the cursors of the list.
    pub(crate) fn place<T>(
        &self,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let foreign = || Failure::invalid("cursor is none that this server gave");
        let cursor = self.text("cursor")?;
        cursor
            .map(|text| read(text).ok_or_else(foreign))
            .transpose()
    }

    /// How many items are asked for, or a default.
    pub(crate) fn limit(&self, most: u32, default: u32) -> Result<u32, Failure> {
        let size = self.number("limit", 1..=u64::from(most))?;
        Ok(size
            .and_then(|size| u32::try_from(size).ok())
            .unwrap_or(default))
    }
}

/// Whether a text has the form of an address, as far as anybody relies on it.
pub(crate) fn is_uri(text: &str) -> bool {
    text.contains("://") && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Pairs {
        Pairs(
            list.iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn numbers_are_digits_within_their_range() {
        let number = |text| pairs(&[("n", text)]).number("n", 1..=100);
        assert_eq!(number("1").unwrap(), Some(1));
        assert_eq!(number("100").unwrap(), Some(100));
        assert_eq!(pairs(&[("m", "x")]).number("n", 1..=100).unwrap(), None);
        for bad in [
            "0",
            "101",
            "-1",
            "+1",
            "1.0",
            "",
            " 1",
            "99999999999999999999999",
        ] {
            assert!(number(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_key_stands_once() {
        assert!(pairs(&[("n", "1"), ("n", "1")]).text("n").is_err());
    }
}
