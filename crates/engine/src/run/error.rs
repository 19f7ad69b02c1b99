//! Why an attempt did not reach its end.

use std::time::Duration;

use outwork_domain::{Cause, Class};

use crate::run_variables::VariablesError;

/// Why an attempt did not reach its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttemptError {
    /// The store refused a write: the run is another attempt's, or gone, or being cancelled.
    #[error("the ledger: {0}")]
    Ledger(#[from] outwork_store::Error),
    /// The run's own end: a limit, a failed script, a model that gave up.
    #[error("{cause}: {message}")]
    Failed {
        /// Why.
        cause: Cause,
        /// A sentence for people.
        message: String,
    },
    /// The host's git.
    #[error("git: {0}")]
    Git(#[from] outwork_workspace::Error),
    /// No sandbox.
    #[error("the sandbox: {0}")]
    Sandbox(#[from] outwork_sandbox::Error),
    /// The tool host.
    #[error("the tool host: {0}")]
    Tools(#[from] outwork_tools::Error),
    /// A checkout in the sandbox.
    #[error("the tool host: {source}")]
    Checkout {
        /// Its place among the agent's repositories.
        number: usize,
        /// What went wrong.
        source: outwork_tools::Error,
    },
    /// The forge.
    #[error("the forge: {0}")]
    Forge(#[from] outwork_forge::Error),
    /// A file of our own.
    #[error("{what}: {source}")]
    File {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

impl From<VariablesError> for AttemptError {
    fn from(error: VariablesError) -> Self {
        match error {
            VariablesError::Store(error) => Self::Ledger(error),
            VariablesError::TooLarge | VariablesError::Redactor => {
                Self::failed(Cause::WorkspaceFailed, error.to_string())
            }
        }
    }
}

impl AttemptError {
    /// A run that ends with that cause.
    pub(crate) fn failed(cause: Cause, message: impl Into<String>) -> Self {
        Self::Failed {
            cause,
            message: message.into(),
        }
    }

    /// Whether another attempt may help.
    pub(crate) fn class(&self) -> Class {
        match self {
            // A user id comes free when the reconciler removes an idle workspace.
            Self::Ledger(outwork_store::Error::NoneFree(_)) => Class::Retry,
            Self::Ledger(error) => error.class(),
            Self::Failed { .. } => Class::Permanent,
            Self::Git(error) => error.class(),
            Self::Sandbox(error) => error.class(),
            Self::Forge(error) => error.class(),
            // No attempt makes a path good that git never writes.
            Self::Checkout {
                source: outwork_tools::Error::Git { words },
                ..
            } if words.contains("invalid path") => Class::Permanent,
            // A fault of git may be a broken mirror, which the next attempt finds mended.
            Self::Tools(outwork_tools::Error::Git { .. })
            | Self::Checkout {
                source: outwork_tools::Error::Git { .. },
                ..
            }
            | Self::File { .. } => Class::Retry,
            Self::Tools(error) | Self::Checkout { source: error, .. } => error.class(),
        }
    }

    /// How long a remote that is busy wants to be left alone, if it said so.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Forge(error) => error.retry_after(),
            Self::Ledger(_)
            | Self::Failed { .. }
            | Self::Git(_)
            | Self::Sandbox(_)
            | Self::Tools(_)
            | Self::Checkout { .. }
            | Self::File { .. } => None,
        }
    }

    /// What the run fails with if nothing helps.
    pub(crate) fn cause(&self) -> Cause {
        match self {
            Self::Ledger(outwork_store::Error::NoneFree(_)) | Self::File { .. } => {
                Cause::WorkspaceFailed
            }
            Self::Ledger(_) => Cause::Internal,
            Self::Failed { cause, .. } => *cause,
            Self::Git(error) => error.cause(),
            Self::Sandbox(_) => Cause::SandboxUnavailable,
            Self::Tools(outwork_tools::Error::TooLarge { .. }) => Cause::ImportRefused,
            Self::Checkout {
                source: outwork_tools::Error::Git { .. },
                ..
            } => Cause::WorkspaceFailed,
            Self::Tools(_) | Self::Checkout { .. } => Cause::SandboxLost,
            Self::Forge(error) => error.cause(),
        }
    }

    /// The sentence that people get to read.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Failed { message, .. } => message.clone(),
            Self::Ledger(_)
            | Self::Git(_)
            | Self::Sandbox(_)
            | Self::Tools(_)
            | Self::Checkout { .. }
            | Self::Forge(_)
            | Self::File { .. } => self.to_string(),
        }
    }
}
