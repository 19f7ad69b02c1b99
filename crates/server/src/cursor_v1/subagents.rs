//! Subagents that a caller defines: checked in full, then refused, because this server's agents do
//! not delegate yet.

use std::collections::HashSet;
use std::fmt;
use std::ops::RangeInclusive;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::model::ModelBody;
use crate::body::Object;
use crate::errors::Failure;

const SUBAGENTS_MAX: usize = 20;
const NAME_CHARS: RangeInclusive<usize> = 1..=100;
const DESCRIPTION_CHARS: RangeInclusive<usize> = 1..=1000;
const PROMPT_CHARS: RangeInclusive<usize> = 1..=8192;
const BUILT_IN: [&str; 5] = ["explore", "shell", "debug", "computerUse", "cursorGuide"];

/// A subagent.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct SubagentBody {
    /// Its name among the others.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// When to delegate to it.
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    description: Option<String>,
    /// What it is told.
    #[schema(value_type = String, min_length = 1, max_length = 8192)]
    prompt: Option<String>,
    /// `inherit`, a model's id, or a model with parameters.
    #[schema(value_type = Option<Object>)]
    model: Option<SubagentModel>,
}

/// A model by its id alone, or with parameters.
#[derive(Debug)]
pub(super) enum SubagentModel {
    Id(String),
    Whole(ModelBody),
}

impl<'de> Deserialize<'de> for SubagentModel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = SubagentModel;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an object")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<SubagentModel, E> {
                Ok(SubagentModel::Id(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SubagentModel, A::Error> {
                ModelBody::deserialize(MapAccessDeserializer::new(map)).map(SubagentModel::Whole)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// Checks a list of subagents, and refuses one that is not empty.
pub(super) fn refuse_subagents(bodies: Option<Vec<Object<SubagentBody>>>) -> Result<(), Failure> {
    let bodies = bodies.unwrap_or_default();
    if bodies.is_empty() {
        return Ok(());
    }
    if bodies.len() > SUBAGENTS_MAX {
        let message = format!("customSubagents must have at most {SUBAGENTS_MAX} entries");
        return Err(Failure::invalid(message));
    }
    let mut names = HashSet::new();
    for (number, Object(body)) in bodies.iter().enumerate() {
        body.check(&format!("customSubagents[{number}]"), &mut names)?;
    }
    Err(Failure::feature_unavailable(
        "customSubagents: this server's agents do not delegate to subagents",
    ))
}

impl SubagentBody {
    fn check<'a>(&'a self, place: &str, names: &mut HashSet<&'a str>) -> Result<(), Failure> {
        let name = sized(place, "name", self.name.as_deref(), &NAME_CHARS)?;
        sized(
            place,
            "description",
            self.description.as_deref(),
            &DESCRIPTION_CHARS,
        )?;
        sized(place, "prompt", self.prompt.as_deref(), &PROMPT_CHARS)?;
        if BUILT_IN.contains(&name) {
            let message = format!("{place}.name is that of a built-in subagent");
            return Err(Failure::invalid(message));
        }
        if !names.insert(name) {
            let message = format!("{place}.name is that of another entry");
            return Err(Failure::invalid(message));
        }
        match &self.model {
            Some(SubagentModel::Id(id)) if id.is_empty() => {
                Err(Failure::invalid(format!("{place}.model must not be empty")))
            }
            Some(SubagentModel::Whole(model)) => model.check(&format!("{place}.model")),
            Some(SubagentModel::Id(_)) | None => Ok(()),
        }
    }
}

fn sized<'a>(
    place: &str,
    field: &str,
    text: Option<&'a str>,
    chars: &RangeInclusive<usize>,
) -> Result<&'a str, Failure> {
    let text = text.ok_or_else(|| Failure::invalid(format!("{place}.{field} is required")))?;
    if !chars.contains(&text.chars().count()) {
        let (least, most) = (chars.start(), chars.end());
        let message = format!("{place}.{field} must be {least} to {most} characters");
        return Err(Failure::invalid(message));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[derive(Deserialize)]
    struct Outer {
        list: Option<Vec<Object<SubagentBody>>>,
    }

    fn refusal(list: &Value) -> (&'static str, String) {
        let body = json!({"list": list}).to_string();
        let read = crate::strict::parse::<Outer>(body.as_bytes());
        let failure = read
            .and_then(|body| refuse_subagents(body.list))
            .unwrap_err();
        (failure.code, failure.message)
    }

    fn with(field: &str, value: Value) -> Value {
        let mut one = json!({"name": "reviewer", "description": "d", "prompt": "p"});
        one[field] = value;
        json!([one])
    }

    #[test]
    fn good_ones_are_refused_in_words() {
        for model in [
            Value::Null,
            json!("inherit"),
            json!("some-model"),
            json!({"id": "m", "params": [{"id": "effort", "value": "high"}]}),
        ] {
            assert_eq!(refusal(&with("model", model)).0, "feature_unavailable");
        }
        refuse_subagents(None).unwrap();
        refuse_subagents(Some(Vec::new())).unwrap();
    }

    #[test]
    fn broken_ones_are_named() {
        let two = json!([with("name", json!("a"))[0], with("name", json!("a"))[0]]);
        for (list, words) in [
            (
                with("name", json!("shell")),
                "customSubagents[0].name is that of a built-in subagent",
            ),
            (two, "customSubagents[1].name is that of another entry"),
            (
                with("name", Value::Null),
                "customSubagents[0].name is required",
            ),
            (
                with("description", json!("d".repeat(1001))),
                "customSubagents[0].description must be 1 to 1000 characters",
            ),
            (
                with("prompt", json!("")),
                "customSubagents[0].prompt must be 1 to 8192 characters",
            ),
            (
                with("model", json!({"id": ""})),
                "customSubagents[0].model.id must not be empty",
            ),
            (
                with("model", json!({"id": "m", "x": 1})),
                "Unrecognized key(s) in object: 'x'",
            ),
            (
                with("model", json!(5)),
                "list[0].model must be a string or an object",
            ),
        ] {
            assert_eq!(refusal(&list), ("validation_error", words.to_owned()));
        }
    }
}
