//! Whether a call can be carried out at all: a known tool, and arguments of the right shape.
//!
//! Only what a schema of ours says is checked: object, known and required fields, plain types. What
//! the arguments mean is the tool's matter.

use outwork_domain::{ToolCall, ToolDefinition};
use serde_json::Value;

/// What is wrong with the call, in words for the model; `None` if nothing is.
pub(super) fn fault_of(call: &ToolCall, tools: &[ToolDefinition]) -> Option<String> {
    let Some(tool) = tools.iter().find(|tool| tool.name == call.name) else {
        let names: Vec<&str> = tools.iter().map(|tool| tool.name).collect();
        return Some(format!(
            "there is no tool {:?}; the tools are: {}",
            head(&call.name),
            names.join(", ")
        ));
    };
    let Value::Object(arguments) = &call.arguments else {
        return Some(format!(
            "the arguments are not a JSON object: {}",
            head(&words_of(&call.arguments))
        ));
    };
    let properties = tool.parameters.get("properties").and_then(Value::as_object);
    let required = tool.parameters.get("required").and_then(Value::as_array);
    let required = || required.into_iter().flatten().filter_map(Value::as_str);
    if let Some(name) = required().find(|name| arguments.get(*name).is_none_or(Value::is_null)) {
        return Some(format!("the argument {name:?} is missing"));
    }
    for (name, value) in arguments {
        let Some(schema) = properties.and_then(|properties| properties.get(name)) else {
            return Some(format!("there is no argument {:?}", head(name)));
        };
        // Models write null for what they leave out.
        let fits = value.is_null() || fits(value, schema.get("type"));
        if !fits {
            let wanted = schema.get("type").map_or_else(String::new, words_of);
            return Some(format!("the argument {name:?} must be of type {wanted}"));
        }
    }
    None
}

fn fits(value: &Value, kind: Option<&Value>) -> bool {
    match kind {
        Some(Value::String(kind)) => is_of(value, kind),
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .any(|kind| is_of(value, kind)),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => true,
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}

fn words_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn head(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(name: &str, arguments: Value) -> Option<String> {
        let tool = ToolDefinition {
            name: "shell",
            description: "",
            parameters: json!({
                "type": "object",
                "properties": {
                    "command": {"type": "string"},
                    "timeout_secs": {"type": ["integer", "null"]},
                },
                "required": ["command"],
            }),
        };
        let call = ToolCall {
            id: "1".to_owned(),
            name: name.to_owned(),
            arguments,
        };
        fault_of(&call, &[tool])
    }

    #[test]
    fn takes_what_fits() {
        for good in [
            json!({"command": "ls"}),
            json!({"command": "ls", "timeout_secs": 5}),
            json!({"command": "ls", "timeout_secs": null}),
        ] {
            assert_eq!(fault("shell", good), None);
        }
    }

    #[test]
    fn names_what_does_not() {
        let faults = [
            fault("sheel", json!({"command": "ls"})),
            fault("shell", json!("{\"command\": \"l")),
            fault("shell", json!({})),
            fault("shell", json!({"command": null})),
            fault("shell", json!({"command": "ls", "cwd": "/"})),
            fault("shell", json!({"command": ["ls"]})),
            fault("shell", json!({"command": "ls", "timeout_secs": 1.5})),
        ];
        assert_eq!(
            faults.map(Option::unwrap),
            [
                "there is no tool \"sheel\"; the tools are: shell",
                "the arguments are not a JSON object: {\"command\": \"l",
                "the argument \"command\" is missing",
                "the argument \"command\" is missing",
                "there is no argument \"cwd\"",
                "the argument \"command\" must be of type string",
                "the argument \"timeout_secs\" must be of type [\"integer\",\"null\"]",
            ]
        );
    }
}
