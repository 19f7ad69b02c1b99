//! The parameters of paths that many operations share, described once.

use serde_json::{Map, Value, json};

/// What a path's `{part}` names, by the part before it.
const KNOWN: &[(&str, &str, &str, &str)] = &[
    (
        "agents",
        "The agent: `bc-` and a UUID; upper and lower case are alike.",
        "^[bB][cC][-_][A-Za-z0-9-]{1,64}$",
        "bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11",
    ),
    (
        "agent",
        "The project, by its id or alias.",
        "^[A-Za-z0-9._-]{1,64}$",
        "docs",
    ),
    (
        "job",
        "The job: the agent's UUID, with or without `bc-` before it.",
        "^([bB][cC]-)?[A-Za-z0-9-]{1,64}$",
        "0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11",
    ),
    (
        "sessions",
        "The session: the agent's UUID, with or without `bc-` before it; behind it, where a method is \
         called, a colon and the method.",
        "^([bB][cC]-)?[A-Za-z0-9-]{1,64}(:[A-Za-z]{1,20})?$",
        "0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11",
    ),
    (
        "activities",
        "The activity.",
        "^[0-9a-f]{32}$",
        "00000000000000000000000000000700",
    ),
    (
        "runs",
        "The run: `run-` and a UUID; upper and lower case are alike.",
        "^[rR][uU][nN]-[A-Za-z0-9-]{1,64}$",
        "run-0190f6a2-7c1e-7d3a-8b53-3a1f7f0f9e11",
    ),
];

/// What a malformed id is refused below; elsewhere it is as unknown as any other.
const REFUSING: [&str; 3] = ["/v0/agents/", "/api/v1/agents/", "/api/v1/pull-requests/"];

/// Whether a malformed id in the path is a fault of its own, and not just that of nothing.
pub(super) fn refuses_malformed(path: &str) -> bool {
    REFUSING.iter().any(|start| path.starts_with(start))
}

/// Describes the parts of a path that are not described yet.
pub(super) fn describe(path: &str, operation: &mut Map<String, Value>) {
    let parts: Vec<&str> = path.split('/').collect();
    for pair in parts.windows(2) {
        let [before, part] = pair else { continue };
        let Some(name) = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'))
        else {
            continue;
        };
        let Some((_, about, pattern, example)) = KNOWN.iter().find(|known| known.0 == *before)
        else {
            continue;
        };
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        let Value::Array(parameters) = parameters else {
            continue;
        };
        if !parameters.iter().any(|there| there["name"] == *name) {
            let described = json!({
                "name": name, "in": "path", "required": true, "description": about,
                "schema": {"type": "string", "pattern": pattern}, "example": example,
            });
            parameters.insert(0, described);
        }
    }
}
