//! `POST /v0/agents`: what is refused, with which code, naming which field.

use std::io::Error;

use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::create_agent::png;
use crate::support::{Key, Server, get, oracle, post};

const LIMIT: &str = "the request body is larger than 105000000 bytes";

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

    /// A good body, changed at one place.
    fn with(&self, pointer: &str, value: Value) -> Value {
        let mut body = json!({
            "prompt": {"text": "x", "images": []},
            "source": {"repository": self.repository},
            "target": {},
            "webhook": {"url": "https://hooks.example.com/x"},
        });
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[field] = value;
        body
    }

    async fn refusal(&self, body: Body) -> (u16, String, String) {
        self.server
            .ask(post("/v0/agents").by(&self.key).body(body))
            .await
            .refusal()
    }

    /// Expects each to be against the specification's schema, and the server to say so in these words.
    async fn refuses<const N: usize>(&self, pointer: &str, cases: [(Value, &str); N]) {
        for (value, message) in cases {
            let body = self.with(pointer, value);
            let (status, code, said) = self.refusal(body.to_string().into()).await;
            let refusal = (status, code.as_str(), said.as_str());
            assert_eq!(refusal, (400, "validation_error", message), "{pointer}");
            assert!(
                !oracle().takes(&Method::POST, "/v0/agents", &body),
                "{pointer}: {message}"
            );
        }
    }

    /// Expects a code, and words in the message, for what the schema cannot judge.
    async fn refuses_as<const N: usize>(&self, code: &str, cases: [(&str, Value, &str); N]) {
        for (pointer, value, words) in cases {
            let body = self.with(pointer, value);
            let (status, told, said) = self.refusal(body.to_string().into()).await;
            assert_eq!((status, told.as_str()), (400, code), "{pointer}: {said}");
            assert!(
                said.contains(words),
                "{pointer}: {said:?} without {words:?}"
            );
        }
        let list = self.server.ask(get("/v0/agents").by(&self.key)).await;
        assert_eq!(list.text(), r#"{"agents":[]}"#);
    }
}

#[tokio::test]
async fn the_unchanged_body_is_accepted() {
    let launches = Launches::start().await;
    let body = launches.with("/prompt/text", json!("y"));
    assert!(oracle().takes(&Method::POST, "/v0/agents", &body));
    let ask = post("/v0/agents").by(&launches.key).json(&body);
    assert_eq!(launches.server.ask(ask).await.status, 201);
}

#[tokio::test]
async fn a_broken_prompt_is_named() {
    let launches = Launches::start().await;
    let cases = [
        (json!("x"), "prompt must be an object"),
        (json!(["x"]), "prompt must be an object"),
        (json!({}), "prompt.text is required"),
        (json!({"text": 5}), "prompt.text must be a string"),
        (json!({"text": ""}), "prompt.text must not be empty"),
        (
            json!({"text": "x", "images": {}}),
            "prompt.images must be an array",
        ),
        (
            json!({"text": "x", "images": "x"}),
            "prompt.images must be an array",
        ),
    ];
    launches.refuses("/prompt", cases).await;
}

#[tokio::test]
async fn a_broken_image_is_named() {
    let launches = Launches::start().await;
    let data = STANDARD.encode(png());
    let second = |data: Value| json!([{"data": STANDARD.encode(png())}, {"data": data}]);
    let sized = |dimension: Value| json!([{"data": data, "dimension": dimension}]);
    let cases = [
        (json!(["x"]), "prompt.images[0] must be an object"),
        (json!([{}]), "prompt.images[0].data is required"),
        (second(json!(5)), "prompt.images[1].data must be a string"),
        (second(json!("")), "prompt.images[1].data is empty"),
        (
            sized(json!([1, 1])),
            "prompt.images[0].dimension must be an object",
        ),
        (
            sized(json!({"width": 1})),
            "prompt.images[0].dimension.height is required",
        ),
        (
            sized(json!({"width": 0, "height": 1})),
            "prompt.images[0].dimension.width must be a positive integer",
        ),
        (
            sized(json!({"width": 1, "height": 1.5})),
            "prompt.images[0].dimension.height must be a positive integer",
        ),
        (
            sized(json!({"width": -1, "height": 1})),
            "prompt.images[0].dimension.width must be a positive integer",
        ),
    ];
    launches.refuses("/prompt/images", cases).await;
}

