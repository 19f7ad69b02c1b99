//! Everything that is not a success, and the one mapping from the engine's errors to HTTP.
//!
//! A handler returns a [`Failure`]; how it is written belongs to [`crate::surface`]. The message is
//! for the caller, the fault only for our log: the former never holds the text of a fault of ours.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use outwork_domain::{EnvironmentId, RepositoryKey, Secret};
use outwork_engine::CommandError;
use serde_json::{Value, json};

use crate::wire::WireSecretId;

/// How long a caller is asked to wait when the server cannot answer at present.
const RETRY_AFTER_SECS: u32 = 2;
/// How long a caller is asked to wait when an agent has too many prompts waiting.
const QUEUE_RETRY_AFTER_SECS: u32 = 60;
/// How long a caller is asked to wait while the same request is still running.
const REPETITION_RETRY_AFTER_SECS: u32 = 1;
const MESSAGE_CHARS_MAX: usize = 1_000;

/// A refusal, independent of the dialect that it is told in.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) retry_after_secs: Option<u32>,
    /// What the body says beside code and message.
    pub(crate) details: Vec<(&'static str, Value)>,
    pub(crate) fault: Option<String>,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let mut message: String = message.into();
        if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARS_MAX) {
            message.truncate(end);
            message.push('…');
        }
        Self {
            status,
            code,
            message,
            retry_after_secs: None,
            details: Vec::new(),
            fault: None,
        }
    }

    /// What was sent breaks a rule of the wire form; the message names the place.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "validation_error", message)
    }

    pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// The same words for an id that never was, was deleted, or is somebody else's.
    pub(crate) fn agent_not_found() -> Self {
        Self::not_found("agent_not_found", "Agent not found")
    }

    /// The same words for a project that never was and for one that the key does not reach.
    pub(crate) fn project_not_found() -> Self {
        Self::not_found("project_not_found", "Project not found")
    }

    /// The same words for a source that never was and for one that the key does not reach.
    pub(crate) fn source_not_found() -> Self {
        Self::not_found("source_not_found", "Source not found")
    }

    pub(crate) fn activity_not_found() -> Self {
        Self::not_found("activity_not_found", "Activity not found")
    }

    pub(crate) fn delivery_not_found() -> Self {
        Self::not_found("delivery_not_found", "Delivery not found")
    }

    /// The server does not serve that dialect.
    pub(crate) fn dialect_off(dialect: &'static str) -> Self {
        let message = format!("This server does not serve this: the dialect {dialect} is off");
        Self::not_found("dialect_off", message)
    }

    pub(crate) fn pull_request_not_found() -> Self {
        Self::not_found("pull_request_not_found", "Pull request not found")
    }

    /// The same words for a run that never was and for one of another agent.
    pub(crate) fn run_not_found() -> Self {
        Self::not_found("run_not_found", "Run not found")
    }

    /// What is asked for is known, but not to be had here; the message says what.
    pub(crate) fn feature_unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "feature_unavailable", message)
    }

    /// Users may not ask this, only services.
    pub(crate) fn service_account_required() -> Self {
        let message = "This needs the API key of a service";
        Self::new(StatusCode::FORBIDDEN, "service_account_required", message)
    }

    /// The same words for an environment that never was and for somebody else's.
    pub(crate) fn environment_not_found() -> Self {
        Self::not_found("environment_not_found", "Environment not found")
    }

    pub(crate) fn secret_not_found() -> Self {
        Self::not_found("secret_not_found", "Secret not found")
    }

    /// Services have no secrets of a user.
    pub(crate) fn user_required() -> Self {
        let message = "This needs the API key of a user";
        Self::new(StatusCode::FORBIDDEN, "user_required", message)
    }

    /// Where the dialect calls a repository out of reach forbidden, not wrong.
    pub(crate) fn repository_forbidden(error: CommandError) -> Self {
        if matches!(error, CommandError::RepositoryAccess(_)) {
            let message = error.to_string();
            return Self::new(StatusCode::FORBIDDEN, "repository_access", message);
        }
        Self::from(error)
    }

    /// The key may not be used for this; the message says why.
    pub(crate) fn forbidden(message: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "role_forbidden", message)
    }

    /// The key may only do a part of what its account may.
    pub(crate) fn limited_key() -> Self {
        Self::forbidden("This needs an API key that is not limited, and no sub-token")
    }

    pub(crate) fn unauthorized(message: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// The caller asked too often.
    pub(crate) fn too_many_requests(retry_after_secs: u32) -> Self {
        let message = format!("Too many requests. Try again in {retry_after_secs} s.");
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self {
            retry_after_secs: Some(retry_after_secs),
            ..Self::new(status, "rate_limit_exceeded", message)
        }
    }

    /// What was to be sent did not come in time; the message says what.
    pub(crate) fn request_timeout(message: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", message)
    }

    pub(crate) fn unavailable(fault: impl Into<String>) -> Self {
        let message = "The server cannot answer this at present. Try again in a moment.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self {
            retry_after_secs: Some(RETRY_AFTER_SECS),
            fault: Some(fault.into()),
            ..Self::new(status, "unavailable", message)
        }
    }

    pub(crate) fn internal(fault: impl Into<String>) -> Self {
        let message = "Internal error. The server's log tells more under the x-request-id.";
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self {
            fault: Some(fault.into()),
            ..Self::new(status, "internal_error", message)
        }
    }
}

