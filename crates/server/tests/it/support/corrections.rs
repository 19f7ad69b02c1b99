//! Where the vendor's document of v1 is behind what the vendor's own clients and newer pages show, or
//! behind what this server adds on purpose. Each line says why.

use serde_json::{Value, json};

/// Corrects the document.
pub fn correct_v1(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    flatten_agent(schemas);
    objects(schemas);
    requests(schemas);
    errors(schemas);
    answers(&mut document["paths"]);
}

/// `allOf` of two objects cannot be closed: both would refuse the other's fields.
fn flatten_agent(schemas: &mut Value) {
    let own = schemas["Agent"]["allOf"][1]["properties"].clone();
    let mut whole = schemas["AgentSummary"].clone();
    let properties = whole["properties"].as_object_mut().unwrap();
    properties.extend(own.as_object().unwrap().clone());
    schemas["Agent"] = whole;
}

fn objects(schemas: &mut Value) {
    let model = json!({"$ref": "#/components/schemas/ModelRef"});
    for name in ["AgentSummary", "Agent"] {
        // The newer page has IDLE, and its clients know it.
        schemas[name]["properties"]["status"]["enum"] = json!(["ACTIVE", "IDLE", "ARCHIVED"]);
    }
    let agent = &mut schemas["Agent"]["properties"];
    // Official clients send these and read them back.
    agent["openAsCursorGithubApp"] = json!({"type": "boolean"});
    agent["metadata"] = json!({"type": "object", "additionalProperties": {"type": "string"}});
    // Ours: what an earlier v1 had, and what answers.
    agent["branchName"] = json!({"type": "string", "minLength": 1});
    agent["model"] = model.clone();
    let run = &mut schemas["Run"]["properties"];
    // Official clients read both.
    run["requestId"] = json!({"type": "string", "minLength": 1});
    run["error"] = json!({
        "type": "object",
        "required": ["message"],
        "properties": {"message": {"type": "string"}, "code": {"type": "string"}},
    });
    run["model"] = model;
    // Official clients read the cost, in all and of each run.
    let cost = json!({
        "type": "object",
        "required": ["rawCostCents", "chargedCents"],
        "properties": {"rawCostCents": {"type": "number"}, "chargedCents": {"type": "number"}},
    });
    schemas["AgentUsageResponse"]["properties"]["cost"] = cost.clone();
    schemas["RunUsage"]["properties"]["cost"] = cost;
}

/// Newer pages give some conflicts more than a message.
fn errors(schemas: &mut Value) {
    let error = &mut schemas["Error"]["properties"]["error"]["properties"];
    error["environmentId"] = json!({"type": "string", "format": "uuid"});
    error["versions"] = json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["id", "repos"],
            "properties": {
                "id": {"type": "string"},
                "repos": {"type": "array", "items": {"type": "string"}},
            },
        },
    });
}

fn requests(schemas: &mut Value) {
    let variables = schemas["CreateAgentRequest"]["properties"]["envVars"].clone();
    let agent = &mut schemas["CreateAgentRequest"]["properties"];
    // Official clients send these.
    agent["runEnvVars"] = variables.clone();
    agent["metadata"] = json!({"type": "object", "additionalProperties": {"type": "string"}});
    agent["agentServeAgent"] = json!({"type": "string"});
    agent["openAsCursorGithubApp"] = json!({"type": "boolean"});
    // Ours: what an earlier v1 had, and what v0 has.
    agent["branchName"] = json!({"type": "string", "minLength": 1, "maxLength": 200});
    agent["webhook"] = json!({
        "type": "object",
        "required": ["url"],
        "properties": {
            "url": {"type": "string", "format": "uri", "maxLength": 2048},
            "secret": {"type": "string", "minLength": 32, "maxLength": 256},
        },
    });
    let run = &mut schemas["CreateRunRequest"]["properties"];
    // Official clients send these.
    run["model"] = json!({"$ref": "#/components/schemas/ModelRef"});
    run["envVars"] = variables;
    // "inherit" is also "an explicit model id", so exactly one cannot be meant.
    let model = schemas["CustomSubagent"]["properties"]["model"]
        .as_object_mut()
        .unwrap();
    let any = model.remove("oneOf").unwrap();
    model.insert("anyOf".to_owned(), any);
}

fn answers(paths: &mut Value) {
    let invalid = json!({"$ref": "#/components/responses/BadRequest"});
    // A page size or cursor can be wrong here as on the list of agents.
    paths["/v1/agents/{id}/runs"]["get"]["responses"]["400"] = invalid.clone();
    for path in ["archive", "unarchive", "runs/{runId}/cancel"] {
        // Ours: any POST may carry an idempotency key, which may be malformed.
        let responses = &mut paths[format!("/v1/agents/{{id}}/{path}")]["post"]["responses"];
        responses["400"] = invalid.clone();
    }
    inline(paths);
}

/// Answers stand beside their statuses, as those of v0 do.
fn inline(paths: &mut Value) {
    let error = json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}});
    for operation in paths
        .as_object_mut()
        .unwrap()
        .values_mut()
        .flat_map(|path| path.as_object_mut().unwrap().values_mut())
    {
        let Some(responses) = operation["responses"].as_object_mut() else {
            continue;
        };
        for response in responses.values_mut() {
            // All of them are the one shape of a failure.
            if response.get("$ref").is_some() {
                *response = error.clone();
            }
        }
    }
}
