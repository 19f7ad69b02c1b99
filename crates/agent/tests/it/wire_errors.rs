//! M1, M2, M3 on the wire: which failure of a provider becomes which error, in which words.

use std::sync::Arc;
use std::time::Duration;

use outwork_agent::{Model, ModelError, Provider};
use outwork_stand_ins::model_server::{Ending, ModelServer, Reply};
use serde_json::json;

use crate::wire::{FORMS, KEY, ask_hello, fixture, model_of, options};

/// A model and its server, used for one error after the other.
struct Failing {
    server: ModelServer,
    model: Arc<dyn Model>,
}

impl Failing {
    async fn new(provider: Provider) -> Self {
        let server = ModelServer::start().await.unwrap();
        let model = model_of(options(provider, &server));
        Self { server, model }
    }

    /// The error that a reply becomes, and how many requests it took.
    async fn error_of(&self, reply: Reply) -> (ModelError, usize) {
        self.server.forget();
        self.server.reply_next(reply);
        let error = ask_hello(&self.model).await.unwrap_err();
        let count = self.server.request_count();
        // An answer in between, so that the breaker stays closed.
        ask_hello(&self.model).await.unwrap();
        (error, count)
    }
}

fn refusal(kind: &str, code: Option<&str>, words: &str) -> String {
    json!({"type": "error", "error": {"type": kind, "code": code, "message": words}}).to_string()
}

fn class_of(error: &ModelError) -> &'static str {
    match error {
        ModelError::Busy { .. } => "busy",
        ModelError::Broken { .. } => "broken",
        ModelError::TooLong { .. } => "too long",
        ModelError::Auth { .. } => "auth",
        ModelError::Rejected { .. } => "rejected",
        ModelError::ScriptFailed { .. } => "script",
    }
}

