//! Every way in which git on the host can fail, by cause.
//!
//! Words of a remote reach an error only after [`crate::words`] has taken credentials and control
//! characters out of them. The engine asks an error two things: its class and its cause.

use std::path::PathBuf;
use std::time::Duration;

use outwork_domain::{BranchName, Cause, Class, CommitId};

/// Shorthand for this crate's results.
pub type Result<T> = std::result::Result<T, Error>;

/// Why git on the host did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration does not open this repository.
    #[error("the repository is not open to this server: {why}")]
    RepositoryRefused {
        /// What is missing, in words for the caller.
        why: String,
    },
    /// The repository does not exist, or not for our credentials.
    #[error("the repository was not found: {words}")]
    RepositoryNotFound {
        /// The address, or what the remote said.
        words: String,
    },
    /// The repository has another address now; nothing was shown to that address.
    #[error("the repository was renamed or moved, and its old address is not followed: {words}")]
    RepositoryMoved {
        /// What the remote said.
        words: String,
    },
    /// The repository is over the size limit.
    #[error("the repository is larger than {bytes_max} bytes")]
    RepositoryTooLarge {
        /// The limit.
        bytes_max: u64,
    },
    /// The repository has no commit yet.
    #[error("the repository is empty: it has no commit to start from")]
    EmptyRepository,
    /// The branch, tag or commit does not exist.
    #[error("the base {reference:?} was not found: {why}")]
    BaseNotFound {
        /// What was asked for.
        reference: String,
        /// What was found instead.
        why: String,
    },
    /// The remote refused our credentials.
    #[error("the remote refused our credentials: {words}")]
    Auth {
        /// What the remote said.
        words: String,
    },
    /// The remote knows our credentials, and they are not enough.
    #[error("our credentials lack a permission: {words}")]
    Forbidden {
        /// What the remote said.
        words: String,
    },
    /// The remote protects the branch against us.
    #[error("the branch {branch} is protected on the remote: {words}")]
    ProtectedBranch {
        /// The branch.
        branch: BranchName,
        /// What the remote said.
        words: String,
    },
    /// The remote refused the push.
    #[error("the remote refused the push: {words}")]
    PushDenied {
        /// What the remote said.
        words: String,
    },
    /// The name cannot be used for a new branch: it exists, or `a` stands beside `a/b`.
    #[error("the branch name {branch} is taken")]
    BranchTaken {
        /// The name.
        branch: BranchName,
    },
    /// The branch is not where it was expected.
    #[error("the branch {branch} moved{}", tip.as_ref().map_or_else(|| " away".to_owned(), |tip| format!(" to {tip}")))]
    Moved {
        /// The branch.
        branch: BranchName,
        /// Where it is now; absent if it is gone.
        tip: Option<CommitId>,
    },
    /// The push would drop commits of a branch that is not ours.
    #[error("the push would rewrite the branch {branch}")]
    WouldRewrite {
        /// The branch.
        branch: BranchName,
    },
    /// What came out of the sandbox is not acceptable.
    #[error("the commits were refused: {why}")]
    ImportRefused {
        /// The rule that it breaks, with the path and never the content.
        why: String,
    },
    /// The two sides changed the same places.
    #[error("merge conflict in {}", if paths.is_empty() { "unrelated histories".to_owned() } else { paths.join(", ") })]
    MergeConflict {
        /// Where.
        paths: Vec<String>,
    },
    /// What was asked for is larger than the server shows.
    #[error("the {what} is larger than {bytes_max} bytes")]
    TooLarge {
        /// What it is, such as `patch`.
        what: &'static str,
        /// The limit.
        bytes_max: usize,
    },
    /// The remote is away or busy.
    #[error("the remote is not available: {words}")]
    Unavailable {
        /// What was seen.
        words: String,
    },
    /// We asked the remote too often.
    #[error("the remote asks to be left alone for a while: {words}")]
    RateLimited {
        /// What the remote said.
        words: String,
    },
    /// Nothing came, or it took too long.
    #[error("git {command} was stopped: no progress or no end within {} s", after.as_secs())]
    Slow {
        /// The git command.
        command: &'static str,
        /// The limit that was reached.
        after: Duration,
    },
    /// Publishing failed for now; the commits are kept where they were.
    #[error("publishing failed: {0}")]
    PublishFailed(#[source] Box<Error>),
    /// The folder for a fresh workspace exists already.
    #[error("the workspace folder {} exists already", .0.display())]
    WorkspaceExists(PathBuf),
    /// The git program cannot be used.
    #[error("git cannot be used: {0}")]
    UnusableGit(String),
    /// The key that is to sign commits cannot be used.
    #[error("the signing key cannot be used: {0}")]
    UnusableSigningKey(String),
    /// The mirror lost objects that it should hold.
    #[error("the mirror is broken: {words}")]
    MirrorBroken {
        /// What git said.
        words: String,
    },
    /// Files of ours could not be read or written.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Git failed in a way that has no variant of its own.
    #[error("git {command} failed: {words}")]
    Git {
        /// The git command.
        command: &'static str,
        /// What git said.
        words: String,
    },
}

