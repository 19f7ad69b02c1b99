//! What can go wrong with a forge.

use outwork_domain::{Cause, Class};

/// Why a forge did not do what it was asked to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is busy or away.
    #[error("the forge is not available: {0}")]
    Unavailable(String),
    /// It does not accept our credentials.
    #[error("the forge refuses our credentials: {0}")]
    Auth(String),
    /// It does not want this pull request.
    #[error("the forge refuses the pull request: {0}")]
    Refused(String),
}

impl Error {
    /// Whether trying again may help.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Unavailable(_) => Class::Retry,
            Self::Auth(_) | Self::Refused(_) => Class::Permanent,
        }
    }

    /// The cause that a run fails with.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        match self {
            Self::Unavailable(_) | Self::Refused(_) => Cause::PublishFailed,
            Self::Auth(_) => Cause::ForgeAuth,
        }
    }
}
