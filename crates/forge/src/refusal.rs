//! What an answer means that is no success.
//!
//! The forges agree on most statuses and on few words, so the status decides wherever it can, and words
//! only where one status means several things.

use std::time::Duration;

use http::StatusCode;
use jiff::fmt::rfc2822;
use outwork_domain::limits::{FORGE_WAIT_DEFAULT, FORGE_WAIT_MAX};
use serde_json::Value;

use crate::answer::Answer;
use crate::call::Call;
use crate::error::Error;

use crate::page::Quota;
use crate::scrub::Scrub;

const LIMIT: [&str; 2] = ["x-ratelimit-limit", "ratelimit-limit"];
const REMAINING: [&str; 2] = ["x-ratelimit-remaining", "ratelimit-remaining"];
const RESET: [&str; 2] = ["x-ratelimit-reset", "ratelimit-reset"];

/// What a refusal means.
pub(crate) fn refusal(answer: &Answer, call: &Call, scrub: &Scrub) -> Error {
    let words = scrub.words(&words_of(answer));
    let status = answer.status;
    if let Some(wait) = wait_of(answer, &words) {
        return Error::RateLimited { wait, words };
    }
    match status {
        StatusCode::UNAUTHORIZED => Error::Auth(words),
        StatusCode::FORBIDDEN | StatusCode::LOCKED => forbidden(answer, words),
        StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS => {
            let path = call.path.split('?').next().unwrap_or_default();
            Error::NotFound(format!("{words} ({path})"))
        }
        // GitLab redirects only what is read.
        StatusCode::METHOD_NOT_ALLOWED if words.contains("moved projects") => {
            Error::Renamed { to: None }
        }
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => {
            by_words(words, Error::Conflict)
        }
        StatusCode::REQUEST_TIMEOUT => Error::Unavailable(words),
        _ if status.is_redirection() => Error::Renamed { to: None },
        _ if status.is_server_error() => Error::Unavailable(words),
        _ if status.is_client_error() => by_words(words, Error::Refused),
        _ => Error::Unintelligible(words),
    }
}

/// Where one status has several meanings.
fn by_words(words: String, otherwise: fn(String) -> Error) -> Error {
    let lower = words.to_lowercase();
    if lower.contains("already exists") {
        return Error::AlreadyExists(words);
    }
    if is_rule(&lower) {
        return Error::Protected(words);
    }
    otherwise(words)
}

/// Whether words speak of a rule of the repository, not of a right of ours.
fn is_rule(lower: &str) -> bool {
    const RULES: &[&str] = &[
        "protected branch",
        "branch is protected",
        "required status check",
        "review is required",
        "approving review",
        "repository rule",
        "archived",
        "read-only",
        "not all required",
        "does not have enough approvals",
    ];
    RULES.iter().any(|rule| lower.contains(rule))
}

fn forbidden(answer: &Answer, words: String) -> Error {
    let is_locked = answer.status == StatusCode::LOCKED;
    if is_locked || is_rule(&words.to_lowercase()) {
        return Error::Protected(words);
    }
    Error::PermissionMissing {
        permission: missing_of(answer, &words),
        words,
    }
}

/// Which permission a refusal asks for.
fn missing_of(answer: &Answer, words: &str) -> Option<String> {
    // GitHub: of fine-grained tokens and Apps, then of classic tokens.
    for name in ["x-accepted-github-permissions", "x-accepted-oauth-scopes"] {
        if let Some(permission) = answer.header(name).filter(|value| !value.is_empty()) {
            return Some(permission.to_owned());
        }
    }
    // GitLab: {"error": "insufficient_scope", "scope": "api"}.
    let body = serde_json::from_slice::<Value>(&answer.body).ok();
    if let Some(scope) = body.as_ref().and_then(|body| body["scope"].as_str()) {
        return Some(scope.to_owned());
    }
    // Gitea: "token does not have at least one of required scope(s): [write:repository]".
    let (_, rest) = words.split_once("required scope(s)")?;
    let list = rest.split_once('[')?.1.split_once(']')?.0;
    Some(list.to_owned())
}

/// How long the forge wants to be left alone, if that is what it says.
fn wait_of(answer: &Answer, words: &str) -> Option<Duration> {
    let status = answer.status;
    let asked = retry_after(answer);
    let used_up = number(answer, &REMAINING) == Some(0);
    let lower = words.to_lowercase();
    let is_limit = match status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::FORBIDDEN => {
            asked.is_some() || used_up || lower.contains("rate limit") || lower.contains("abuse")
        }
        StatusCode::SERVICE_UNAVAILABLE => asked.is_some(),
        _ => false,
    };
    is_limit.then(|| {
        let reset = used_up.then(|| reset_in(answer)).flatten();
        let wait = asked.or(reset).unwrap_or(FORGE_WAIT_DEFAULT);
        wait.min(FORGE_WAIT_MAX)
    })
}

