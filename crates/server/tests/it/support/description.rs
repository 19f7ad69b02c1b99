//! Our own OpenAPI document as the judge of what the server sends: every answer of every test whose
//! route it describes.
//!
//! Objects of answers are closed before use: a field that is not described is a fault too.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use axum::http::Method;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::Reply;

static DESCRIPTION: LazyLock<Description> = LazyLock::new(Description::read);

pub fn description() -> &'static Description {
    &DESCRIPTION
}

pub struct Description {
    pub document: Value,
    closed: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Description {
    fn read() -> Self {
        let text = outwork_server::openapi().unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let mut closed = document["components"].clone();
        let open = composed(&closed);
        for (name, schema) in closed["schemas"].as_object_mut().unwrap() {
            if !open.contains(name) {
                close(schema);
            }
        }
        let validators = Mutex::default();
        Self {
            document,
            closed,
            validators,
        }
    }

    /// Every operation: path, method, object.
    pub fn operations(&self) -> Vec<(&str, &str, &Value)> {
        let paths = self.document["paths"].as_object().unwrap();
        paths
            .iter()
            .flat_map(|(path, item)| {
                let operations = item.as_object().unwrap().iter();
                operations.map(move |(method, one)| (path.as_str(), method.as_str(), one))
            })
            .collect()
    }

    /// Checks an answer, if its route is described; anything wrong about it is a panic.
    pub fn judge(&self, method: &Method, path: &str, reply: &Reply) {
        let asked = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let Some((template, operation)) = self.operation(asked, path) else {
            return;
        };
        let place = format!("{method} {template} {}", reply.status);
        let response = &operation["responses"][reply.status.as_str()];
        assert!(
            response.is_object(),
            "{place} is not described: {}",
            reply.text()
        );
        if method == Method::HEAD || reply.bytes.is_empty() {
            return;
        }
        let media_type = reply.header("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap();
        let content = &response["content"][media_type];
        assert!(
            content.is_object(),
            "{place} is not described as {media_type}"
        );
        if media_type.ends_with("json") {
            let faults: Vec<String> = self
                .validator(&place, &content["schema"])
                .iter_errors(&reply.json())
                .map(|fault| format!("{fault} at {}", fault.instance_path()))
                .collect();
            assert!(faults.is_empty(), "{place}: {faults:?} in {}", reply.text());
        }
    }

    fn validator(&self, place: &str, schema: &Value) -> Arc<Validator> {
        let mut known = self.validators.lock().unwrap();
        let made = known.entry(place.to_owned()).or_insert_with(|| {
            let mut whole = schema.clone();
            close(&mut whole);
            whole["components"] = self.closed.clone();
            Arc::new(build(&whole))
        });
        Arc::clone(made)
    }

    fn operation(&self, method: &Method, path: &str) -> Option<(&str, &Value)> {
        let path = path.split('?').next().unwrap();
        let method = method.as_str().to_lowercase();
        // Literal parts before parameters.
        self.operations()
            .into_iter()
            .filter(|(template, verb, _)| *verb == method && fits(template, path))
            .min_by_key(|(template, _, _)| template.matches('{').count())
            .map(|(template, _, operation)| (template, operation))
    }
}

/// A validator of a schema as OpenAPI 3.1 means it.
pub fn build(schema: &Value) -> Validator {
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .build(schema)
        .unwrap()
}

fn fits(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some("{path}"), Some(_)) => return true,
            (Some(part), Some(text)) if part == text => {}
            (Some(part), Some(text)) if part.starts_with('{') && !text.is_empty() => {}
            (_, _) => return false,
        }
    }
}

/// The schemas that are parts of others, which only the whole can close.
fn composed(components: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk(&mut components.clone(), &mut |object| {
        if let Some(parts) = object.get("allOf") {
            references(parts, &mut found);
        }
    });
    let mut open: Vec<String> = found.iter().cloned().collect();
    while let Some(name) = open.pop() {
        let mut inner = BTreeSet::new();
        let choices = &components["schemas"][&name]["oneOf"];
        references(choices, &mut inner);
        open.extend(inner.into_iter().filter(|name| found.insert(name.clone())));
    }
    found
}

fn references(list: &Value, found: &mut BTreeSet<String>) {
    for one in list.as_array().into_iter().flatten() {
        if let Some(reference) = one["$ref"].as_str() {
            found.insert(reference.rsplit('/').next().unwrap().to_owned());
        }
    }
}

fn close(schema: &mut Value) {
    walk(schema, &mut |object| {
        if object.contains_key("allOf") {
            object.insert("unevaluatedProperties".to_owned(), json!(false));
            for part in object["allOf"].as_array_mut().unwrap() {
                part.as_object_mut()
                    .unwrap()
                    .insert("part".to_owned(), json!(true));
            }
        } else if object.remove("part").is_none()
            && object.get("properties").is_some_and(Value::is_object)
            && !object.contains_key("additionalProperties")
        {
            object.insert("additionalProperties".to_owned(), json!(false));
        }
    });
}

/// Changes every object, outer ones first.
fn walk(value: &mut Value, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            change(object);
            object.values_mut().for_each(|inner| walk(inner, change));
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| walk(inner, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