#[tokio::test]
async fn a_broken_model_or_source_is_named() {
    let launches = Launches::start().await;
    let cases = [
        (json!(true), "model must be a string"),
        (json!(""), "model must not be empty"),
    ];
    launches.refuses("/model", cases).await;
    let cases = [
        (json!([]), "source must be an object"),
        (
            json!({"repository": {}}),
            "source.repository must be a string",
        ),
        (
            json!({"repository": "https://h/o/r", "ref": 1}),
            "source.ref must be a string",
        ),
        (json!({"prUrl": 1}), "source.prUrl must be a string"),
        (json!({"prUrl": "no address"}), "source.prUrl must be a URI"),
    ];
    launches.refuses("/source", cases).await;
}

#[tokio::test]
async fn a_broken_target_is_named() {
    let launches = Launches::start().await;
    let cases = [
        (json!("x"), "target must be an object"),
        (json!([true]), "target must be an object"),
        (
            json!({"autoCreatePr": "yes"}),
            "target.autoCreatePr must be a boolean",
        ),
        (
            json!({"openAsCursorGithubApp": 1}),
            "target.openAsCursorGithubApp must be a boolean",
        ),
        (
            json!({"skipReviewerRequest": {}}),
            "target.skipReviewerRequest must be a boolean",
        ),
        (
            json!({"branchName": 1}),
            "target.branchName must be a string",
        ),
        (
            json!({"branchName": ""}),
            "target.branchName must not be empty",
        ),
        (
            json!({"autoBranch": "no"}),
            "target.autoBranch must be a boolean",
        ),
    ];
    launches.refuses("/target", cases).await;
}

#[tokio::test]
async fn a_broken_webhook_is_named() {
    let launches = Launches::start().await;
    let url = "https://h/x";
    let length = "webhook.secret must be 32 to 256 characters";
    let cases = [
        (json!(url), "webhook must be an object"),
        (json!({}), "webhook.url is required"),
        (json!({"url": 5}), "webhook.url must be a string"),
        (
            json!({"url": format!("{url}{}", "x".repeat(2_048))}),
            "webhook.url must be at most 2048 characters",
        ),
        (
            json!({"url": url, "secret": ["s"]}),
            "webhook.secret must be a string",
        ),
        (json!({"url": url, "secret": "short"}), length),
        (json!({"url": url, "secret": "s".repeat(257)}), length),
    ];
    launches.refuses("/webhook", cases).await;
}

#[tokio::test]
async fn broken_rules_of_the_prompt_are_named() {
    let launches = Launches::start().await;
    let image = |data: &str| json!([{"data": STANDARD.encode(png())}, {"data": data}]);
    let six: Vec<Value> = (0..6)
        .map(|_| json!({"data": STANDARD.encode(png())}))
        .collect();
    let large = STANDARD.encode(vec![0; 15_000_001]);
    let (text, images) = ("/prompt/text", "/prompt/images");
    let cases = [
        ("/prompt", Value::Null, "prompt is required"),
        (text, json!(" \n"), "prompt.text must not be empty"),
        (text, json!("a\0b"), "prompt.text must not contain"),
        (
            text,
            json!("a".repeat(1_048_577)),
            "prompt.text must be at most",
        ),
        (images, json!(six), "at most 5 images"),
        (
            images,
            image("%%%"),
            "prompt.images[1].data is not valid base64",
        ),
        (images, image("AAAA"), "prompt.images[1].data is not a png"),
        (
            images,
            image(&large),
            "prompt.images[1].data is larger than 15 MB",
        ),
    ];
    launches.refuses_as("validation_error", cases).await;
}

