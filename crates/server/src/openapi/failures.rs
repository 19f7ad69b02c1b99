//! What every operation of a group may answer beside its own: refusals and faults, in the group's
//! shape; and what every POST takes and gives for repetitions.

use serde_json::{Map, Value, json};

use super::names::reference_to;
use super::places;
use super::surfaces::{Access, Group};
use crate::surface::Surface;

const UNAUTHORIZED: &str = "`unauthorized`: no API key, or one that is not known.";
const FORBIDDEN: &str = "`role_forbidden`: the key may not do this, or not from this address; or \
     another site made a browser send this.";
const TOO_MANY: &str = "`rate_limit_exceeded`: too many requests; come back after `Retry-After`.";
const TOO_SLOW: &str = "`request_timeout`: the body did not come, or came too slowly.";
const INTERNAL: &str = "`internal_error`: a fault of the server; its log has the `x-request-id`.";
const UNAVAILABLE: &str = "`unavailable`: not at present; come back after `Retry-After`.";
const INVALID: &str =
    "`validation_error`: a parameter or the body breaks a rule; the message names it.";
const REPEATED: &str = "`idempotency_in_progress`: the request of that key is still running. \
     `idempotency_key_reused`: the key came with another body before.";
const IDEMPOTENCY_KEY: &str = "Makes repeating safe: for 24 hours the same key with the same body gives \
     the first answer again, and nothing happens twice. Counts for this path and account.";

/// What answers with a secret that is kept nowhere, so that no answer can be given twice.
const ONLY_ONCE: [&str; 1] = ["/api/v1/keys"];

/// Completes an operation of a group.
pub(super) fn complete(
    group: &Group,
    (path, method): (&str, &str),
    operation: &mut Map<String, Value>,
) {
    let keyed = group.access == Access::Key;
    if keyed && method == "post" && !ONLY_ONCE.contains(&path) {
        once(operation);
    }
    let has_body = operation.contains_key("requestBody");
    let takes = has_body
        || parameters(operation).any(|place| place != "path")
        || (places::refuses_malformed(path) && parameters(operation).next().is_some());
    let Some(Value::Object(responses)) = operation.get_mut("responses") else {
        return;
    };
    add(responses, "500", INTERNAL);
    if keyed {
        let usual = [
            ("400", INVALID, takes),
            ("401", UNAUTHORIZED, true),
            ("403", FORBIDDEN, true),
            ("408", TOO_SLOW, has_body),
            ("429", TOO_MANY, true),
            ("503", UNAVAILABLE, true),
        ];
        for (status, words, _) in usual.into_iter().filter(|(_, _, applies)| *applies) {
            add(responses, status, words);
        }
    }
    for (status, response) in responses.iter_mut() {
        if let Value::Object(response) = response {
            if status.starts_with(['4', '5']) {
                response.insert("content".to_owned(), content(group, response));
            }
            headers(group, status, response);
        }
    }
    responses.sort_keys();
}

/// Where each parameter of an operation stands: in the path, in the query, in a header.
fn parameters(operation: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let all = operation.get("parameters").and_then(Value::as_array);
    all.into_iter()
        .flatten()
        .filter_map(|one| one["in"].as_str())
}

/// The schemas of failures that a group's operations refer to.
pub(super) fn schemas(group: &Group) -> Option<(String, Value)> {
    let schema = match group.surface {
        Surface::Cursor => json!({
            "type": "object",
            "required": ["error"],
            "additionalProperties": false,
            "properties": {"error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": {"type": "string", "description": "What programs branch on."},
                    "message": {"type": "string", "description": "What people read."},
                    "environmentId": {
                        "type": "string",
                        "format": "uuid",
                        "description": "With `environment_name_conflict`: the environment that has the name.",
                    },
                    "versions": {
                        "type": "array",
                        "description": "With `secret_name_ambiguous`: the versions to choose from.",
                        "items": {
                            "type": "object",
                            "required": ["id", "repos"],
                            "properties": {
                                "id": {"type": "string"},
                                "repos": {"type": "array", "items": {"type": "string"}},
                            },
                        },
                    },
                },
            }},
        }),
        Surface::Google => json!({
            "type": "object",
            "required": ["error"],
            "additionalProperties": false,
            "properties": {"error": {
                "type": "object",
                "required": ["code", "message", "status"],
                "additionalProperties": false,
                "properties": {
                    "code": {"type": "integer", "description": "The HTTP status."},
                    "message": {"type": "string", "description": "What people read."},
                    "status": {"type": "string", "description": "What programs branch on."},
                },
            }},
        }),
        Surface::PrivateWorkers | Surface::Mintlify => json!({
            "type": "object",
            "required": ["error"],
            "additionalProperties": false,
            "properties": {"error": {"type": "string", "description": "What people read."}},
        }),
        Surface::Native => json!({
            "type": "object",
            "required": ["type", "title", "status", "code", "detail"],
            "additionalProperties": false,
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "code": {"type": "string", "description": "What programs branch on."},
                "detail": {"type": "string", "description": "What people read."},
            },
        }),
        Surface::Page => return None,
    };
    Some((name(group), schema))
}

