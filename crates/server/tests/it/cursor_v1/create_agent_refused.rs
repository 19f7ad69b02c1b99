//! `POST /v1/agents`: what is refused, with which code, naming which field.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::cursor_v0::create_agent::png;
use crate::support::{Key, Server, get, post};

struct Launches {
    server: Server,
    key: Key,
    repository: String,
}

impl Launches {
    async fn start() -> Self {
        let server = Server::start().await;
        let key = server.key("a@example.com").await;
        let repository = server.repositories.make("tools.git");
        Self {
            server,
            key,
            repository,
        }
    }

    /// A good body with these fields.
    fn with(&self, fields: &Value) -> Value {
        let mut body = json!({
            "prompt": {"text": "x"},
            "repos": [{"url": self.repository, "startingRef": "main"}],
        });
        for (field, value) in fields.as_object().unwrap() {
            body[field] = value.clone();
        }
        body
    }

    async fn refusal(&self, body: impl Into<Body>) -> (u16, String, String) {
        self.server
            .ask(post("/v1/agents").by(&self.key).body(body))
            .await
            .refusal()
    }

    /// Expects a status, a code and whole messages.
    async fn refuses<const N: usize>(&self, code: &str, cases: [(Value, &str); N]) {
        let status = if code == "feature_unavailable" {
            403
        } else {
            400
        };
        for (fields, message) in cases {
            let body = self.with(&fields);
            let refusal = self.refusal(body.to_string()).await;
            let expected = (status, code.to_owned(), message.to_owned());
            assert_eq!(refusal, expected, "{fields}");
        }
        let list = self.server.ask(get("/v1/agents").by(&self.key)).await;
        assert_eq!(list.text(), r#"{"items":[]}"#);
    }
}

#[tokio::test]
async fn unknown_keys_are_told_exactly() {
    let launches = Launches::start().await;
    let cases = [
        (json!({"foo": 1}), "'foo'"),
        (json!({"b": null, "a": {}}), "'b', 'a'"),
        (json!({"prompt": {"text": "x", "style": "y"}}), "'style'"),
        (
            json!({"prompt": {"text": "x", "images": [{"url": "https://h/x", "alt": "y"}]}}),
            "'alt'",
        ),
        (json!({"model": {"id": "auto", "name": "y"}}), "'name'"),
        (
            json!({"model": {"id": "auto", "params": [{"id": "a", "value": "b", "unit": 1}]}}),
            "'unit'",
        ),
        (json!({"env": {"type": "cloud", "size": 1}}), "'size'"),
        (
            json!({"repos": [{"url": "https://h/o/r", "ref": "main"}]}),
            "'ref'",
        ),
        (
            json!({"webhook": {"url": "https://h/x", "events": []}}),
            "'events'",
        ),
        (json!({"source": {}, "target": {}}), "'source', 'target'"),
    ];
    let cases =
        cases.map(|(fields, keys)| (fields, format!("Unrecognized key(s) in object: {keys}")));
    for (fields, message) in &cases {
        launches
            .refuses("validation_error", [(fields.clone(), message.as_str())])
            .await;
    }
}

#[tokio::test]
async fn no_body_is_told_apart() {
    let launches = Launches::start().await;
    let (status, code, _) = launches.refusal("").await;
    assert_eq!((status, code.as_str()), (400, "missing_body"));
    let (status, code, message) = launches.refusal("[]").await;
    assert_eq!((status, code.as_str()), (400, "validation_error"));
    assert_eq!(message, "the request body must be an object");
    let (_, _, message) = launches.refusal("{}").await;
    assert_eq!(message, "prompt is required");
}

#[tokio::test]
async fn a_broken_prompt_is_named() {
    let launches = Launches::start().await;
    let prompt = |value: Value| json!({"prompt": value});
    let images = |list: Value| json!({"prompt": {"text": "x", "images": list}});
    let data = STANDARD.encode(png());
    let good = json!({"data": data, "mimeType": "image/png"});
    let cases = [
        (prompt(json!("x")), "prompt must be an object"),
        (prompt(json!({})), "prompt.text is required"),
        (prompt(json!({"text": ""})), "prompt.text must not be empty"),
        (prompt(json!({"text": 5})), "prompt.text must be a string"),
        (
            images(json!([good, good, good, good, good, good])),
            "prompt must have at most 5 images",
        ),
        (
            images(json!([good, {}])),
            "prompt.images[1] must have either data or url",
        ),
        (
            images(json!([{"data": data, "url": "https://h/x"}])),
            "prompt.images[0] must have either data or url",
        ),
        (
            images(json!([{"data": data}])),
            "prompt.images[0].mimeType is required beside data",
        ),
        (
            images(json!([{"data": data, "mimeType": "image/svg+xml"}])),
            "prompt.images[0].mimeType must be image/png, image/jpeg, image/gif or image/webp",
        ),
        (
            images(json!([{"url": "https://h.example.com/x", "mimeType": "image/png"}])),
            "prompt.images[0].mimeType must not be given beside url",
        ),
        (
            images(json!([{"data": "AAAA", "mimeType": "image/png"}])),
            "prompt.images[0].data is not a png, jpeg, gif or webp image",
        ),
        (
            images(json!([{"data": data, "mimeType": "image/png", "dimension": {"width": 1}}])),
            "prompt.images[0].dimension.height is required",
        ),
    ];
    launches.refuses("validation_error", cases).await;
}

#[tokio::test]
async fn an_image_from_within_is_not_fetched() {
    let launches = Launches::start().await;
    for url in [
        "http://127.0.0.1/x.png",
        "https://169.254.169.254/",
        "ftp://h/x",
        "x",
    ] {
        let images = json!([{"url": url}]);
        let body = launches.with(&json!({"prompt": {"text": "x", "images": images}}));
        let (status, code, message) = launches.refusal(body.to_string()).await;
        assert_eq!((status, code.as_str()), (400, "validation_error"), "{url}");
        assert!(message.starts_with("prompt.images[0].url "), "{message}");
    }
}

#[tokio::test]
async fn a_broken_model_name_or_id_is_named() {
    let launches = Launches::start().await;
    let model = |value: Value| json!({"model": value});
    let long = "n".repeat(101);
    let cases = [
        (model(json!("auto")), "model must be an object"),
        (model(json!({})), "model.id is required"),
        (model(json!({"id": ""})), "model.id must not be empty"),
        (
            model(json!({"id": "auto", "params": [{"id": "effort"}]})),
            "model.params[0].value is required",
        ),
        (
            model(json!({"id": "script", "params": [{"id": "effort", "value": "high"}]})),
            "model.params[0].id is no parameter of the model 'script'",
        ),
        (json!({"name": ""}), "name must not be empty"),
        (json!({"name": long}), "name must be at most 100 characters"),
        (
            json!({"agentId": "x"}),
            "agentId must be bc- followed by a UUID",
        ),
        (
            json!({"agentId": "bc-00000000-0000-0000-0000-000000000000"}),
            "agentId must be bc- followed by a UUID",
        ),
        (
            json!({"agentId": "bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11", "envVars": {}}),
            "agentId cannot be combined with envVars",
        ),
        (json!({"mode": "dream"}), "mode must be agent or plan"),
        (
            json!({"envVars": {"A B": "v"}}),
            "envVars: the variable name \"A B\" must match [A-Za-z_][A-Za-z0-9_]*",
        ),
        (
            json!({"runEnvVars": {"1X": "v"}}),
            "runEnvVars: the variable name \"1X\" must match [A-Za-z_][A-Za-z0-9_]*",
        ),
        (
            json!({"envVars": {"": "v"}}),
            "envVars: a variable's name must be 1 to 255 bytes",
        ),
        (
            json!({"envVars": {"CURSOR_X": "v"}}),
            "envVars: the variable name \"CURSOR_X\" must not start with CURSOR_",
        ),
    ];
    launches.refuses("validation_error", cases).await;
    let cases = [(
        model(json!({"id": "gpt-0"})),
        "Model 'gpt-0' is not available or invalid",
    )];
    launches.refuses("invalid_model", cases).await;
}

#[tokio::test]
async fn a_broken_place_or_repository_is_named() {
    let launches = Launches::start().await;
    let repos = |list: Value| json!({"repos": list});
    let same = json!([{"url": launches.repository}, {"url": launches.repository}]);
    let many = vec![json!({"url": "https://h/o/r"}); 21];
    let cases = [
        (json!({"env": {}}), "env.type is required"),
        (
            json!({"env": {"type": "pool"}}),
            "env.name: there is no pool 'default'",
        ),
        (
            json!({"env": {"type": "machine", "name": "m"}}),
            "env.name: there is no machine 'm'",
        ),
        (
            json!({"env": {"type": "cloud", "name": "e"}}),
            "repos cannot be combined with a named environment",
        ),
        (repos(json!([{}])), "repos[0].url is required"),
        (repos(json!(many)), "repos must have at most 20 entries"),
        (repos(same), "repos[1] is the same repository as repos[0]"),
        (
            repos(json!([{"url": launches.repository, "prUrl": "x"}])),
            "repos[0].prUrl must be a URI",
        ),
        (
            json!({"metadata": {"": "x"}}),
            "metadata: keys must be 1 to 255 bytes without NUL",
        ),
        (json!({"metadata": {"k": 5}}), "metadata.k must be a string"),
        (
            json!({"workOnCurrentBranch": true, "autoGenerateBranch": true}),
            "autoGenerateBranch is the opposite of workOnCurrentBranch",
        ),
    ];
    launches.refuses("validation_error", cases).await;
}

#[tokio::test]
async fn a_branch_that_may_not_be_written_is_refused() {
    let launches = Launches::start().await;
    let here = |start: &Value| json!([{"url": launches.repository, "startingRef": start}]);
    let cases = [
        (
            json!({"branchName": "a..b"}),
            "branchName: not a legal git branch name",
        ),
        (
            json!({"branchName": "a", "workOnCurrentBranch": true}),
            "branchName cannot be combined with workOnCurrentBranch",
        ),
        (
            json!({"workOnCurrentBranch": true, "repos": here(&Value::Null)}),
            "workOnCurrentBranch: without startingRef that is the default branch, which is never written",
        ),
        (
            json!({"workOnCurrentBranch": true}),
            "main is the default branch, which is never written",
        ),
        (
            json!({"branchName": "main"}),
            "main is the default branch, which is never written",
        ),
    ];
    for (fields, message) in cases {
        let (status, code, said) = launches.refusal(launches.with(&fields).to_string()).await;
        assert_eq!(
            (status, code.as_str()),
            (400, "invalid_branch_name"),
            "{fields}"
        );
        if !message.starts_with("branchName: ") {
            assert_eq!(said, message, "{fields}");
        }
    }
    let nothing = json!({"repos": []});
    for field in [
        json!({"branchName": "a"}),
        json!({"workOnCurrentBranch": true}),
    ] {
        let mut body = launches.with(&field);
        body["repos"] = nothing["repos"].clone();
        let (status, code, _) = launches.refusal(body.to_string()).await;
        assert_eq!((status, code.as_str()), (400, "repository_required"));
    }
}

#[tokio::test]
async fn what_is_out_of_reach_has_codes_of_its_own() {
    let launches = Launches::start().await;
    for (repo, code) in [
        (json!({"url": "file:///srv/elsewhere"}), "repository_access"),
        (json!({"url": "https://localhost/o/r"}), "repository_access"),
        (json!({"url": "https://10.0.0.1/o/r"}), "repository_access"),
        (
            json!({"url": launches.repository, "prUrl": "https://h/o/r/pull/1"}),
            "pr_resolution_failed",
        ),
    ] {
        let body = launches.with(&json!({"repos": [repo]}));
        let (status, told, _) = launches.refusal(body.to_string()).await;
        assert_eq!((status, told.as_str()), (400, code));
    }
}

#[tokio::test]
async fn what_is_not_to_be_had_is_said_in_words() {
    let launches = Launches::start().await;
    let cases = [
        (
            json!({"mcpServers": [{"name": "a", "command": "npx"}]}),
            "mcpServers: this server cannot give MCP servers to agents",
        ),
        (
            json!({"customSubagents": [{"name": "a", "description": "d", "prompt": "p"}]}),
            "customSubagents: this server's agents do not delegate to subagents",
        ),
    ];
    launches.refuses("feature_unavailable", cases).await;
    let cases = [(
        json!({"mcpServers": [{"name": "a", "command": "npx"}], "mode": "x"}),
        "mode must be agent or plan",
    )];
    launches.refuses("validation_error", cases).await;
}
