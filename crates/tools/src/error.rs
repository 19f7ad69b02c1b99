//! Why a request to a tool host failed, seen from the server.

use std::io;
use std::time::Duration;

use outwork_domain::Class;

/// Why a request to a tool host failed. A tool that fails is not an error: it has a result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The tool host is gone, or was given up after an earlier fault.
    #[error("the tool host was lost: {0}")]
    Lost(String),
    /// It sent what no tool host of ours sends.
    #[error("the tool host broke the protocol: {0}")]
    Protocol(String),
    /// It did not answer in time.
    #[error("the tool host did not answer {what} within {} s", after.as_secs())]
    Deadline {
        /// What it was asked.
        what: &'static str,
        /// How long was waited.
        after: Duration,
    },
    /// Git could not do what it was asked inside the sandbox.
    #[error("git failed inside the sandbox: {words}")]
    Git {
        /// What it said.
        words: String,
    },
    /// What was asked for is larger than allowed.
    #[error("{what} is larger than {max} bytes")]
    TooLarge {
        /// What.
        what: &'static str,
        /// The limit.
        max: u64,
    },
    /// What was asked for is not there, or not a file.
    #[error("not there: {what}")]
    Missing {
        /// What.
        what: String,
    },
    /// The receiver of bytes failed.
    #[error("the bytes could not be passed on")]
    Sink(#[source] io::Error),
}

impl Error {
    /// What may be done about it; all but a fault of git, a limit and an absence is cured by a new
    /// tool host on the kept workspace.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Lost(_) | Self::Protocol(_) | Self::Deadline { .. } | Self::Sink(_) => {
                Class::Retry
            }
            Self::Git { .. } | Self::TooLarge { .. } | Self::Missing { .. } => Class::Permanent,
        }
    }
}
