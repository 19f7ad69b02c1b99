//! Strict reading: a key that nobody knows is refused, at every depth of a body and in a query string.
//!
//! Such a key is a caller's mistake or belongs to a newer API: to ignore it would do something other
//! than what was asked. All of them are told at once, in the order in which they appeared. Free maps
//! know every key.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::body::{self, Object, complaint};
use crate::errors::Failure;
use crate::query::Pairs;

/// How many unknown keys are told at most.
const KEYS_MAX: usize = 20;
const KEY_CHARS_MAX: usize = 100;

/// A JSON object of at most `LIMIT` bytes, without a key that `T` does not know.
pub(crate) struct StrictBody<T, const LIMIT: usize>(pub(crate) T);

impl<T, const LIMIT: usize> FromRequest<App> for StrictBody<T, LIMIT>
where
    T: DeserializeOwned + Send + 'static,
{
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let parsed = body::receive(request, app, LIMIT, parse::<T>).await;
        parsed.map(Self)
    }
}

/// Reads a JSON object.
///
/// What is unknown is only told of a body that could be read otherwise: a wrong type is told first.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    body::some(bytes)?;
    let mut unknown = Unknown::default();
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let mut note = |path: serde_ignored::Path<'_>| unknown.note(&last(&path));
    let parsed: Result<Object<T>, _> = serde_ignored::deserialize(tracked, &mut note);
    let Object(parsed) = parsed.map_err(|error| complaint(&track.path().to_string(), &error))?;
    json.end().map_err(|error| complaint("", &error))?;
    unknown.refuse()?;
    Ok(parsed)
}

/// The key itself, without the way to it.
fn last(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;
    match path {
        Path::Map { key, .. } => key.clone(),
        Path::Root => String::new(),
        Path::Seq { index, .. } => index.to_string(),
        Path::Some { parent }
        | Path::NewtypeStruct { parent }
        | Path::NewtypeVariant { parent } => last(parent),
    }
}

/// Keys that nobody knows, in the order of their appearance, each once.
#[derive(Debug, Default)]
pub(crate) struct Unknown(Vec<String>);

impl Unknown {
    pub(crate) fn note(&mut self, key: &str) {
        let key: String = key.chars().take(KEY_CHARS_MAX).collect();
        if self.0.len() < KEYS_MAX && !self.0.contains(&key) {
            self.0.push(key);
        }
    }

    /// Refuses what was noted, if anything was.
    pub(crate) fn refuse(&self) -> Result<(), Failure> {
        if self.0.is_empty() {
            return Ok(());
        }
        let keys: Vec<String> = self.0.iter().map(|key| format!("'{key}'")).collect();
        let keys = keys.join(", ");
        Err(Failure::invalid(format!(
            "Unrecognized key(s) in object: {keys}"
        )))
    }
}

impl Pairs {
    /// Refuses keys other than these.
    pub(crate) fn only(self, known: &[&str]) -> Result<Self, Failure> {
        let mut unknown = Unknown::default();
        for key in self.keys().filter(|key| !known.contains(key)) {
            unknown.note(key);
        }
        unknown.refuse()?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[serde(rename = "list")]
        _list: Option<Vec<Object<Inner>>>,
        #[serde(rename = "inner")]
        _inner: Option<Object<Inner>>,
        #[serde(rename = "free")]
        _free: Option<BTreeMap<String, String>>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[serde(rename = "text", alias = "words")]
        _text: Option<String>,
    }

    fn refusal(text: &str) -> String {
        parse::<Outer>(text.as_bytes()).unwrap_err().message
    }

    #[test]
    fn unknown_keys_are_told_in_order_from_every_depth() {
        for (text, keys) in [
            (r#"{"b":1,"a":{"b":2}}"#, "'b', 'a'"),
            (r#"{"inner":{"x":null},"y":[]}"#, "'x', 'y'"),
            (r#"{"list":[{},{"text":"t","deep":{"er":1}}]}"#, "'deep'"),
            (r#"{"x":1,"inner":{"x":2}}"#, "'x'"),
            (r#"{"":1}"#, "''"),
        ] {
            let expected = format!("Unrecognized key(s) in object: {keys}");
            assert_eq!(refusal(text), expected, "{text}");
        }
    }

    #[test]
    fn known_keys_aliases_and_free_maps_pass() {
        for text in [
            "{}",
            r#"{"list":null,"inner":null,"free":null}"#,
            r#"{"list":[{"words":"w"}],"inner":{"text":null},"free":{"any":"thing"}}"#,
        ] {
            parse::<Outer>(text.as_bytes()).unwrap();
        }
    }

    #[test]
    fn a_wrong_type_is_told_first_and_by_its_place() {
        for (text, expected) in [
            (
                r#"{"x":1,"list":[{"text":5}]}"#,
                "list[0].text must be a string",
            ),
            (r#"{"x":1,"inner":[]}"#, "inner must be an object"),
            (r#"{"free":{"any":5}}"#, "free.any must be a string"),
            (
                r#"{"inner":{"text":"a","words":"b"}}"#,
                "inner has a duplicate field `text`",
            ),
            ("[1]", "the request body must be an object"),
        ] {
            assert_eq!(refusal(text), expected, "{text}");
        }
        let failure = parse::<Outer>(b" ").unwrap_err();
        assert_eq!(failure.code, "missing_body");
    }

    #[test]
    fn a_flood_of_keys_stays_short() {
        let keys: Vec<String> = (0..10_000).map(|n| format!("\"{n}\":0")).collect();
        let text = format!("{{{}}}", keys.join(","));
        assert!(refusal(&text).ends_with("'18', '19'"));
    }
}