/// Leaves the failure for the outermost layer, which knows the dialect.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        let message = error.to_string();
        match error {
            CommandError::AgentNotFound => Self::agent_not_found(),
            CommandError::AgentArchived => Self::conflict("agent_archived", message),
            CommandError::AgentBusy => Self::conflict("agent_busy", message),
            CommandError::AgentIdTaken => Self::conflict("agent_id_conflict", message),
            CommandError::RunNotFound => Self::not_found("run_not_found", "Run not found"),
            CommandError::EnvironmentNotFound => Self::environment_not_found(),
            CommandError::EnvironmentNameTaken(id) => Self {
                details: id.map(environment_detail).into_iter().collect(),
                ..Self::conflict("environment_name_conflict", message)
            },
            CommandError::TooManyEnvironments => {
                Self::conflict("environment_limit_reached", message)
            }
            CommandError::SecretNotFound => Self::secret_not_found(),
            CommandError::SecretAmbiguous(versions) => Self {
                details: vec![("versions", versions_detail(&versions))],
                ..Self::conflict("secret_name_ambiguous", message)
            },
            CommandError::SecretNameConflict(_) => Self::conflict("secret_name_conflict", message),
            CommandError::SecretScopeConflict(_) => {
                Self::conflict("secret_scope_conflict", message)
            }
            CommandError::SecretLimitReached => Self::conflict("secret_limit_reached", message),
            CommandError::RunNotCancellable => Self::conflict("run_not_cancellable", message),
            CommandError::NoPlanWaits => Self::conflict("no_plan_waits", message),
            CommandError::EndpointNotFound => {
                Self::not_found("webhook_not_found", "Webhook endpoint not found")
            }
            CommandError::DeliveryNotFound => Self::delivery_not_found(),
            CommandError::TooManyEndpoints(_) => Self::conflict("too_many_webhooks", message),
            CommandError::InvalidModel(_) => Self::bad_request("invalid_model", message),
            CommandError::RepositoryAccess(_) => Self::bad_request("repository_access", message),
            CommandError::InvalidWebhook(_)
            | CommandError::InvalidRepositories(_)
            | CommandError::BaseNotFound(_)
            | CommandError::InvalidKeyEnd(_) => Self::invalid(message),
            CommandError::InvalidBranchName(_) => Self::bad_request("invalid_branch_name", message),
            CommandError::PullRequestUnresolved(_) => {
                Self::bad_request("pr_resolution_failed", message)
            }
            CommandError::ProjectNotFound => Self::project_not_found(),
            CommandError::ProjectNameTaken(_) => Self::conflict("project_name_conflict", message),
            CommandError::TooManyProjects => Self::conflict("too_many_projects", message),
            CommandError::ProjectConfigured(_) => Self::conflict("project_configured", message),
            CommandError::KeyNotFound => Self::not_found("key_not_found", "Key not found"),
            CommandError::TooManyKeys => Self::conflict("too_many_keys", message),
            CommandError::UserNotFound => {
                Self::not_found("not_found", "There is no such active user")
            }
            CommandError::PullRequestNotFound => Self::pull_request_not_found(),
            CommandError::PullRequestNotOpen => Self::conflict("pull_request_not_open", message),
            CommandError::MergeConflict { .. } => Self::conflict("merge_conflict", message),
            CommandError::RepetitionInProgress => Self {
                retry_after_secs: Some(REPETITION_RETRY_AFTER_SECS),
                ..Self::conflict("idempotency_in_progress", message)
            },
            CommandError::RepetitionDiffers => Self::conflict("idempotency_key_reused", message),
            CommandError::TooManyQueued(_) => Self {
                retry_after_secs: Some(QUEUE_RETRY_AFTER_SECS),
                ..Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "usage_limit_exceeded",
                    message,
                )
            },
            CommandError::Unavailable(fault) => Self::unavailable(fault),
            CommandError::Internal(fault) => Self::internal(fault),
        }
    }
}

fn environment_detail(id: EnvironmentId) -> (&'static str, Value) {
    ("environmentId", json!(id.to_string()))
}

/// What tells versions of one secret apart.
fn versions_detail(versions: &[Secret]) -> Value {
    let shown = |secret: &Secret| {
        let repos = secret.repositories.iter();
        let repos: Vec<&str> = repos.map(RepositoryKey::as_str).collect();
        json!({ "id": WireSecretId(secret.id).to_string(), "repos": repos })
    };
    versions.iter().map(shown).collect()
}

impl From<outwork_store::Error> for Failure {
    fn from(error: outwork_store::Error) -> Self {
        // Both mean that this process is about to end; its successor will answer.
        if let outwork_store::Error::Closed | outwork_store::Error::Broken(_) = error {
            return Self::unavailable(error.to_string());
        }
        Self::from(CommandError::from(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_ours_stay_out_of_the_message() {
        for failure in [
            Failure::from(CommandError::Internal("disk /srv/secret".to_owned())),
            Failure::from(CommandError::Unavailable("disk /srv/secret".to_owned())),
        ] {
            assert!(!failure.message.contains("secret"), "{failure:?}");
            assert_eq!(failure.fault.as_deref(), Some("disk /srv/secret"));
        }
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let failure = Failure::invalid("ü".repeat(5_000));
        assert_eq!(failure.message.chars().count(), MESSAGE_CHARS_MAX + 1);
    }
}