/// What is left of the forge's limits, if it tells.
pub(crate) fn quota_of(answer: &Answer) -> Option<Quota> {
    Some(Quota {
        limit: number(answer, &LIMIT),
        remaining: number(answer, &REMAINING)?,
        reset_in: reset_in(answer)?,
    })
}

/// Seconds, or a date by the forge's own clock.
fn retry_after(answer: &Answer) -> Option<Duration> {
    let text = answer.header("retry-after")?.trim();
    match text.parse() {
        Ok(secs) => Some(Duration::from_secs(secs)),
        Err(_) => Some(until(date(text)?, date(answer.header("date")?)?)),
    }
}

/// The reset is a point in time of the forge's clock, which its answer bears too; ours may be wrong.
fn reset_in(answer: &Answer) -> Option<Duration> {
    let reset = i64::try_from(number(answer, &RESET)?).ok()?;
    let now = date(answer.header("date")?)?;
    // Whoever comes in the second of the reset may still be too early.
    Some(until(reset, now) + Duration::from_secs(1))
}

fn until(then: i64, now: i64) -> Duration {
    Duration::from_secs(u64::try_from(then.saturating_sub(now)).unwrap_or(0))
}

fn date(text: &str) -> Option<i64> {
    let moment = rfc2822::parse(text).ok()?;
    Some(moment.timestamp().as_second())
}

fn number(answer: &Answer, names: &[&str]) -> Option<u64> {
    let mut values = names.iter().filter_map(|name| answer.header(name));
    values.next()?.trim().parse().ok()
}

/// The forge's own words.
fn words_of(answer: &Answer) -> String {
    let status = answer.status;
    let said = match serde_json::from_slice::<Value>(&answer.body) {
        Ok(body) => sentences(&body).join("; "),
        Err(_) => String::new(),
    };
    if said.is_empty() {
        return status.to_string();
    }
    format!("{said} ({})", status.as_u16())
}

/// All that an error's body says: GitHub has `message` and `errors`, GitLab `message` as a text, a list or
/// an object of lists, or `error` and `error_description`; Gitea has `message`.
fn sentences(body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["message", "error", "error_description", "errors"] {
        collect(&body[name], None, &mut found);
    }
    found.dedup();
    found
}

