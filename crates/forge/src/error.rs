//! What can go wrong with a forge.

use std::time::Duration;

use outwork_domain::{Cause, Class, Repository};

/// Why a forge did not do what it was asked to do.
///
/// The words of a forge are shortened, without control characters, and without our tokens.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is busy or away, or its answer was cut off.
    #[error("the forge is not available: {0}")]
    Unavailable(String),
    /// We asked too often.
    #[error("the forge wants no more requests for {} s: {words}", wait.as_secs())]
    RateLimited {
        /// How long it wants to be left alone.
        wait: Duration,
        /// Its words.
        words: String,
    },
    /// It does not accept our credentials: wrong, expired or revoked.
    #[error("the forge refuses our credentials: {0}")]
    Auth(String),
    /// It knows who we are, and does not allow us this.
    #[error("the credentials do not allow this{}: {words}", hint(permission.as_deref()))]
    PermissionMissing {
        /// What is missing, in the forge's words, if it tells.
        permission: Option<String>,
        /// What else it says.
        words: String,
    },
    /// There is no such repository, branch, pull request or comment, or not for us.
    #[error("the forge does not find it: {0}")]
    NotFound(String),
    /// The repository has another address now.
    #[error("the repository was renamed or moved{}", place(to.as_ref()))]
    Renamed {
        /// The new one, if the forge tells it us.
        to: Option<Repository>,
    },
    /// A rule of the repository stands before it: a protected branch, an archived repository.
    #[error("a rule of the repository forbids it: {0}")]
    Protected(String),
    /// It is there already.
    #[error("it is there already: {0}")]
    AlreadyExists(String),
    /// Something else changed meanwhile.
    #[error("it changed meanwhile: {0}")]
    Conflict(String),
    /// It does not want this.
    #[error("the forge refuses it: {0}")]
    Refused(String),
    /// This forge, or this version of it, has no such thing.
    #[error("this forge has no {0}")]
    Unsupported(&'static str),
    /// It answered something that we do not understand.
    #[error("the forge's answer is not understood: {0}")]
    Unintelligible(String),
}

fn hint(permission: Option<&str>) -> String {
    permission.map_or_else(String::new, |missing| format!(" (needed: {missing})"))
}

fn place(to: Option<&Repository>) -> String {
    to.map_or_else(String::new, |to| format!(" to {to}"))
}

impl Error {
    /// Whether trying again may help.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Unavailable(_) | Self::RateLimited { .. } => Class::Retry,
            Self::Auth(_)
            | Self::PermissionMissing { .. }
            | Self::NotFound(_)
            | Self::Renamed { .. }
            | Self::Protected(_)
            | Self::AlreadyExists(_)
            | Self::Conflict(_)
            | Self::Refused(_)
            | Self::Unsupported(_)
            | Self::Unintelligible(_) => Class::Permanent,
        }
    }

    /// The cause that a run fails with.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        match self {
            Self::Auth(_) | Self::PermissionMissing { .. } => Cause::ForgeAuth,
            Self::NotFound(_) | Self::Renamed { .. } | Self::Protected(_) => Cause::PushDenied,
            Self::Unavailable(_)
            | Self::RateLimited { .. }
            | Self::AlreadyExists(_)
            | Self::Conflict(_)
            | Self::Refused(_)
            | Self::Unsupported(_)
            | Self::Unintelligible(_) => Cause::PublishFailed,
        }
    }

    /// How long the forge wants to be left alone, if it said so.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { wait, .. } => Some(*wait),
            Self::Unavailable(_)
            | Self::Auth(_)
            | Self::PermissionMissing { .. }
            | Self::NotFound(_)
            | Self::Renamed { .. }
            | Self::Protected(_)
            | Self::AlreadyExists(_)
            | Self::Conflict(_)
            | Self::Refused(_)
            | Self::Unsupported(_)
            | Self::Unintelligible(_) => None,
        }
    }
}
