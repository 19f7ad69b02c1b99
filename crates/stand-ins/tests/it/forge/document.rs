//! GitHub's own OpenAPI document as the judge of requests, and of the stand-in's answers.
//!
//! The document is no part of the repository: `make conformance` installs the package that ships it, runs
//! the tests of the clients with their calls kept, and then these.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

/// The document, and what is asked of it.
pub struct Document {
    whole: Value,
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are configured by whoever runs them"
)]
pub fn variable(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set")))
}

impl Document {
    pub fn read() -> Self {
        let text = std::fs::read(variable("OUTWORK_GITHUB_OPENAPI")).unwrap();
        let mut whole: Value = serde_json::from_slice(&text).unwrap();
        // The list says that an account is a person and an enterprise at once; a single installation says
        // that it is one of both.
        let list = "/paths/~1app~1installations/get/responses/200/content/application~1json/schema";
        let account = format!("{list}/items/properties/account");
        let account = whole
            .pointer_mut(&account)
            .unwrap()
            .as_object_mut()
            .unwrap();
        let both = account.remove("allOf").unwrap();
        account.insert("anyOf".to_owned(), both);
        // Where GitHub sends whoever asks for a renamed repository; no document lists it.
        let get = whole["paths"]["/repos/{owner}/{repo}"]["get"].clone();
        whole["paths"]["/repositories/{repository_id}"] = serde_json::json!({ "get": get });
        Self { whole }
    }

    /// What is wrong with a request.
    pub fn faults(&self, method: &str, path: &str, body: &Value) -> Vec<String> {
        let path = path.strip_prefix("/api/v3").unwrap_or(path);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let Some((template, operation)) = self.operation(method, path) else {
            return vec![format!("{method} {path}: GitHub has no such route")];
        };
        let mut faults = self.query_faults(operation, query);
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let is_needed = operation["requestBody"]["required"] == true;
        match (schema.is_null(), body.is_null()) {
            (true, false) => faults.push("takes no body".to_owned()),
            (false, true) if is_needed => faults.push("needs a body".to_owned()),
            (false, false) => faults.extend(self.faults_of(&closed(schema), body)),
            (true | false, true) => {}
        }
        let place = |fault: String| format!("{method} {template}: {fault}");
        faults.into_iter().map(place).collect()
    }

    /// What is wrong with an answer.
    pub fn answer_faults(&self, call: (&str, &str), status: u16, body: &Value) -> Vec<String> {
        let (method, path) = call;
        let path = path.strip_prefix("/api/v3").unwrap_or(path);
        let path = path.split('?').next().unwrap();
        let Some((template, operation)) = self.operation(method, path) else {
            return vec![format!("{method} {path}: GitHub has no such route")];
        };
        let place = format!("{method} {template} {status}");
        let answer = &operation["responses"][status.to_string()];
        let answer = self.resolved(answer);
        if answer.is_null() {
            return vec![format!("{place}: GitHub does not list this status")];
        }
        let schema = &answer["content"]["application/json"]["schema"];
        if schema.is_null() {
            return Vec::new();
        }
        let faults = self.faults_of(schema, body);
        faults
            .into_iter()
            .map(|fault| format!("{place}: {fault}"))
            .collect()
    }

    fn query_faults(&self, operation: &Value, query: &str) -> Vec<String> {
        let known = operation["parameters"].as_array().into_iter().flatten();
        let known: Vec<&Value> = known.map(|one| self.resolved(one)).collect();
        let mut faults = Vec::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let found = known
                .iter()
                .find(|one| one["in"] == "query" && one["name"] == *name);
            let Some(found) = found else {
                faults.push(format!("knows no parameter {name}"));
                continue;
            };
            let value = value
                .parse::<i64>()
                .map_or_else(|_| json!(*value), |number| json!(number));
            faults.extend(self.faults_of(&found["schema"], &value));
        }
        faults
    }

    fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let paths = self.whole["paths"].as_object().unwrap();
        let fitting = paths.iter().filter(|(template, operations)| {
            fits(template, path) && operations.get(method.to_lowercase()).is_some()
        });
        let (template, operations) =
            fitting.min_by_key(|(template, _)| template.matches('{').count())?;
        Some((template, &operations[method.to_lowercase()]))
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let pointer = value["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
        let found = pointer.map(|pointer| self.whole.pointer(pointer).unwrap());
        found.unwrap_or(value)
    }

    fn faults_of(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut whole = schema.clone();
        let mut schemas = Map::new();
        self.gather(schema, &mut schemas);
        whole["components"] = json!({"schemas": schemas});
        convert(&mut whole);
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .build(&whole)
            .unwrap();
        let faults = validator.iter_errors(value);
        faults
            .map(|fault| format!("{fault} at {}", fault.instance_path()))
            .collect()
    }

    /// Collects the schemas that one names, and those that they name.
    fn gather(&self, schema: &Value, into: &mut Map<String, Value>) {
        for name in names(schema) {
            if !into.contains_key(&name) {
                let found = self.whole["components"]["schemas"][&name].clone();
                into.insert(name, found.clone());
                self.gather(&found, into);
            }
        }
    }
}

fn names(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match schema {
        Value::Object(object) => {
            if let Some(Value::String(name)) = object.get("$ref") {
                found.extend(
                    name.strip_prefix("#/components/schemas/")
                        .map(str::to_owned),
                );
            }
            object.values().for_each(|inner| found.extend(names(inner)));
        }
        Value::Array(list) => list.iter().for_each(|inner| found.extend(names(inner))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found
}

/// A body may only have keys that its schema names.
fn closed(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if schema["properties"].is_object() {
        schema["additionalProperties"] = false.into();
    }
    schema
}

/// OpenAPI 3.0 has `nullable` where JSON Schema has a list of types, and examples of any form.
fn convert(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.remove("example");
            object.remove("examples");
            let is_nullable = object.remove("nullable") == Some(Value::Bool(true));
            if is_nullable {
                if let Some(kind) = object.get("type").cloned() {
                    object.insert("type".to_owned(), json!([kind, "null"]));
                }
                if let Some(Value::Array(words)) = object.get_mut("enum") {
                    words.push(Value::Null);
                }
                for key in ["anyOf", "oneOf"] {
                    if let Some(Value::Array(choices)) = object.get_mut(key) {
                        choices.push(json!({"type": "null"}));
                    }
                }
            }
            object.values_mut().for_each(convert);
        }
        Value::Array(list) => list.iter_mut().for_each(convert),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A ref at the end may have slashes.
fn fits(template: &str, path: &str) -> bool {
    let wanted: Vec<&str> = template.split('/').collect();
    let is_open = ["/git/ref/{ref}", "/branches/{branch}"]
        .iter()
        .any(|end| template.ends_with(end));
    let parts: Vec<&str> = if is_open {
        path.splitn(wanted.len(), '/').collect()
    } else {
        path.split('/').collect()
    };
    let mut pairs = wanted.iter().zip(&parts);
    wanted.len() == parts.len()
        && pairs
            .all(|(wanted, part)| wanted == part || (wanted.starts_with('{') && !part.is_empty()))
}
