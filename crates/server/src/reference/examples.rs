//! Examples made from schemas: what a schema says itself, else the simplest value that it takes.

use serde_json::{Map, Value, json};

/// How deep objects in objects are filled in.
const DEPTH_MAX: usize = 6;

/// A value of that schema.
pub(super) fn example(schema: &Value, schemas: &Map<String, Value>) -> Value {
    value_of(schema, schemas, DEPTH_MAX)
}

/// The schema itself, or the one that it refers to.
pub(super) fn resolve<'a>(schema: &'a Value, schemas: &'a Map<String, Value>) -> &'a Value {
    referred(schema)
        .and_then(|name| schemas.get(name))
        .unwrap_or(schema)
}

/// The name of the schema that this one refers to.
pub(super) fn referred(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

fn value_of(schema: &Value, schemas: &Map<String, Value>, depth: usize) -> Value {
    let schema = resolve(schema, schemas);
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    let first = |name: &str| schema.get(name).and_then(|list| list.as_array()?.first());
    if let Some(word) = first("enum") {
        return word.clone();
    }
    if depth == 0 {
        return Value::Null;
    }
    let choices = schema.get("oneOf").and_then(Value::as_array);
    if let Some(choice) = choices.and_then(|all| all.iter().find(|one| one["type"] != "null")) {
        return value_of(choice, schemas, depth - 1);
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        return together(parts, schemas, depth);
    }
    match kind(schema) {
        "object" => object(schema, schemas, depth),
        "array" => json!([value_of(&schema["items"], schemas, depth - 1)]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(0)),
        "boolean" => json!(false),
        "string" => json!("…"),
        _ => json!({}),
    }
}

fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null")
            .unwrap_or_default(),
        Some(_) | None => "",
    }
}

fn together(parts: &[Value], schemas: &Map<String, Value>, depth: usize) -> Value {
    let mut whole = Map::new();
    for part in parts {
        if let Value::Object(fields) = value_of(part, schemas, depth - 1) {
            whole.extend(fields);
        }
    }
    Value::Object(whole)
}

fn object(schema: &Value, schemas: &Map<String, Value>, depth: usize) -> Value {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return json!({});
    };
    let required = schema.get("required").and_then(Value::as_array);
    let told = |name: &String, property: &Value| {
        let needed = required.is_some_and(|names| names.iter().any(|one| one == name));
        // Optional fields without an example of their own would only be noise.
        needed || property.get("example").is_some()
    };
    let fields = properties
        .iter()
        .filter(|(name, property)| told(name, property))
        .map(|(name, property)| (name.clone(), value_of(property, schemas, depth - 1)));
    Value::Object(fields.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_taken_or_made() {
        let mut schemas = Map::new();
        schemas.insert(
            "Prompt".to_owned(),
            json!({"type": "object", "required": ["text", "n", "kind"], "properties": {
                "text": {"type": "string", "example": "Say hello"},
                "n": {"type": "integer", "minimum": 3},
                "kind": {"enum": ["a", "b"]},
                "images": {"type": "array", "items": {"type": "string"}},
            }}),
        );
        let schema = json!({"allOf": [
            {"$ref": "#/components/schemas/Prompt"},
            {"type": "object", "required": ["more"], "properties": {"more": {"type": "array",
                "items": {"type": ["boolean", "null"]}}}},
        ]});
        let expected = json!({"text": "Say hello", "n": 3, "kind": "a", "more": [false]});
        assert_eq!(example(&schema, &schemas), expected);
    }

    #[test]
    fn what_holds_itself_ends() {
        let mut schemas = Map::new();
        let list = json!({"type": "object", "required": ["next"], "properties": {
            "next": {"$ref": "#/components/schemas/List"},
        }});
        schemas.insert("List".to_owned(), list.clone());
        assert!(example(&list, &schemas).is_object());
    }
}