impl Error {
    /// What may be done about it.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::RepositoryRefused { .. }
            | Self::RepositoryNotFound { .. }
            | Self::RepositoryMoved { .. }
            | Self::EmptyRepository
            | Self::BaseNotFound { .. }
            | Self::MergeConflict { .. }
            | Self::TooLarge { .. } => Class::Caller,
            Self::RepositoryTooLarge { .. }
            | Self::Auth { .. }
            | Self::Forbidden { .. }
            | Self::ProtectedBranch { .. }
            | Self::PushDenied { .. }
            | Self::BranchTaken { .. }
            | Self::Moved { .. }
            | Self::WouldRewrite { .. }
            | Self::ImportRefused { .. }
            | Self::WorkspaceExists(_)
            | Self::UnusableGit(_)
            | Self::UnusableSigningKey(_) => Class::Permanent,
            Self::Unavailable { .. }
            | Self::RateLimited { .. }
            | Self::Slow { .. }
            | Self::PublishFailed(_)
            | Self::MirrorBroken { .. }
            | Self::Io { .. }
            | Self::Git { .. } => Class::Retry,
        }
    }

    /// The cause that a run fails with, should it fail of this.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::RepositoryRefused { .. }
            | Self::RepositoryNotFound { .. }
            | Self::RepositoryMoved { .. } => Cause::RepositoryNotFound,
            Self::RepositoryTooLarge { .. } => Cause::RepositoryTooLarge,
            Self::EmptyRepository | Self::BaseNotFound { .. } => Cause::BaseNotFound,
            Self::Auth { .. } | Self::Forbidden { .. } => Cause::ForgeAuth,
            Self::PushDenied { .. }
            | Self::ProtectedBranch { .. }
            | Self::BranchTaken { .. }
            | Self::Moved { .. }
            | Self::WouldRewrite { .. } => Cause::PushDenied,
            Self::ImportRefused { .. } => Cause::ImportRefused,
            Self::PublishFailed(_) | Self::MergeConflict { .. } => Cause::PublishFailed,
            Self::TooLarge { .. }
            | Self::Unavailable { .. }
            | Self::RateLimited { .. }
            | Self::Slow { .. }
            | Self::WorkspaceExists(_)
            | Self::UnusableGit(_)
            | Self::UnusableSigningKey(_)
            | Self::MirrorBroken { .. }
            | Self::Io { .. }
            | Self::Git { .. } => Cause::WorkspaceFailed,
        }
    }

    /// Wraps an error of the file system with what was being done.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// What cannot be told apart from a passing fault while publishing says so.
    pub(crate) fn while_publishing(self) -> Self {
        match self {
            Self::RepositoryNotFound { words } | Self::Forbidden { words } => {
                Self::PushDenied { words }
            }
            Self::RepositoryMoved { .. } => Self::PushDenied {
                words: self.to_string(),
            },
            Self::Unavailable { .. }
            | Self::RateLimited { .. }
            | Self::Slow { .. }
            | Self::Io { .. }
            | Self::Git { .. } => Self::PublishFailed(Box::new(self)),
            Self::RepositoryRefused { .. }
            | Self::RepositoryTooLarge { .. }
            | Self::EmptyRepository
            | Self::BaseNotFound { .. }
            | Self::Auth { .. }
            | Self::ProtectedBranch { .. }
            | Self::PushDenied { .. }
            | Self::BranchTaken { .. }
            | Self::Moved { .. }
            | Self::WouldRewrite { .. }
            | Self::ImportRefused { .. }
            | Self::MergeConflict { .. }
            | Self::TooLarge { .. }
            | Self::PublishFailed(_)
            | Self::WorkspaceExists(_)
            | Self::UnusableGit(_)
            | Self::UnusableSigningKey(_)
            | Self::MirrorBroken { .. } => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passing_fault_while_publishing_is_retried_and_ends_as_publish_failed() {
        let error = Error::Unavailable {
            words: "503".into(),
        }
        .while_publishing();
        assert_eq!(
            (error.class(), error.cause()),
            (Class::Retry, Cause::PublishFailed)
        );
        let gone = Error::RepositoryNotFound {
            words: "gone".into(),
        }
        .while_publishing();
        assert_eq!(
            (gone.class(), gone.cause()),
            (Class::Permanent, Cause::PushDenied)
        );
    }
}
