//! Tagged enums: a schema of its own for each variant, and a discriminator that tells them apart.

use serde_json::{Map, Value, json};

use super::names::reference_to;

/// Gives every tagged enum its discriminator.
pub(super) fn discriminate(schemas: &mut Map<String, Value>) {
    let mut lifted = Map::new();
    for (name, schema) in schemas.iter_mut() {
        let Some(tag) = tag_of(schema) else {
            continue;
        };
        let Some(Value::Array(variants)) = schema.get_mut("oneOf") else {
            continue;
        };
        let mut mapping = Map::new();
        for variant in variants {
            let word = word_of(variant, &tag).unwrap_or_default().to_owned();
            let own = format!("{name}{}", capitals(&word));
            let reference = reference_to(&own);
            lifted.insert(own, std::mem::take(variant));
            *variant = json!({"$ref": reference});
            mapping.insert(word, Value::String(reference));
        }
        schema["discriminator"] = json!({"propertyName": tag, "mapping": mapping});
    }
    schemas.extend(lifted);
}

/// The field that every variant has with one word of its own.
fn tag_of(schema: &Value) -> Option<String> {
    let variants = schema.get("oneOf")?.as_array()?;
    let first = variants.first()?.get("properties")?.as_object()?;
    let tells = |name: &&String| {
        let mut words: Vec<&str> = variants.iter().filter_map(|v| word_of(v, name)).collect();
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        count == variants.len() && words.len() == count
    };
    first.keys().find(tells).cloned()
}

fn word_of<'a>(variant: &'a Value, tag: &str) -> Option<&'a str> {
    let words = &variant.get("properties")?.get(tag)?.get("enum")?;
    match words.as_array()?.as_slice() {
        [word] => word.as_str(),
        _ => None,
    }
}

fn capitals(word: &str) -> String {
    let mut written = String::with_capacity(word.len());
    for part in word.split(['_', '-']) {
        let mut rest = part.chars();
        written.extend(rest.next().into_iter().flat_map(char::to_uppercase));
        written.push_str(rest.as_str());
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_become_schemas_with_a_discriminator() {
        let variant = |word: &str| json!({"type": "object", "properties": {"type": {"type": "string", "enum": [word]}}});
        let mut schemas = Map::new();
        let choice = json!({"oneOf": [variant("text_delta"), variant("note")]});
        schemas.insert("What".to_owned(), choice);
        discriminate(&mut schemas);
        assert_eq!(schemas["WhatTextDelta"], variant("text_delta"));
        let discriminator = &schemas["What"]["discriminator"];
        assert_eq!(discriminator["propertyName"], "type");
        let mapped = &discriminator["mapping"]["note"];
        assert_eq!(mapped, "#/components/schemas/WhatNote");
        assert_eq!(schemas["What"]["oneOf"][1]["$ref"], *mapped);
    }

    #[test]
    fn a_choice_without_a_tag_stays() {
        let mut schemas = Map::new();
        let choice = json!({"oneOf": [{"type": "string"}, {"type": "integer"}]});
        schemas.insert("Either".to_owned(), choice.clone());
        discriminate(&mut schemas);
        assert_eq!(schemas["Either"], choice);
    }
}
