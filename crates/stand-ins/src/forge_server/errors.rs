//! Refusals in each forge's own form.

use std::time::Duration;

use serde_json::{Value, json};

use super::Kind;
use super::http::Answer;
use super::world::World;

const GITHUB_DOCS: &str = "https://docs.github.com/rest";

impl World {
    /// A refusal with nothing but words.
    pub(super) fn error(&self, status: u16, words: &str) -> Answer {
        let body = match self.kind {
            Kind::GitHub => json!({
                "message": words,
                "documentation_url": GITHUB_DOCS,
                "status": status.to_string(),
            }),
            Kind::GitLab => json!({"message": words}),
            Kind::Gitea => json!({
                "message": words,
                "url": format!("{}/api/swagger", self.base_url),
            }),
        };
        Answer::json(status, &body)
    }

    /// A path, or a thing, that is not there.
    pub(super) fn not_found(&self) -> Answer {
        match self.kind {
            Kind::GitHub => self.error(404, "Not Found"),
            Kind::GitLab => self.error(404, "404 Not Found"),
            Kind::Gitea => {
                let Value::Object(mut body) = json!({"errors": []}) else {
                    return self.error(404, "not found");
                };
                body.insert("message".to_owned(), "The target couldn't be found.".into());
                body.insert(
                    "url".to_owned(),
                    format!("{}/api/swagger", self.base_url).into(),
                );
                Answer::json(404, &Value::Object(body))
            }
        }
    }

    /// A fault of the forge's own.
    pub(super) fn trouble(&self, status: u16) -> Answer {
        match (self.kind, status) {
            (Kind::GitHub, 502..=504) => self.error(status, "Server Error"),
            (Kind::GitHub, _) => self.error(status, "Server Error"),
            (Kind::GitLab, _) => self.error(status, &format!("{status} Internal Server Error")),
            (Kind::Gitea, _) => self.error(status, ""),
        }
    }

    /// The hour's calls are used up.
    pub(super) fn rate_limited(&self, wait: Duration) -> Answer {
        let secs = wait.as_secs();
        let reset = self.now_secs + i64::try_from(secs).unwrap_or(i64::MAX);
        match self.kind {
            Kind::GitHub => self
                .error(403, "API rate limit exceeded for user ID 1.")
                .with("x-ratelimit-limit", "5000")
                .with("x-ratelimit-remaining", "0")
                .with("x-ratelimit-used", "5000")
                .with("x-ratelimit-resource", "core")
                .with("x-ratelimit-reset", reset.to_string()),
            Kind::GitLab => Answer::text(429, "Retry later\n")
                .with("ratelimit-limit", "2000")
                .with("ratelimit-remaining", "0")
                .with("ratelimit-observed", "2001")
                .with("ratelimit-name", "throttle_authenticated_api")
                .with("ratelimit-reset", reset.to_string())
                .with("retry-after", secs.to_string()),
            Kind::Gitea => self
                .error(429, "Too Many Requests")
                .with("retry-after", secs.to_string()),
        }
    }

    /// Too many calls at once: GitHub's secondary limit.
    pub(super) fn slow_down(&self, wait: Duration) -> Answer {
        if self.kind != Kind::GitHub {
            return self.rate_limited(wait);
        }
        let words = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
        let used = "4999";
        self.error(403, words)
            .with("x-ratelimit-limit", "5000")
            .with("x-ratelimit-remaining", used)
            .with("retry-after", wait.as_secs().to_string())
    }
}