fn name(group: &Group) -> String {
    let kind = match group.surface {
        Surface::Cursor
        | Surface::PrivateWorkers
        | Surface::Mintlify
        | Surface::Google
        | Surface::Page => "Error",
        Surface::Native => "Problem",
    };
    format!("{}{kind}", group.prefix)
}

fn add(responses: &mut Map<String, Value>, status: &str, words: &str) {
    let there = responses
        .entry(status)
        .or_insert_with(|| json!({"description": ""}));
    let own = there["description"].as_str().unwrap_or_default();
    let known = words
        .split('`')
        .nth(1)
        .is_some_and(|code| own.contains(code));
    if own.is_empty() {
        there["description"] = json!(words);
    } else if !known {
        there["description"] = json!(format!("{own} {words}"));
    }
}

/// The body of a refusal, with an example of each code that its description names.
fn content(group: &Group, response: &Map<String, Value>) -> Value {
    let schema = json!({"$ref": reference_to(&name(group))});
    let words = response.get("description").and_then(Value::as_str);
    let mut examples = Map::new();
    for code in words.into_iter().flat_map(codes) {
        let value = match group.surface {
            Surface::Cursor => json!({"error": {"code": code, "message": "…"}}),
            Surface::PrivateWorkers
            | Surface::Mintlify
            | Surface::Google
            | Surface::Native
            | Surface::Page => {
                continue;
            }
        };
        examples.insert(code.to_owned(), json!({"value": value}));
    }
    match group.surface {
        Surface::PrivateWorkers | Surface::Mintlify | Surface::Google => {
            json!({"application/json": {"schema": schema}})
        }
        Surface::Cursor if examples.is_empty() => json!({"application/json": {"schema": schema}}),
        Surface::Cursor => json!({"application/json": {"schema": schema, "examples": examples}}),
        Surface::Native => json!({"application/problem+json": {"schema": schema}}),
        Surface::Page => json!({"text/plain": {"schema": {"type": "string"}}}),
    }
}

/// The words in backquotes that are codes, not headers or fields.
fn codes(description: &str) -> impl Iterator<Item = &str> {
    let quoted = description.split('`').skip(1).step_by(2);
    quoted.filter(|word| word.contains('_') && !word.contains(|c: char| c.is_ascii_uppercase()))
}

fn headers(group: &Group, status: &str, response: &mut Map<String, Value>) {
    let headers = response.entry("headers").or_insert_with(|| json!({}));
    headers["x-request-id"] = json!({"$ref": "#/components/headers/RequestId"});
    if group.access == Access::Key && status != "401" {
        for (header, name) in [
            ("X-RateLimit-Limit", "RateLimitLimit"),
            ("X-RateLimit-Remaining", "RateLimitRemaining"),
            ("X-RateLimit-Reset", "RateLimitReset"),
        ] {
            headers[header] = json!({"$ref": format!("#/components/headers/{name}")});
        }
    }
    if status == "429" || status == "503" {
        headers["Retry-After"] = json!({"$ref": "#/components/headers/RetryAfter"});
    }
}

/// What a POST takes and gives so that repeating it is safe.
fn once(operation: &mut Map<String, Value>) {
    let key = json!({
        "name": "Idempotency-Key", "in": "header", "required": false, "description": IDEMPOTENCY_KEY,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "example": "5c1d8a1e-4b0e-4f0a-9f57-0f6a1f2f2b11",
    });
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Value::Array(parameters) = parameters {
        parameters.push(key);
    }
    let Some(Value::Object(responses)) = operation.get_mut("responses") else {
        return;
    };
    add(responses, "409", REPEATED);
    for (status, response) in responses {
        if status.starts_with('2') {
            response["headers"]["Idempotency-Replayed"] =
                json!({"$ref": "#/components/headers/IdempotencyReplayed"});
        }
    }
}
