//! From a provider's failure to an error with a class, in words without the key.
//!
//! Whoever sent a status is answering: 401 and the like are final, 429 and 5xx pass. What breaks
//! before the first byte is the provider being away, what breaks after it is a broken answer.

use std::time::Duration;

use genai::webc::StreamTimeout;
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::collect::Fault;
use super::watch::Seen;
use crate::ModelError;

/// Characters of a provider's words that go into an error.
const WORDS_MAX: usize = 500;

/// The failure of a request, given what was seen of its stream.
pub(super) fn failure_of(fault: &Fault, seen: &Seen) -> ModelError {
    if let Some(reason) = &seen.broken {
        return broken(reason.clone());
    }
    if let Some(failure) = &seen.failure {
        let code = failure.code.as_deref().unwrap_or_default();
        let words = failure.message.as_deref().unwrap_or(code);
        return reported(code, words);
    }
    match fault {
        Fault::CutOff => broken("the stream ended before the answer did".to_owned()),
        Fault::Reported(error) => of_genai(error),
    }
}

/// Whether a connection died before it gave anything; a fresh one may be tried at once.
pub(super) fn died_unheard(fault: &Fault, seen: &Seen) -> bool {
    let Fault::Reported(genai::Error::WebStream { error, .. }) = fault else {
        return false;
    };
    seen.frame_count == 0
        && error
            .downcast_ref::<reqwest::Error>()
            .is_some_and(|error| error.is_request() && !error.is_connect() && !error.is_timeout())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "genai has thirty kinds of errors, of which five can come out of a stream"
)]
fn of_genai(error: &genai::Error) -> ModelError {
    match error {
        genai::Error::WebStream { error, .. } => of_transport(error.as_ref()),
        genai::Error::HttpError {
            status,
            body,
            headers,
            ..
        } => of_status(*status, body, headers),
        genai::Error::ChatResponse { body, .. } => {
            let inner = body.get("error").unwrap_or(body);
            let code = text_at(inner, "code").or_else(|| text_at(inner, "type"));
            let words = text_at(inner, "message").unwrap_or("the provider reports an error");
            reported(code.unwrap_or_default(), words)
        }
        genai::Error::StreamParse { serde_error, .. } => broken(format!(
            "a frame of the stream does not parse: {serde_error}"
        )),
        genai::Error::JsonValueExt(_) | genai::Error::SerdeJson(_) => {
            broken("a frame of the stream is not what it should be".to_owned())
        }
        other => ModelError::Rejected {
            reason: clipped(&other.to_string()),
        },
    }
}

fn of_transport(error: &(dyn std::error::Error + Send + Sync + 'static)) -> ModelError {
    if let Some(error) = error.downcast_ref::<genai::Error>() {
        return of_genai(error);
    }
    if let Some(timeout) = error.downcast_ref::<StreamTimeout>() {
        return match timeout {
            StreamTimeout::Headers => busy("the provider did not answer in time".to_owned(), None),
            StreamTimeout::Read => broken("the stream fell silent".to_owned()),
        };
    }
    let words = chain(error);
    match error.downcast_ref::<reqwest::Error>() {
        Some(error) if error.is_connect() || error.is_request() || error.is_timeout() => {
            busy(words, None)
        }
        Some(_) | None => broken(words),
    }
}

/// The message of an error and of what caused it, without the address that reqwest adds.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = match error.downcast_ref::<reqwest::Error>() {
        Some(error) if error.is_connect() => "no connection to the provider".to_owned(),
        Some(error) if error.is_request() => "the request could not be sent".to_owned(),
        Some(_) => "the stream broke off".to_owned(),
        None => error.to_string(),
    };
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        source = cause.source();
    }
    clipped(&words)
}

fn of_status(status: StatusCode, body: &str, headers: &HeaderMap) -> ModelError {
    let parsed: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    // Some servers wrap the object in a list, some have the text right under "error".
    let first = parsed.get(0).unwrap_or(&parsed);
    let inner = first.get("error").unwrap_or(first);
    let code = text_at(inner, "code")
        .or_else(|| text_at(inner, "type"))
        .unwrap_or_default();
    let words = text_at(inner, "message")
        .or_else(|| inner.as_str())
        .or(Some(body))
        .filter(|words| !words.trim().is_empty())
        .or_else(|| status.canonical_reason())
        .unwrap_or_default();
    let reason = clipped(&format!("HTTP {}: {words}", status.as_u16()));
    if is_unpaid(code, words) {
        return ModelError::Auth { reason };
    }
    match status.as_u16() {
        401..=403 => ModelError::Auth { reason },
        413 => ModelError::TooLong { reason },
        400 | 422 if is_too_long(code, words) => ModelError::TooLong { reason },
        408 | 409 | 425 | 429 | 500.. => busy(reason, retry_after(headers)),
        _ => ModelError::Rejected { reason },
    }
}

/// An error that came within a stream, by its code.
fn reported(code: &str, words: &str) -> ModelError {
    let reason = clipped(&format!("{code}: {words}"));
    if is_unpaid(code, words) {
        return ModelError::Auth { reason };
    }
    if is_too_long(code, words) {
        return ModelError::TooLong { reason };
    }
    let refused = [
        "invalid_request_error",
        "invalid_prompt",
        "invalid_image",
        "not_found_error",
        "model_not_found",
    ];
    if refused.contains(&code) {
        return ModelError::Rejected { reason };
    }
    if matches!(code, "authentication_error" | "permission_error") {
        return ModelError::Auth { reason };
    }
    busy(reason, None)
}

fn is_unpaid(code: &str, words: &str) -> bool {
    matches!(
        code,
        "insufficient_quota" | "billing_error" | "billing_not_active"
    ) || words.contains("credit balance is too low")
}

fn is_too_long(code: &str, words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    let phrases = [
        "prompt is too long",
        "maximum context length",
        "context length",
        "context window",
        "context size",
        "input is too long",
        "exceeds the maximum number of tokens",
        "too many tokens",
    ];
    matches!(code, "context_length_exceeded" | "request_too_large")
        || phrases.iter().any(|phrase| words.contains(phrase))
}

/// The wait that a provider asks for (RFC 9110, 10.2.3, and the milliseconds that some add).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    if let Some(millis) = text("retry-after-ms").and_then(number) {
        return Some(Duration::from_secs_f64(millis.clamp(0.0, 1e9) / 1_000.0));
    }
    let asked = text(RETRY_AFTER.as_str())?;
    if let Some(seconds) = number(asked) {
        return Some(Duration::from_secs_f64(seconds.clamp(0.0, 1e6)));
    }
    // A date counts from the date of the answer: the provider's clock, not ours.
    let parser = jiff::fmt::rfc2822::DateTimeParser::new();
    let until = parser.parse_timestamp(asked).ok()?;
    let now = parser.parse_timestamp(text(DATE.as_str())?).ok()?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

fn text_at<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str().filter(|text| !text.is_empty())
}

fn busy(reason: String, retry_after: Option<Duration>) -> ModelError {
    ModelError::Busy {
        reason,
        retry_after,
    }
}

const fn broken(reason: String) -> ModelError {
    ModelError::Broken { reason }
}

fn clipped(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().map(plain).take(WORDS_MAX).collect()
}
