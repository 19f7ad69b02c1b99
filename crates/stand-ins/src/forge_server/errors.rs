//! Refusals in each forge's own form.

use std::time::Duration;

use serde_json::{Value, json};

use super::Kind;
use super::access::Caller;
use super::http::Answer;
use super::log::CredentialKind;
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

    /// A credential that is unknown, or no longer good.
    pub(super) fn bad_credentials(&self) -> Answer {
        match self.kind {
            Kind::GitHub => self.error(401, "Bad credentials"),
            Kind::GitLab => Answer::json(
                401,
                &json!({
                    "error": "invalid_token",
                    "error_description": "Token is expired. You can either do re-authorization or token refresh.",
                }),
            ),
            Kind::Gitea => self.error(401, "invalid username, password or token"),
        }
    }

    /// No credential where one is needed.
    pub(super) fn login_required(&self) -> Answer {
        match self.kind {
            Kind::GitHub => self.error(401, "Requires authentication"),
            Kind::GitLab => self.error(401, "401 Unauthorized"),
            Kind::Gitea => self.error(401, "token is required"),
        }
    }

    /// A person who may not.
    pub(super) fn forbidden(&self) -> Answer {
        match self.kind {
            Kind::GitHub => self.error(403, "Must have push access to view or change this."),
            Kind::GitLab => self.error(403, "403 Forbidden"),
            Kind::Gitea => self.error(403, "user should have a permission to write to a repo"),
        }
    }

    /// A token that may not, whatever its owner may.
    pub(super) fn unscoped_call(&self, caller: &Caller, wanted: &str) -> Answer {
        match self.kind {
            Kind::GitHub if !wanted.contains('=') => self
                .error(404, "Not Found")
                .with("x-accepted-oauth-scopes", wanted),
            Kind::GitHub => {
                let what = match caller.kind() {
                    CredentialKind::Installation => "integration",
                    CredentialKind::Anonymous
                    | CredentialKind::Personal
                    | CredentialKind::App
                    | CredentialKind::Refused => "personal access token",
                };
                let words = format!("Resource not accessible by {what}");
                self.error(403, &words)
                    .with("x-accepted-github-permissions", wanted.replace('|', "; "))
            }
            Kind::GitLab => Answer::json(
                403,
                &json!({
                    "error": "insufficient_scope",
                    "error_description": "The request requires higher privileges than provided by the access token.",
                    "scope": wanted.replace(',', " "),
                }),
            ),
            Kind::Gitea => {
                let words = format!(
                    "token does not have at least one of required scope(s), required=[{wanted}]"
                );
                self.error(403, &words)
            }
        }
    }

    /// A change to something that can only be read.
    pub(super) fn archived_call(&self) -> Answer {
        match self.kind {
            Kind::GitHub => self.error(403, "Repository was archived so is read-only."),
            Kind::GitLab => self.error(403, "403 Forbidden"),
            Kind::Gitea => self.error(423, "repo is archived"),
        }
    }

    /// A body without something that it needs.
    pub(super) fn missing_field(&self, field: &str) -> Answer {
        match self.kind {
            Kind::GitHub => Answer::json(
                422,
                &json!({
                    "message": format!("Invalid request.\n\n\"{field}\" wasn't supplied."),
                    "documentation_url": GITHUB_DOCS,
                    "status": "422",
                }),
            ),
            Kind::GitLab => Answer::json(400, &json!({"error": format!("{field} is missing")})),
            Kind::Gitea => self.error(422, &format!("[{field}]: Required")),
        }
    }

    /// GitHub's refusal of a body that says something impossible.
    pub(super) fn validation_failed(&self, errors: &Value) -> Answer {
        let body = json!({
            "message": "Validation Failed",
            "errors": errors,
            "documentation_url": GITHUB_DOCS,
            "status": "422",
        });
        Answer::json(422, &body)
    }

    /// A fault of the forge's own.
    pub(super) fn trouble(&self, status: u16) -> Answer {
        match self.kind {
            Kind::GitHub => self.error(status, "Server Error"),
            Kind::GitLab => self.error(status, &format!("{status} Internal Server Error")),
            Kind::Gitea => self.error(status, ""),
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