#[tokio::test]
async fn broken_rules_of_the_source_have_their_codes() {
    let launches = Launches::start().await;
    let (repository, base, url) = ("/source/repository", "/source/ref", "/source/prUrl");
    let cases = [
        ("/source", Value::Null, "source is required"),
        (repository, json!("nonsense"), "source.repository"),
        (repository, json!("ext::sh -c id"), "source.repository"),
        (base, json!("-x"), "source.ref"),
        (base, json!("a..b"), "source.ref"),
        (base, json!("no-such-branch"), "no-such-branch"),
    ];
    launches.refuses_as("validation_error", cases).await;
    let cases = [
        ("/source", json!({}), "source.repository"),
        (repository, Value::Null, "source"),
    ];
    launches.refuses_as("repository_required", cases).await;
    let missing = launches.repository.replace("tools", "missing");
    let cases = [
        (repository, json!(missing), ""),
        (repository, json!("file:///etc/x.git"), ""),
    ];
    launches.refuses_as("repository_access", cases).await;
    let cases = [
        (url, json!("https://github.com/o/r/pull/1"), "github.com"),
        (url, json!("https://outwork.example.com/pulls/9"), "pulls/9"),
    ];
    launches.refuses_as("pr_resolution_failed", cases).await;
}

#[tokio::test]
async fn broken_rules_of_model_branch_and_webhook_have_their_codes() {
    let launches = Launches::start().await;
    let cases = [
        (
            "/model",
            json!("gpt-none"),
            "Model 'gpt-none' is not available or invalid",
        ),
        (
            "/model",
            json!("two words"),
            "Model 'two words' is not available or invalid",
        ),
    ];
    launches.refuses_as("invalid_model", cases).await;
    let branch = "/target/branchName";
    let cases = [
        (branch, json!("a..b"), "target.branchName"),
        (branch, json!("refs/heads/x"), "target.branchName"),
        (branch, json!("main"), "main"),
    ];
    launches.refuses_as("invalid_branch_name", cases).await;
    let cases = [
        ("/webhook/url", json!("ftp://h/x"), "webhook.url"),
        ("/webhook/url", json!("https://u:p@h/x"), "webhook.url"),
        ("/webhook/secret", json!("\0".repeat(32)), "webhook.secret"),
    ];
    launches.refuses_as("validation_error", cases).await;
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let launches = Launches::start().await;
    for (body, code, message) in [
        ("", "missing_body", "a request body is required"),
        (" \r\n", "missing_body", "a request body is required"),
        (
            "{",
            "validation_error",
            "the request body is not valid JSON at line 1 column 1",
        ),
        (
            "{}{}",
            "validation_error",
            "the request body is not valid JSON at line 1 column 3",
        ),
        (
            "null",
            "validation_error",
            "the request body must be an object",
        ),
        (
            "[]",
            "validation_error",
            "the request body must be an object",
        ),
        (
            "5",
            "validation_error",
            "the request body must be an object",
        ),
        ("{}", "validation_error", "prompt is required"),
        (r#"{"prompt":{"text":"\ud800"}}"#, "validation_error", ""),
    ] {
        let (status, told, said) = launches.refusal(body.into()).await;
        assert_eq!((status, told.as_str()), (400, code), "{body}: {said}");
        assert!(said.contains(message), "{body}: {said}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_is_read() {
    let launches = Launches::start().await;
    let unread = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, Error>>());
    let ask = post("/v0/agents")
        .by(&launches.key)
        .header("content-length", "105000001");
    let refusal = launches.server.ask(ask.body(unread)).await.refusal();
    assert_eq!(
        refusal,
        (400, "validation_error".to_owned(), LIMIT.to_owned())
    );
}

#[tokio::test]
async fn a_body_that_grows_over_the_limit_is_refused() {
    let launches = Launches::start().await;
    let chunk = vec![b' '; 5_000_001];
    let endless = std::iter::repeat_with(move || Ok::<_, Error>(chunk.clone()));
    let refusal = launches
        .refusal(Body::from_stream(futures::stream::iter(endless)))
        .await;
    assert_eq!(
        refusal,
        (400, "validation_error".to_owned(), LIMIT.to_owned())
    );
}

#[tokio::test]
async fn a_key_comes_before_a_body() {
    let launches = Launches::start().await;
    let reply = launches
        .server
        .ask(post("/v0/agents").body("nonsense"))
        .await;
    assert_eq!(reply.refused(), (401, "unauthorized".to_owned()));
}
