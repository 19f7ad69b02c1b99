//! Optional fields of answers: left out, never `null`, while requests may say `null` for absent.
//!
//! A derived schema cannot tell the two apart. What a request reaches keeps `null`; elsewhere a field
//! that is not required loses it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::names::{each_object, referred};

/// Takes `null` from the optional fields of answers.
pub(super) fn leave_out(paths: &mut Value, schemas: &mut Map<String, Value>) {
    let asked = requested(paths, schemas);
    for (name, schema) in schemas.iter_mut() {
        if !asked.contains(name) {
            each_object(schema, &mut strip);
        }
    }
}

/// The schemas that request bodies consist of.
fn requested(paths: &mut Value, schemas: &Map<String, Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    each_object(paths, &mut |object| {
        if let Some(body) = object.get_mut("requestBody") {
            reach(body, &mut found);
        }
    });
    let mut open: Vec<String> = found.iter().cloned().collect();
    while let Some(name) = open.pop() {
        let Some(mut schema) = schemas.get(&name).cloned() else {
            continue;
        };
        let mut inner = BTreeSet::new();
        reach(&mut schema, &mut inner);
        open.extend(inner.into_iter().filter(|name| found.insert(name.clone())));
    }
    found
}

fn reach(value: &mut Value, found: &mut BTreeSet<String>) {
    each_object(value, &mut |object| {
        found.extend(referred(object).map(str::to_owned));
    });
}

fn strip(object: &mut Map<String, Value>) {
    let required: Vec<Value> = match object.get("required") {
        Some(Value::Array(names)) => names.clone(),
        Some(_) | None => Vec::new(),
    };
    let Some(Value::Object(properties)) = object.get_mut("properties") else {
        return;
    };
    for (name, schema) in properties {
        if !required.contains(&json!(name)) {
            without_null(schema);
        }
    }
}

fn without_null(schema: &mut Value) {
    let Value::Object(object) = schema else {
        return;
    };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|one| one != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("oneOf") {
        choices.retain(|one| one["type"] != "null");
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("oneOf");
            object.extend(only);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_request_reaches_may_be_null() {
        let optional = json!({"properties": {
            "text": {"type": ["string", "null"]},
            "other": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Inner"}]},
            "last": {"type": ["string", "null"]},
        }, "required": ["last"]});
        let mut schemas = Map::new();
        for name in ["Outer", "Inner", "Answer"] {
            schemas.insert(name.to_owned(), optional.clone());
        }
        let mut paths = json!({"/a": {"post": {
            "requestBody": {"$ref": "#/components/schemas/Outer"},
            "responses": {"$ref": "#/components/schemas/Answer"},
        }}});
        leave_out(&mut paths, &mut schemas);
        assert_eq!(schemas["Outer"], optional);
        assert_eq!(schemas["Inner"], optional);
        let stripped = json!({"properties": {
            "text": {"type": "string"},
            "other": {"$ref": "#/components/schemas/Inner"},
            "last": {"type": ["string", "null"]},
        }, "required": ["last"]});
        assert_eq!(schemas["Answer"], stripped);
    }
}