#[tokio::test]
async fn statuses_have_classes_and_cost_one_request() {
    let words = "words of the provider";
    let plain = |kind: &str| refusal(kind, None, words);
    let quota = refusal("insufficient_quota", Some("insufficient_quota"), words);
    let credit = refusal(
        "invalid_request_error",
        None,
        "Your credit balance is too low to access the API",
    );
    let long = refusal(
        "invalid_request_error",
        None,
        "prompt is too long: 210000 tokens > 200000 maximum",
    );
    let length = refusal(
        "invalid_request_error",
        Some("context_length_exceeded"),
        words,
    );
    for provider in FORMS {
        let failing = Failing::new(provider).await;
        for (status, body, class) in [
            (401, plain("authentication_error"), "auth"),
            (403, plain("permission_error"), "auth"),
            (402, plain("billing_error"), "auth"),
            (429, quota.clone(), "auth"),
            (400, credit.clone(), "auth"),
            (404, plain("not_found_error"), "rejected"),
            (400, plain("invalid_request_error"), "rejected"),
            (422, "plain text".to_owned(), "rejected"),
            (307, String::new(), "rejected"),
            (400, long.clone(), "too long"),
            (400, length.clone(), "too long"),
            (413, plain("request_too_large"), "too long"),
            (408, plain("timeout"), "busy"),
            (429, plain("rate_limit_error"), "busy"),
            (500, plain("api_error"), "busy"),
            (503, "<html>down</html>".to_owned(), "busy"),
            (529, plain("overloaded_error"), "busy"),
        ] {
            let (error, count) = failing.error_of(Reply::status(status, body.clone())).await;
            assert_eq!(
                class_of(&error),
                class,
                "{provider} {status} {body}: {error}"
            );
            assert_eq!(count, 1, "{provider} {status}");
            assert!(
                error.to_string().starts_with(&format!("HTTP {status}: ")),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn m1_retry_after_in_all_its_forms() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let minute_later = "Sun, 06 Nov 1994 08:50:37 GMT";
    for provider in FORMS {
        let failing = Failing::new(provider).await;
        for (headers, millis) in [
            (vec![("retry-after", "7")], Some(7_000)),
            (vec![("retry-after", "0.5")], Some(500)),
            (
                vec![("retry-after-ms", "1500"), ("retry-after", "2")],
                Some(1_500),
            ),
            (
                vec![("date", date), ("retry-after", minute_later)],
                Some(60_000),
            ),
            (vec![("retry-after", "soon")], None),
            (vec![], None),
        ] {
            let mut reply = Reply::status(429, refusal("rate_limit_error", None, "slow down"));
            for (name, value) in &headers {
                reply = reply.with_header(name, value);
            }
            let expected = ModelError::Busy {
                reason: "HTTP 429: slow down".to_owned(),
                retry_after: millis.map(Duration::from_millis),
            };
            assert_eq!(failing.error_of(reply).await.0, expected, "{headers:?}");
        }
    }
}

#[tokio::test]
async fn the_key_is_in_no_error() {
    for provider in FORMS {
        let words = format!("Incorrect API key provided: {KEY}.");
        let body = refusal("invalid_api_key", None, &words);
        let failing = Failing::new(provider).await;
        let (error, _) = failing.error_of(Reply::status(401, body)).await;
        assert_eq!(
            error,
            ModelError::Auth {
                reason: "HTTP 401: Incorrect API key provided: [key].".to_owned()
            }
        );
        let server = ModelServer::start().await.unwrap();
        server.require_key("another");
        let model = model_of(options(provider, &server));
        let error = ask_hello(&model).await.unwrap_err();
        assert_eq!(class_of(&error), "auth");
        drop(server);
        let error = ask_hello(&model).await.unwrap_err();
        assert_eq!(class_of(&error), "busy");
        assert!(!format!("{error:?}").contains(KEY), "{error:?}");
    }
}

#[tokio::test]
async fn m1_a_refused_connection_is_busy() {
    let server = ModelServer::start().await.unwrap();
    let model = model_of(options(Provider::OpenAi, &server));
    let address = server.address();
    drop(server);
    let error = ask_hello(&model).await.unwrap_err();
    assert_eq!(class_of(&error), "busy");
    assert!(
        error
            .to_string()
            .starts_with("no connection to the provider"),
        "{error}"
    );
    assert!(!error.to_string().contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn m3_no_headers_in_time_is_busy_and_the_next_request_is_a_new_one() {
    for provider in FORMS {
        let server = ModelServer::start().await.unwrap();
        let model = model_of(options(provider, &server));
        server.reply_next(Reply::nothing(Ending::Silence));
        let reason = "the provider did not answer in time".to_owned();
        let busy = ModelError::Busy {
            reason,
            retry_after: None,
        };
        assert_eq!(ask_hello(&model).await, Err(busy));
        assert_eq!(ask_hello(&model).await.unwrap().text, "done");
        assert_eq!(server.request_count(), 2);
    }
}

#[tokio::test]
async fn m3_a_connection_that_dies_before_its_first_byte_is_tried_again_at_once() {
    for provider in FORMS {
        for ending in [Ending::Close, Ending::Reset] {
            let server = ModelServer::start().await.unwrap();
            let model = model_of(options(provider, &server));
            ask_hello(&model).await.unwrap();
            server.reply_next(Reply::nothing(ending));
            assert_eq!(ask_hello(&model).await.unwrap().text, "done", "{ending:?}");
            assert_eq!(server.request_count(), 3);

            server.reply_next(Reply::nothing(ending));
            server.reply_next(Reply::nothing(ending));
            let error = ask_hello(&model).await.unwrap_err();
            assert_eq!(class_of(&error), "busy", "once only: {error}");
        }
    }
}

#[tokio::test]
async fn errors_within_a_stream_have_classes_too() {
    let overloaded = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let chat =
        "data: {\"error\":{\"message\":\"boom\",\"type\":\"server_error\",\"code\":null}}\n\n";
    let event = |code: &str| {
        format!(
            "event: error\ndata: {{\"type\":\"error\",\"code\":\"{code}\",\"message\":\"boom\",\"param\":null}}\n\n"
        )
    };
    let failed = |code: &str| {
        format!(
            "event: response.failed\ndata: {{\"type\":\"response.failed\",\"response\":{{\"id\":\"r\",\"object\":\"response\",\"created_at\":1,\"model\":\"m\",\"status\":\"failed\",\"output\":[],\"error\":{{\"code\":\"{code}\",\"message\":\"boom\"}}}}}}\n\n"
        )
    };
    for (provider, frame, class) in [
        (Provider::Anthropic, overloaded.to_owned(), "busy"),
        (Provider::OpenAi, chat.to_owned(), "busy"),
        (
            Provider::OpenAiResponses,
            event("rate_limit_exceeded"),
            "busy",
        ),
        (Provider::OpenAiResponses, failed("server_error"), "busy"),
        (
            Provider::OpenAiResponses,
            failed("context_length_exceeded"),
            "too long",
        ),
        (
            Provider::OpenAiResponses,
            failed("invalid_prompt"),
            "rejected",
        ),
        (
            Provider::OpenAiResponses,
            failed("insufficient_quota"),
            "auth",
        ),
    ] {
        let stream = fixture(provider).replacen("\n\n", &format!("\n\n{frame}"), 3);
        let failing = Failing::new(provider).await;
        let (error, _) = failing.error_of(Reply::stream(stream)).await;
        assert_eq!(class_of(&error), class, "{provider} {frame}: {error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    let server = ModelServer::start().await.unwrap();
    let elsewhere = ModelServer::start().await.unwrap();
    let target = format!("{}/chat/completions", elsewhere.base_url());
    server.reply_next(Reply::status(307, "").with_header("location", &target));
    let error = ask_hello(&model_of(options(Provider::OpenAi, &server)))
        .await
        .unwrap_err();
    assert_eq!(class_of(&error), "rejected");
    assert_eq!(elsewhere.request_count(), 0);
}
