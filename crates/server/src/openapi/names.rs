//! Names that are alike in several groups, made different.

use serde_json::{Map, Value};

use super::surfaces::Group;

const REFERENCE: &str = "#/components/schemas/";

/// The pieces of [`crate::wire`], which all groups share.
const SHARED: &[&str] = &["Moment", "WireAgentId", "WireRunId"];

/// The name of a type's schema: `AgentBody` of v0 is `V0Agent`.
pub(super) fn schema_name(group: &Group, name: &str) -> String {
    if SHARED.contains(&name) {
        return name.strip_prefix("Wire").unwrap_or(name).to_owned();
    }
    let name = name.strip_suffix("Body").unwrap_or(name);
    format!("{}{name}", group.prefix)
}

/// The name of a handler's operation: `create_agent` of v0 is `v0CreateAgent`.
pub(super) fn operation_id(group: &Group, handler: &str) -> String {
    let mut id = group.prefix.to_lowercase();
    for (place, word) in handler.split('_').enumerate() {
        let mut rest = word.chars();
        let first = rest.next().into_iter();
        if place == 0 && id.is_empty() {
            id.extend(first);
        } else {
            id.extend(first.flat_map(char::to_uppercase));
        }
        id.push_str(rest.as_str());
    }
    id
}

/// Lets every reference name the schemas as they are called now.
pub(super) fn rename_references(group: &Group, value: &mut Value) {
    each_object(value, &mut |object| {
        if let Some(Value::String(reference)) = object.get_mut("$ref")
            && let Some(name) = reference.strip_prefix(REFERENCE)
        {
            *reference = reference_to(&schema_name(group, name));
        }
    });
}

/// How a schema is referred to.
pub(super) fn reference_to(name: &str) -> String {
    format!("{REFERENCE}{name}")
}

/// The schema that an object refers to, if it does.
pub(super) fn referred(object: &Map<String, Value>) -> Option<&str> {
    object.get("$ref")?.as_str()?.strip_prefix(REFERENCE)
}

/// Changes every object of a document, outer ones first.
pub(super) fn each_object(value: &mut Value, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            change(object);
            for inner in object.values_mut() {
                each_object(inner, change);
            }
        }
        Value::Array(list) => {
            for inner in list {
                each_object(inner, change);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::surfaces::{CURSOR_V0, NATIVE};
    use super::*;

    #[test]
    fn names_tell_the_group() {
        assert_eq!(schema_name(&CURSOR_V0, "AgentBody"), "V0Agent");
        assert_eq!(schema_name(&CURSOR_V0, "WireAgentId"), "AgentId");
        assert_eq!(operation_id(&CURSOR_V0, "create_agent"), "v0CreateAgent");
        assert_eq!(operation_id(&NATIVE, "create_agent"), "createAgent");
    }

    #[test]
    fn references_follow() {
        let mut value = serde_json::json!([{"$ref": "#/components/schemas/AgentBody"}]);
        rename_references(&CURSOR_V0, &mut value);
        assert_eq!(value[0]["$ref"], "#/components/schemas/V0Agent");
    }
}
