//! The whole page: contents, operations by group, schemas. Every text of the document is escaped.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::operations::Operation;
use super::schemas::write_schema;
use crate::encoding::html;

/// The page's stylesheet, which its policy names by hash.
pub(super) const STYLE: &str = include_str!("reference.css");

/// Writes the page of a document, for a server at that address.
pub(super) fn write_page(document: &Value, server: &str) -> String {
    let info = &document["info"];
    let word = |key: &str| html(info[key].as_str().unwrap_or_default());
    let (title, version) = (word("title"), word("version"));
    let about = prose(info["description"].as_str().unwrap_or_default());
    let empty = Map::new();
    let schemas = document["components"]["schemas"]
        .as_object()
        .unwrap_or(&empty);
    let operations = operations(document);
    let groups = document["tags"].as_array().map_or(&[][..], Vec::as_slice);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} API</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <header><h1>{title} API <small>{version}</small></h1>\n<p>{about}</p>\n\
         <p>Send an API key as the user name of Basic authentication, with an empty password, or as a \
         Bearer token. The same for programs: <a href=\"/openapi.json\">openapi.json</a> \
         (OpenAPI 3.1).</p></header>\n"
    );
    write_contents(&mut page, groups, &operations);
    page.push_str("<main>\n");
    for group in groups {
        let of_group = operations.iter().filter(|one| one.is_of(&group["name"]));
        write_group_head(&mut page, group);
        for operation in of_group {
            operation.write(&mut page, schemas, server);
        }
        page.push_str("</section>\n");
    }
    page.push_str("<section id=\"schemas\"><h2>Schemas</h2>\n");
    for (name, schema) in schemas {
        write_schema(&mut page, name, schema);
    }
    page.push_str("</section>\n</main>\n</body>\n</html>\n");
    page
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let operations = item.as_object().into_iter().flatten();
            operations.filter_map(move |(method, operation)| {
                let object = operation.as_object()?;
                Some(Operation {
                    method,
                    path,
                    object,
                })
            })
        })
        .collect()
}

fn write_contents(page: &mut String, groups: &[Value], operations: &[Operation<'_>]) {
    page.push_str("<nav><details><summary>Contents</summary>\n");
    for group in groups {
        let name = group["name"].as_str().unwrap_or_default();
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(
            page,
            "<h2><a href=\"#{}\">{}</a></h2>\n<ul>",
            anchor(name),
            html(name)
        );
        for operation in operations.iter().filter(|one| one.is_of(&group["name"])) {
            let _ = writeln!(
                page,
                "<li><a href=\"#{}\"><b>{}</b> <code>{}</code></a></li>",
                html(operation.id()),
                html(&operation.method.to_uppercase()),
                html(operation.path),
            );
        }
        page.push_str("</ul>\n");
    }
    page.push_str("<h2><a href=\"#schemas\">Schemas</a></h2>\n</details></nav>\n");
}

fn write_group_head(page: &mut String, group: &Value) {
    let word = |key: &str| group[key].as_str().unwrap_or_default();
    let name = word("name");
    let _ = write!(
        page,
        "<section id=\"{}\"><h2>{}</h2>\n<p>{}</p>\n",
        anchor(name),
        html(name),
        prose(word("description"))
    );
}

fn anchor(name: &str) -> String {
    html(&name.to_lowercase().replace(' ', "-"))
}

/// Text with words in backquotes as HTML.
pub(super) fn prose(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 16);
    for (place, part) in text.split('`').enumerate() {
        let part = html(part);
        if place % 2 == 1 {
            let _ = write!(written, "<code>{part}</code>");
        } else {
            written.push_str(&part);
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_of_the_document_becomes_markup() {
        let evil = "<script>alert(1)</script>\"'";
        let document = json!({
            "info": {"title": evil, "description": evil, "version": evil},
            "tags": [{"name": evil, "description": evil}],
            "paths": {evil: {evil: {
                "operationId": evil, "tags": [evil], "summary": evil, "description": evil,
                "parameters": [{"name": evil, "in": evil, "description": evil,
                    "example": evil, "schema": {"type": evil, "pattern": evil, "default": evil}}],
                "requestBody": {"content": {evil: {"schema": {"example": evil, "enum": [evil]}}}},
                "responses": {evil: {"description": evil,
                    "content": {evil: {"schema": {"$ref": evil}}}}},
            }}},
            "components": {"schemas": {evil: {"description": evil, "properties": {
                evil: {"type": [evil], "description": evil, "format": evil},
            }}}},
        });
        let page = write_page(&document, "http://127.0.0.1");
        assert!(page.contains("&lt;script&gt;"));
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("\"'"), "{page}");
    }

    #[test]
    fn words_in_backquotes_are_code() {
        assert_eq!(prose("say `a<b` twice"), "say <code>a&lt;b</code> twice");
    }
}
