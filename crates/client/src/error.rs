//! What can go wrong between a client and a server.
//!
//! A refusal keeps the server's status, code and words, so that a caller decides by them and never
//! by text.

use std::time::Duration;

use serde::Deserialize;

/// A call that did not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of the server cannot be used.
    #[error("{url:?} is not the address of a server: {why}")]
    Address {
        /// The text that was given.
        url: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// The key cannot be sent: it has characters that a header does not carry.
    #[error("the API key contains characters that cannot be sent")]
    Key,
    /// No client could be built; the machine's root certificates, for instance, are missing.
    #[error("cannot set up HTTP: {0}")]
    Setup(#[source] reqwest::Error),
    /// No connection, or it broke before there was an answer.
    #[error("no answer from {url}: {}", innermost(source))]
    Unreachable {
        /// The server's address.
        url: String,
        /// What broke.
        #[source]
        source: reqwest::Error,
    },
    /// An answer that had begun did not go on.
    #[error("the connection broke: {0}")]
    Broken(&'static str),
    /// The server refused.
    #[error("{message} ({code}, HTTP {status})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The stable code, such as `agent_not_found`; `http` where the answer has none.
        code: String,
        /// The server's words.
        message: String,
        /// How long it asks to wait before the next try.
        retry_after: Option<Duration>,
    },
    /// The answer is not what this client understands.
    #[error("the server's answer to {what} cannot be read: {why}")]
    Answer {
        /// The call.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// An event stream broke more often in a row than the watcher's patience allows.
    #[error("the event stream broke {tries} times in a row; the last time: {reason}")]
    StreamLost {
        /// How often.
        tries: u32,
        /// The last reason.
        reason: String,
    },
}

impl Error {
    /// Whether the same call may succeed a little later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Broken(_) => true,
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500..),
            Self::Address { .. }
            | Self::Key
            | Self::Setup(_)
            | Self::Answer { .. }
            | Self::StreamLost { .. } => false,
        }
    }
}

/// reqwest puts the reason (refused, timed out) at the end of a chain of sources.
fn innermost(error: &reqwest::Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}

/// Both error bodies that a server sends: the nested one of v0 and the problem of RFC 9457.
#[derive(Deserialize)]
struct Body {
    error: Option<Nested>,
    code: Option<String>,
    detail: Option<String>,
    title: Option<String>,
}

#[derive(Deserialize)]
struct Nested {
    code: Option<String>,
    message: Option<String>,
}

/// Reads a refusal out of a response that is not a success.
pub(crate) fn refusal(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Error {
    let parsed: Option<Body> = serde_json::from_slice(body).ok();
    let (code, message) = match parsed {
        Some(Body {
            error: Some(nested),
            ..
        }) => (nested.code, nested.message),
        Some(Body {
            code,
            detail,
            title,
            ..
        }) => (code, detail.or(title)),
        None => (None, None),
    };
    Error::Refused {
        status,
        code: code.unwrap_or_else(|| "http".to_owned()),
        message: message.unwrap_or_else(|| "the server refused without a reason".to_owned()),
        retry_after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(body: &str) -> String {
        refusal(409, None, body.as_bytes()).to_string()
    }

    #[test]
    fn reads_both_error_bodies() {
        let v0 = r#"{"error":{"code":"agent_archived","message":"It is archived."}}"#;
        assert_eq!(words(v0), "It is archived. (agent_archived, HTTP 409)");
        let own = r#"{"type":"x","title":"Conflict","status":409,"code":"merge_conflict","detail":"a.txt"}"#;
        assert_eq!(words(own), "a.txt (merge_conflict, HTTP 409)");
        let bare = r#"{"title":"Conflict","code":"c"}"#;
        assert_eq!(words(bare), "Conflict (c, HTTP 409)");
        assert_eq!(
            words("<html>"),
            "the server refused without a reason (http, HTTP 409)"
        );
    }

    #[test]
    fn only_some_errors_pass() {
        assert!(refusal(503, None, b"").is_passing());
        assert!(refusal(429, None, b"").is_passing());
        assert!(!refusal(404, None, b"").is_passing());
        assert!(!refusal(401, None, b"").is_passing());
    }
}
