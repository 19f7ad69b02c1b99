//! Why a command was not carried out; nothing changed then.

use outwork_domain::limits::{ENVIRONMENTS_MAX, KEYS_OF_ACCOUNT_MAX, PROJECTS_MAX};
use outwork_domain::{Class, EnvironmentId, Secret};

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// No such agent, or it is somebody else's.
    #[error("agent not found")]
    AgentNotFound,
    /// The agent was put away.
    #[error("the agent is archived and cannot be changed")]
    AgentArchived,
    /// The agent is at work.
    #[error("Agent already has an active run")]
    AgentBusy,
    /// The id was given before.
    #[error("an agent with this id exists or existed")]
    AgentIdTaken,
    /// The agent has no such run.
    #[error("run not found")]
    RunNotFound,
    /// Nothing is left to stop, or it is too late to.
    #[error("the agent has no run that can be stopped")]
    RunNotCancellable,
    /// The agent has no plan that waits for approval.
    #[error("no plan waits for approval")]
    NoPlanWaits,
    /// No such model.
    #[error("Model '{0}' is not available or invalid")]
    InvalidModel(String),
    /// Too many repositories, or two that are alike.
    #[error("{0}")]
    InvalidRepositories(String),
    /// The repository is known to be out of reach.
    #[error("{0}")]
    RepositoryAccess(String),
    /// The branch, tag or commit to start from is known not to exist.
    #[error("{0}")]
    BaseNotFound(String),
    /// The branch may not be written.
    #[error("{0}")]
    InvalidBranchName(String),
    /// The webhook's address may not be called.
    #[error("webhook.{0}")]
    InvalidWebhook(String),
    /// The account has no such webhook endpoint.
    #[error("webhook endpoint not found")]
    EndpointNotFound,
    /// The account has as many webhook endpoints as it may have.
    #[error("the account has {0} webhook endpoints already")]
    TooManyEndpoints(usize),
    /// The account has no such delivery.
    #[error("delivery not found")]
    DeliveryNotFound,
    /// No pull request that this server can continue has that address.
    #[error("{0}")]
    PullRequestUnresolved(String),
    /// The account has no such environment.
    #[error("environment not found")]
    EnvironmentNotFound,
    /// Its owner has an environment of that name.
    #[error("an environment of this name exists already")]
    EnvironmentNameTaken(Option<EnvironmentId>),
    /// The account has made as many environments as it may.
    #[error("the account has {ENVIRONMENTS_MAX} environments already")]
    TooManyEnvironments,
    /// The holder has no such secret.
    #[error("secret not found")]
    SecretNotFound,
    /// Several versions have the name; one must be chosen by its id.
    #[error("several versions of this secret exist: choose one by its id")]
    SecretAmbiguous(Vec<Secret>),
    /// Another secret has the name in other letters.
    #[error("the secret {0} exists, whose name differs only in upper and lower case")]
    SecretNameConflict(String),
    /// Another version is for the same repositories.
    #[error("another version of the secret {0} is for the same repositories")]
    SecretScopeConflict(String),
    /// The holder has as many secrets as it may.
    #[error("no more than 1000 secrets can be held")]
    SecretLimitReached,
    /// No such project, or none that may be seen.
    #[error("project not found")]
    ProjectNotFound,
    /// Another project has one of its names.
    #[error("there is a project called {0} already")]
    ProjectNameTaken(String),
    /// As many projects were added as may be.
    #[error(
        "{PROJECTS_MAX} projects were added already: remove some, or describe them in the configuration file"
    )]
    TooManyProjects,
    /// The project is one of the configuration, which no command changes.
    #[error("{0} is a project of the configuration file: it is changed and removed there")]
    ProjectConfigured(String),
    /// The account has no such key.
    #[error("key not found")]
    KeyNotFound,
    /// A key cannot end then.
    #[error("expiresAt: {0}")]
    InvalidKeyEnd(&'static str),
    /// The account has as many keys as it may make by itself.
    #[error("the account has {KEYS_OF_ACCOUNT_MAX} keys that work already")]
    TooManyKeys,
    /// No such active user.
    #[error("There is no such active user")]
    UserNotFound,
    /// No such pull request, or it is somebody else's.
    #[error("pull request not found")]
    PullRequestNotFound,
    /// It was merged or closed before.
    #[error("the pull request is not open")]
    PullRequestNotOpen,
    /// Both sides changed the same places.
    #[error("the pull request conflicts with its base in: {}", .paths.join(", "))]
    MergeConflict {
        /// The files.
        paths: Vec<String>,
    },
    /// Another request with the same idempotency key is being carried out.
    #[error("a request with this Idempotency-Key is still running")]
    RepetitionInProgress,
    /// The idempotency key came with another body before.
    #[error("this Idempotency-Key came with another body before")]
    RepetitionDiffers,
    /// Too many prompts wait already.
    #[error("the agent has {0} prompts waiting already")]
    TooManyQueued(u32),
    /// The server cannot at present; later it may.
    #[error("not available at present: {0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("internal error: {0}")]
    Internal(String),
}

impl From<outwork_store::Error> for CommandError {
    fn from(error: outwork_store::Error) -> Self {
        use outwork_store::Error;
        // A store that is closing or broken belongs to a process that ends: another one may serve.
        let away = matches!(error, Error::Closed | Error::Broken(_));
        match error.class() {
            Class::Permanent | Class::Caller if !away => Self::Internal(error.to_string()),
            Class::Retry | Class::Permanent | Class::Caller => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<outwork_workspace::Error> for CommandError {
    fn from(error: outwork_workspace::Error) -> Self {
        use outwork_domain::Cause;
        if let outwork_workspace::Error::MergeConflict { paths } = error {
            return Self::MergeConflict { paths };
        }
        let text = error.to_string();
        if error.cause() == Cause::BaseNotFound {
            return Self::BaseNotFound(text);
        }
        if matches!(error.cause(), Cause::RepositoryNotFound | Cause::ForgeAuth) {
            return Self::RepositoryAccess(text);
        }
        match error.class() {
            Class::Caller => Self::RepositoryAccess(text),
            Class::Retry => Self::Unavailable(text),
            Class::Permanent => Self::Internal(text),
        }
    }
}
