//! `/openapi.json`, and the copy of it in the repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Server, build, description, get};

#[tokio::test]
async fn the_document_is_served_to_anybody() {
    let server = Server::start().await;
    let reply = server.ask(get("/openapi.json")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.text(), outwork_server::openapi().unwrap());
}

#[test]
fn the_copy_in_the_repository_is_current() {
    let current = outwork_server::openapi().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if fs::read_to_string(path).unwrap_or_default() == current {
        return;
    }
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openapi.json");
    fs::write(&made, current).unwrap();
    panic!(
        "docs/openapi.json is old: cargo run -p outwork -- __openapi > docs/openapi.json, \
         or take {}",
        made.display()
    );
}

#[test]
fn every_operation_says_what_it_does_and_answers() {
    let description = description();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in description.operations() {
        let place = format!("{method} {path}");
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{place}: {id} is there twice");
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(
            summary.ends_with('.'),
            "{place} has no summary that is a sentence"
        );
        for (status, response) in operation["responses"].as_object().unwrap() {
            let about = response["description"].as_str().unwrap();
            assert!(!about.is_empty(), "{place} {status} has no description");
        }
        let parameters = operation["parameters"].as_array();
        let named = |name: &str| {
            parameters.is_some_and(|all| {
                all.iter()
                    .any(|one| one["name"] == name && one["in"] == "path")
            })
        };
        for part in path.split('/').filter_map(|part| part.strip_prefix('{')) {
            let part = part.trim_end_matches('}');
            assert!(named(part), "{place} does not describe {part}");
        }
    }
}

#[test]
fn what_needs_a_key_says_so_and_how_it_refuses() {
    for (path, method, operation) in description().operations() {
        let open = operation["security"] == json!([]);
        let keyed = ["/v0/", "/v1/", "/v2/", "/agent/", "/v1alpha/", "/api/"]
            .iter()
            .any(|start| path.starts_with(start));
        let signs_in_or_out = path == "/api/v1/session" && method != "get";
        let keyed = keyed && !signs_in_or_out;
        assert_eq!(keyed, !open, "{method} {path}");
        let statuses = operation["responses"].as_object().unwrap();
        for status in ["401", "429", "500", "503"] {
            assert!(
                open || statuses.contains_key(status),
                "{method} {path} {status}"
            );
        }
        if method == "post" && keyed && path != "/api/v1/keys" {
            let header = json!("Idempotency-Key");
            let parameters = operation["parameters"].as_array().unwrap();
            assert!(parameters.iter().any(|one| one["name"] == header), "{path}");
            assert!(statuses.contains_key("409"), "{path}");
        }
    }
}

/// Whoever asks for an id that cannot be is told what the document says, with the status it says.
#[tokio::test]
async fn a_malformed_id_is_answered_as_documented() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let mut seen = BTreeSet::new();
    for (path, method, operation) in description().operations() {
        let open = operation["security"] == json!([]);
        if open || method != "get" || !path.contains('{') || path.starts_with("/v0/private") {
            continue;
        }
        let parts = path.split('/').map(|part| {
            if part.starts_with('{') {
                "not%20an%20id"
            } else {
                part
            }
        });
        let asked = parts.collect::<Vec<_>>().join("/");
        let reply = server.ask(get(&asked).by(&key)).await;
        let status = reply.status.as_u16();
        let documented = operation["responses"].as_object().unwrap();
        assert!(
            documented.contains_key(&status.to_string()),
            "{path}: {status}"
        );
        let refused = ["/v0/agents/", "/api/v1/agents/", "/api/v1/pull-requests/"]
            .iter()
            .any(|start| path.starts_with(start));
        let asks_more = asked.ends_with("/download");
        if !asks_more {
            assert_eq!(status, if refused { 400 } else { 404 }, "{path}");
        }
        let parameters = operation["parameters"].as_array().unwrap();
        let only_path = parameters.iter().all(|one| one["in"] == "path");
        assert!(
            refused || !only_path || !documented.contains_key("400"),
            "{path} documents a 400 that cannot be"
        );
        seen.insert(status);
    }
    assert_eq!(seen, BTreeSet::from([400, 404]));
}

#[test]
fn schemas_are_sound_and_examples_fit_them() {
    let document = &description().document;
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        let whole = json!({
            "$ref": format!("#/components/schemas/{name}"), "components": document["components"],
        });
        let validator = build(&whole);
        if let Some(example) = schema.get("example") {
            assert!(
                validator.is_valid(example),
                "the example of {name} does not fit it"
            );
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for (field, property) in properties.into_iter().flatten() {
            let mut own = property.clone();
            own["components"] = document["components"].clone();
            let example = property.get("example");
            let fits = example.is_none_or(|example| build(&own).is_valid(example));
            assert!(fits, "the example of {name}.{field} does not fit it");
        }
    }
}

#[test]
fn every_code_has_its_paragraph() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    let explained = fs::read_to_string(path).unwrap();
    for (path, method, operation) in description().operations() {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let about = response["description"].as_str().unwrap();
            let quoted = about.split('`').skip(1).step_by(2);
            let codes = quoted.filter(|word| word.contains('_') && status.starts_with(['4', '5']));
            for code in codes {
                assert!(
                    explained.contains(code),
                    "{method} {path}: {code} is not explained"
                );
            }
        }
    }
}