fn collect(value: &Value, field: Option<&str>, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(match field {
            Some(field) => format!("{field} {text}"),
            None => text.clone(),
        }),
        Value::Array(list) => list.iter().for_each(|one| collect(one, field, found)),
        Value::Object(object) => {
            let text = |name| object.get(name).and_then(Value::as_str);
            if let Some(message) = text("message") {
                found.push(message.to_owned());
            } else if let Some(code) = text("code") {
                let field = text("field").unwrap_or_default();
                found.push(format!("{field} {code}").trim().to_owned());
            } else {
                for (name, value) in object {
                    collect(value, Some(name), found);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use http::header::{HeaderName, HeaderValue};
    use secrecy::SecretString;

    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    fn error(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> String {
        let call = Call::get("/repos/a/b?x=1");
        let refusal = refusal(&answer(status, headers, body), &call, &Scrub::default());
        format!("{refusal:?}")
    }

    #[test]
    fn each_forge_is_understood() {
        for (status, body, expected) in [
            (
                401,
                r#"{"message":"Bad credentials"}"#,
                r#"Auth("Bad credentials (401)")"#,
            ),
            (
                404,
                r#"{"message":"404 Project Not Found"}"#,
                r#"NotFound("404 Project Not Found (404) (/repos/a/b)")"#,
            ),
            (
                422,
                r#"{"message":"Validation Failed","errors":[{"resource":"PullRequest","code":"custom","message":"A pull request already exists for a:b."}]}"#,
                r#"AlreadyExists("Validation Failed; A pull request already exists for a:b. (422)")"#,
            ),
            (
                422,
                r#"{"message":"Validation Failed","errors":[{"resource":"PullRequest","field":"head","code":"invalid"}]}"#,
                r#"Refused("Validation Failed; head invalid (422)")"#,
            ),
            (
                409,
                r#"{"message":["Another open merge request already exists for this source branch: !4"]}"#,
                r#"AlreadyExists("Another open merge request already exists for this source branch: !4 (409)")"#,
            ),
            (
                400,
                r#"{"message":{"title":["can't be blank"]}}"#,
                r#"Refused("title can't be blank (400)")"#,
            ),
            (
                403,
                r#"{"error":"insufficient_scope","error_description":"The request requires higher privileges","scope":"api"}"#,
                r#"PermissionMissing { permission: Some("api"), words: "insufficient_scope; The request requires higher privileges (403)" }"#,
            ),
            (
                403,
                r#"{"message":"token does not have at least one of required scope(s): [write:repository]"}"#,
                r#"PermissionMissing { permission: Some("write:repository"), words: "token does not have at least one of required scope(s): [write:repository] (403)" }"#,
            ),
            (
                423,
                r#"{"message":"This repo is archived"}"#,
                r#"Protected("This repo is archived (423)")"#,
            ),
            (
                405,
                r#"{"message":"At least 1 approving review is required by reviewers with write access."}"#,
                r#"Protected("At least 1 approving review is required by reviewers with write access. (405)")"#,
            ),
            (
                409,
                r#"{"message":"Head branch was modified. Review and try the merge again."}"#,
                r#"Conflict("Head branch was modified. Review and try the merge again. (409)")"#,
            ),
            (502, "<html>bad</html>", r#"Unavailable("502 Bad Gateway")"#),
            (
                405,
                r#"{"message":"405 Non GET methods are not allowed for moved projects"}"#,
                "Renamed { to: None }",
            ),
            (
                301,
                r#"{"message":"Moved Permanently"}"#,
                "Renamed { to: None }",
            ),
        ] {
            assert_eq!(error(status, &[], body), expected);
        }
    }

    #[test]
    fn missing_permissions_are_named() {
        let body = r#"{"message":"Resource not accessible by integration"}"#;
        let headers = [(
            "x-accepted-github-permissions",
            "pull_requests=write; contents=read",
        )];
        assert_eq!(
            error(403, &headers, body),
            r#"PermissionMissing { permission: Some("pull_requests=write; contents=read"), words: "Resource not accessible by integration (403)" }"#
        );
    }

    #[test]
    fn waits_are_those_of_the_forge() {
        let wait = |status, headers: &[(&'static str, &'static str)], body: &str| {
            let call = Call::get("/x");
            let refusal = refusal(&answer(status, headers, body), &call, &Scrub::default());
            refusal.retry_after().map(|wait| wait.as_secs())
        };
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(wait(429, &[("retry-after", "7")], ""), Some(7));
        let later = ("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT");
        assert_eq!(wait(429, &[later, date], ""), Some(60));
        let used_up = [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "784111787"),
            date,
        ];
        assert_eq!(
            wait(403, &used_up, r#"{"message":"API rate limit exceeded"}"#),
            Some(11)
        );
        let gitlab = [
            ("ratelimit-remaining", "0"),
            ("ratelimit-reset", "784111777"),
            date,
        ];
        assert_eq!(wait(429, &gitlab, "Retry later"), Some(1));
        let secondary = r#"{"message":"You have exceeded a secondary rate limit"}"#;
        assert_eq!(
            wait(403, &[("x-ratelimit-remaining", "4999")], secondary),
            Some(60)
        );
        assert_eq!(wait(503, &[("retry-after", "3")], ""), Some(3));
        assert_eq!(
            wait(429, &[("retry-after", "99999999")], ""),
            Some(24 * 3600)
        );
        assert_eq!(wait(403, &[("x-ratelimit-remaining", "12")], "{}"), None);
        assert_eq!(wait(500, &[("retry-after", "3")], ""), None);
    }

    #[test]
    fn quotas_are_read() {
        let headers = [
            ("x-ratelimit-remaining", "4711"),
            ("x-ratelimit-reset", "784111837"),
            ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ];
        let quota = quota_of(&answer(200, &headers, "")).unwrap();
        assert_eq!((quota.remaining, quota.reset_in.as_secs()), (4711, 61));
        assert_eq!(quota_of(&answer(200, &[], "")), None);
    }

    #[test]
    fn no_token_is_repeated() {
        let token = SecretString::from("canary-0123456789");
        let body = r#"{"message":"token canary-0123456789 is unknown"}"#;
        let refusal = refusal(
            &answer(401, &[], body),
            &Call::get("/x"),
            &Scrub::of([&token]),
        );
        assert!(!format!("{refusal} {refusal:?}").contains("canary"));
    }
}
