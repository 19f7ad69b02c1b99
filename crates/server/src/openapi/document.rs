//! The whole document: every group's operations and schemas under names of their own.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::Router;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Paths, RefOr};

use super::names::{operation_id, rename_references, schema_name};
use super::routes::Routes;
use super::surfaces::{ALL, Access, Group};
use super::{absent, failures, places, variants};

const ABOUT: &str = "Runs coding agents on your own machine: a prompt and a repository in, a branch and \
     a pull request out.";

/// What all routes are described as.
#[derive(Default)]
pub(crate) struct Description {
    parts: Vec<Part>,
    document: OnceLock<Result<(Value, Bytes), String>>,
}

struct Part {
    group: &'static Group,
    paths: Paths,
    schemas: BTreeMap<String, RefOr<Schema>>,
    clashes: Vec<String>,
}

impl Description {
    /// Keeps the descriptions of a group's routes and gives back the routes.
    pub(crate) fn add<S>(&mut self, group: &'static Group, routes: Routes<S>) -> Router<S> {
        self.parts.push(Part {
            group,
            paths: routes.paths,
            schemas: routes.schemas,
            clashes: routes.clashes,
        });
        routes.router
    }

    /// The document as it is served.
    ///
    /// # Errors
    ///
    /// Which descriptions contradict each other.
    pub(crate) fn document(&self) -> Result<&Value, &str> {
        self.written().map(|(document, _)| document)
    }

    /// The same as text, which all who ask for it share.
    ///
    /// # Errors
    ///
    /// Which descriptions contradict each other.
    pub(crate) fn text(&self) -> Result<Bytes, &str> {
        self.written().map(|(_, text)| text.clone())
    }

    fn written(&self) -> Result<&(Value, Bytes), &str> {
        let written = self.document.get_or_init(|| {
            let document = write(&self.parts)?;
            let text = serde_json::to_string_pretty(&document);
            let text = text.map_err(|error| error.to_string())?;
            Ok((document, Bytes::from(text + "\n")))
        });
        written.as_ref().map_err(String::as_str)
    }
}

fn write(parts: &[Part]) -> Result<Value, String> {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for part in parts {
        if let Some(name) = part.clashes.first() {
            return Err(format!(
                "two types are called {name}: give one another name"
            ));
        }
        let (own_paths, own_schemas) = finish(part).map_err(|error| error.to_string())?;
        schemas.extend(own_schemas);
        for (path, item) in own_paths {
            let place = paths
                .entry(path.replace("{*", "{"))
                .or_insert_with(|| json!({}));
            if let (Value::Object(place), Value::Object(item)) = (place, item) {
                place.extend(item);
            }
        }
    }
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Outwork",
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{"url": "/"}],
        "security": [{"basic": []}, {"bearer": []}, {"session": []}],
        "tags": tags(parts),
        "paths": paths,
        "components": {"schemas": schemas, "headers": headers(), "securitySchemes": schemes()},
    }))
}

/// The groups that are described, in the order in which they are shown.
fn tags(parts: &[Part]) -> Vec<Value> {
    let is_there = |group: &&Group| parts.iter().any(|part| part.group.tag == group.tag);
    let tag = |group: &Group| json!({"name": group.tag, "description": group.about});
    ALL.into_iter().filter(is_there).map(tag).collect()
}

/// Paths and schemas.
type Finished = (Map<String, Value>, Map<String, Value>);

fn finish(part: &Part) -> Result<Finished, serde_json::Error> {
    let group = part.group;
    let mut paths = serde_json::to_value(&part.paths)?;
    rename_references(group, &mut paths);
    let mut schemas = Map::new();
    for (name, schema) in &part.schemas {
        let mut schema = serde_json::to_value(schema)?;
        rename_references(group, &mut schema);
        schemas.insert(schema_name(group, name), schema);
    }
    absent::leave_out(&mut paths, &mut schemas);
    variants::discriminate(&mut schemas);
    schemas.extend(failures::schemas(group));
    let mut paths: Map<String, Value> = serde_json::from_value(paths)?;
    for (path, item) in &mut paths {
        let operations = item.as_object_mut().into_iter().flatten();
        for (method, operation) in operations {
            if let Value::Object(operation) = operation {
                name_operation(group, operation);
                places::describe(path, operation);
                failures::complete(group, (path, method), operation);
            }
        }
    }
    Ok((paths, schemas))
}

fn name_operation(group: &Group, operation: &mut Map<String, Value>) {
    if let Some(Value::String(id)) = operation.get_mut("operationId") {
        *id = operation_id(group, id);
    }
    operation.insert("tags".to_owned(), json!([group.tag]));
    if group.access == Access::Open {
        operation.insert("security".to_owned(), json!([]));
    }
}

fn headers() -> Value {
    json!({
        "RequestId": {
            "description": "Stands beside what the server's log says of this request.",
            "schema": {"type": "string", "format": "uuid"},
        },
        "RetryAfter": {
            "description": "Seconds after which it may work.",
            "schema": {"type": "integer", "minimum": 0},
        },
        "RateLimitLimit": {
            "description": "Requests of the limit that leaves the least; absent without limits.",
            "schema": {"type": "integer", "minimum": 1},
        },
        "RateLimitRemaining": {
            "description": "How many of them are left.",
            "schema": {"type": "integer", "minimum": 0},
        },
        "RateLimitReset": {
            "description": "The Unix second from which on all of them are left, if none is used.",
            "schema": {"type": "integer", "minimum": 0},
        },
        "IdempotencyReplayed": {
            "description": "`true` if this is the stored answer of an earlier request with this key.",
            "schema": {"type": "string", "enum": ["true"]},
        },
    })
}

fn schemes() -> Value {
    json!({
        "basic": {
            "type": "http",
            "scheme": "basic",
            "description": "The API key as the user name, with an empty password.",
        },
        "bearer": {"type": "http", "scheme": "bearer", "description": "The API key."},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "outwork_session",
            "description": "The cookie of a browser that signed in; for requests of this server's own page. Where the server's public address is https, its name is `__Host-outwork_session`.",
        },
    })
}
