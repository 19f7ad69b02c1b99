//! How the loop ends.

use outwork_domain::Cause;

use crate::{EnvironmentLost, SinkClosed};

/// How a run's work ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The model says that it is done.
    Finished {
        /// Its last words: the run's summary.
        text: String,
    },
    /// The run failed; the work so far is kept.
    Failed {
        /// Why.
        cause: Cause,
        /// A sentence for people: why, and what they can do.
        message: String,
    },
}

impl Outcome {
    pub(super) fn failed(cause: Cause, message: impl Into<String>) -> Self {
        Self::Failed {
            cause,
            message: message.into(),
        }
    }
}

/// Why the loop stopped without an outcome: the attempt is over, the run is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Interrupted {
    /// Events are no longer taken.
    #[error(transparent)]
    Sink(#[from] SinkClosed),
    /// Tools can no longer be called.
    #[error(transparent)]
    Environment(#[from] EnvironmentLost),
}

/// The ways out of the loop's inner functions.
#[derive(Debug)]
pub(super) enum Ended {
    With(Outcome),
    By(Interrupted),
}

impl From<Outcome> for Ended {
    fn from(outcome: Outcome) -> Self {
        Self::With(outcome)
    }
}

impl From<SinkClosed> for Ended {
    fn from(closed: SinkClosed) -> Self {
        Self::By(closed.into())
    }
}

impl From<EnvironmentLost> for Ended {
    fn from(lost: EnvironmentLost) -> Self {
        Self::By(lost.into())
    }
}
