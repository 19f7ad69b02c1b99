//! An operation as HTML: what it takes, what it answers, and how it is asked with curl.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::examples::{example, resolve};
use super::page::prose;
use super::schemas::{limits, type_of};
use crate::encoding::{self, html};

/// An operation with its place.
pub(super) struct Operation<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) object: &'a Map<String, Value>,
}

impl<'a> Operation<'a> {
    /// Its name in the document, and its anchor.
    pub(super) fn id(&self) -> &'a str {
        self.text("operationId")
    }

    pub(super) fn summary(&self) -> &'a str {
        self.text("summary")
    }

    pub(super) fn is_of(&self, tag: &Value) -> bool {
        self.list("tags").contains(tag)
    }

    fn text(&self, key: &str) -> &'a str {
        self.object.get(key).and_then(Value::as_str).unwrap_or("")
    }

    fn list(&self, key: &str) -> &'a [Value] {
        let list = self.object.get(key).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }

    /// Its section.
    pub(super) fn write(&self, page: &mut String, schemas: &Map<String, Value>, server: &str) {
        let (method, path) = (html(&self.method.to_uppercase()), html(self.path));
        // Writing to a String cannot fail, here and below.
        let _ = write!(
            page,
            "<article id=\"{id}\"><h3><a href=\"#{id}\"><b class=\"{method}\">{method}</b> \
             <code>{path}</code></a></h3>\n<p><strong>{}</strong> {}</p>\n",
            prose(self.summary()),
            prose(self.text("description")),
            id = html(self.id()),
        );
        self.write_parameters(page);
        let body = self.body();
        if let Some(schema) = body {
            let _ = writeln!(
                page,
                "<h4>Body</h4>\n<p class=\"type\">{}</p>",
                type_of(schema)
            );
        }
        self.write_responses(page, schemas);
        let curl = html(&self.curl(body.map(|body| example(body, schemas)), server));
        let _ = writeln!(page, "<h4>Ask</h4>\n<pre>{curl}</pre>\n</article>");
    }

    fn body(&self) -> Option<&'a Value> {
        let body = self.object.get("requestBody")?;
        body.get("content")?
            .as_object()?
            .values()
            .next()?
            .get("schema")
    }

    fn write_parameters(&self, page: &mut String) {
        let parameters = self.list("parameters");
        if parameters.is_empty() {
            return;
        }
        page.push_str("<h4>Parameters</h4>\n<dl class=\"fields\">\n");
        for parameter in parameters {
            let word = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or("");
            let need = if parameter["required"] == true {
                ""
            } else {
                " <i>optional</i>"
            };
            let _ = writeln!(
                page,
                "<dt><code>{}</code> <span class=\"type\">{} in {}</span>{need}</dt><dd>{}{}</dd>",
                html(word("name")),
                type_of(&parameter["schema"]),
                html(word("in")),
                prose(word("description")),
                limits(&parameter["schema"]),
            );
        }
        page.push_str("</dl>\n");
    }

    fn write_responses(&self, page: &mut String, schemas: &Map<String, Value>) {
        let Some(Value::Object(responses)) = self.object.get("responses") else {
            return;
        };
        page.push_str("<h4>Answers</h4>\n<dl class=\"answers\">\n");
        for (status, response) in responses {
            let about = response.get("description").and_then(Value::as_str);
            let _ = write!(
                page,
                "<dt><b class=\"s{}\">{}</b></dt><dd>{}",
                html(status.get(..1).unwrap_or_default()),
                html(status),
                prose(about.unwrap_or_default())
            );
            let contents = response.get("content").and_then(Value::as_object);
            for (media_type, content) in contents.into_iter().flatten() {
                let kind = type_of(&content["schema"]);
                let media_type = html(media_type);
                let _ = write!(page, " <small>{media_type}: {kind}</small>");
            }
            if status.starts_with('2') {
                write_example(page, contents, schemas);
            }
            page.push_str("</dd>\n");
        }
        page.push_str("</dl>\n");
    }

    fn curl(&self, body: Option<Value>, server: &str) -> String {
        let mut path = self.path.to_owned();
        let mut query = Vec::new();
        for parameter in self.list("parameters") {
            let name = parameter["name"].as_str().unwrap_or_default();
            let value = match &parameter["example"] {
                Value::String(text) => text.clone(),
                Value::Null => continue,
                other
                @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                    other.to_string()
                }
            };
            match parameter["in"].as_str() {
                Some("path") => {
                    path = path.replace(&format!("{{{name}}}"), &encoding::path(&value));
                }
                Some("query") if parameter["required"] == true => {
                    query.push(format!("{name}={}", encoding::path(&value)));
                }
                Some(_) | None => {}
            }
        }
        let query = if query.is_empty() {
            String::new()
        } else {
            format!("?{}", query.join("&"))
        };
        let mut text = "curl".to_owned();
        // An empty list of its own means that no key is asked for.
        let open = self.object.contains_key("security") && self.list("security").is_empty();
        if !open {
            text.push_str(" --user \"$OUTWORK_API_KEY:\"");
        }
        if self.method != "get" && (self.method != "post" || body.is_none()) {
            let _ = write!(text, " --request {}", self.method.to_uppercase());
        }
        if let Some(body) = body {
            let json = serde_json::to_string_pretty(&body).unwrap_or_default();
            let json = json.replace('\'', "'\\''");
            let _ = write!(
                text,
                " --header 'content-type: application/json' --data '{json}'"
            );
        }
        let _ = write!(text, " '{server}{path}{query}'");
        text
    }
}

fn write_example(
    page: &mut String,
    contents: Option<&Map<String, Value>>,
    schemas: &Map<String, Value>,
) {
    let schema = contents.and_then(|contents| contents.get("application/json")?.get("schema"));
    let Some(schema) = schema.filter(|schema| resolve(schema, schemas)["type"] == "object") else {
        return;
    };
    let value = example(schema, schemas);
    let text = serde_json::to_string_pretty(&value).unwrap_or_default();
    let _ = write!(page, "\n<pre>{}</pre>", html(&text));
}
