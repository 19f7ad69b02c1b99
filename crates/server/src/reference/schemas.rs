//! Schemas as HTML: a table of fields, types with links to the schemas that they name.

use std::fmt::Write;

use serde_json::Value;

use super::examples::referred;
use super::page::prose;
use crate::encoding::html;

/// The section of a named schema.
pub(super) fn write_schema(page: &mut String, name: &str, schema: &Value) {
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(
        page,
        "<article id=\"schema-{0}\"><h3><a href=\"#schema-{0}\">{0}</a></h3>",
        html(name)
    );
    if let Some(about) = schema.get("description").and_then(Value::as_str) {
        let _ = writeln!(page, "<p>{}</p>", prose(about));
    }
    write_shape(page, schema);
    page.push_str("</article>\n");
}

/// The fields of an object, or the type of anything else.
pub(super) fn write_shape(page: &mut String, schema: &Value) {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        let _ = writeln!(page, "<p class=\"type\">{}</p>", type_of(schema));
        for part in schema
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if part.get("properties").is_some() {
                write_shape(page, part);
            }
        }
        return;
    };
    let required = schema.get("required").and_then(Value::as_array);
    page.push_str("<dl class=\"fields\">\n");
    for (name, property) in properties {
        let needed = required.is_some_and(|names| names.iter().any(|one| one == name));
        let need = if needed { "" } else { " <i>optional</i>" };
        let _ = write!(
            page,
            "<dt><code>{}</code> <span class=\"type\">{}</span>{need}</dt><dd>",
            html(name),
            type_of(property)
        );
        if let Some(about) = property.get("description").and_then(Value::as_str) {
            page.push_str(&prose(about));
        }
        page.push_str(&limits(property));
        page.push_str("</dd>\n");
    }
    page.push_str("</dl>\n");
}

/// A type in words, as HTML.
pub(super) fn type_of(schema: &Value) -> String {
    if let Some(name) = referred(schema) {
        let name = html(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    let of = |list: &Value, between: &str| {
        let types: Vec<String> = list.as_array().into_iter().flatten().map(type_of).collect();
        types.join(between)
    };
    if let Some(choices) = schema.get("oneOf") {
        return of(choices, " or ");
    }
    if let Some(parts) = schema.get("allOf") {
        return of(parts, " with ");
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<String> = words
            .iter()
            .map(|word| format!("<code>{}</code>", html(&word.to_string())))
            .collect();
        return words.join(" or ");
    }
    match schema.get("type") {
        Some(Value::String(kind)) if kind == "array" => {
            format!("list of {}", type_of(&schema["items"]))
        }
        Some(Value::Array(kinds)) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            let list = kinds.contains(&"array");
            let text = html(&kinds.join(" or "));
            if list {
                format!("{text} of {}", type_of(&schema["items"]))
            } else {
                text
            }
        }
        Some(Value::String(kind)) => html(kind),
        Some(_) | None => "anything".to_owned(),
    }
}

/// The limits of a value, as HTML.
pub(super) fn limits(schema: &Value) -> String {
    let Value::Object(schema) = schema else {
        return String::new();
    };
    let mut told = Vec::new();
    for (key, words) in [
        ("format", "format"),
        ("minLength", "characters at least"),
        ("maxLength", "characters at most"),
        ("minimum", "at least"),
        ("maximum", "at most"),
        ("maxItems", "items at most"),
        ("pattern", "pattern"),
        ("default", "default"),
    ] {
        if let Some(value) = schema.get(key) {
            told.push(format!("{words} <code>{}</code>", plain(value)));
        }
    }
    if told.is_empty() {
        return String::new();
    }
    format!(" <small>{}</small>", told.join(", "))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => html(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            html(&value.to_string())
        }
    }
}
