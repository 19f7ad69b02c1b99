//! The states of a run and the one function that says how they follow each other.
//!
//! Nothing else decides a state. What a dialect reports is derived from these, never stored.

use std::fmt;
use std::str::FromStr;

/// Where a run stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RunState {
    /// Waits for a worker, or again after a failed attempt.
    Queued,
    /// A worker prepares its workspace.
    Preparing,
    /// The agent loop is at work.
    Working,
    /// The result is pushed and put up as a pull request; no longer cancellable.
    Publishing,
    /// Somebody asked to stop; the worker is ending it.
    Cancelling,
    /// Ended well.
    Succeeded,
    /// Ended with a cause.
    Failed,
    /// Ended because somebody asked.
    Cancelled,
    /// Waited in the queue for longer than its limit.
    Expired,
}

/// What happens to a run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RunEvent {
    /// A worker took it under a lease.
    Claimed,
    /// Somebody asked to stop it.
    CancelRequested,
    /// It waited too long.
    WaitedTooLong,
    /// Checkout and sandbox are there.
    WorkspacePrepared,
    /// The agent loop came to an end that is to be published.
    LoopFinished,
    /// Branch and pull request are where they should be.
    Published,
    /// The attempt failed.
    AttemptFailed(Then),
    /// The worker was not heard of for the length of a lease.
    LeaseExpired(Then),
    /// The worker stops in order and gives the run back; no attempt is lost.
    HandedBack,
    /// A cancelled run's processes are gone.
    Stopped,
}

/// What follows a failed attempt.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Then {
    /// Another attempt.
    Retry,
    /// The run fails.
    GiveUp,
}

/// The event cannot happen in that state; nothing changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a run that is {from} cannot take {event:?}")]
pub struct IllegalTransition {
    /// The state it is in.
    pub from: RunState,
    /// What was to happen.
    pub event: RunEvent,
}

impl RunState {
    /// Every state, in the order of a run's life.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Preparing,
        Self::Working,
        Self::Publishing,
        Self::Cancelling,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The stable word for it, such as `queued`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Preparing => "preparing",
            Self::Working => "working",
            Self::Publishing => "publishing",
            Self::Cancelling => "cancelling",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Whether the run has ended; nothing follows.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Expired
        )
    }

    /// Whether a worker holds the run under a lease.
    #[must_use]
    pub const fn is_leased(self) -> bool {
        matches!(
            self,
            Self::Preparing | Self::Working | Self::Publishing | Self::Cancelling
        )
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The text is no state's word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a run state")]
pub struct UnknownRunState(pub String);

impl FromStr for RunState {
    type Err = UnknownRunState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.word() == text)
            .ok_or_else(|| UnknownRunState(text.to_owned()))
    }
}

/// The state that follows, or the news that the event cannot happen in that state.
///
/// # Errors
///
/// [`IllegalTransition`] for every pair that the table in ARCHITECTURE.md does not name.
pub const fn after(state: RunState, event: RunEvent) -> Result<RunState, IllegalTransition> {
    use RunState::{
        Cancelled, Cancelling, Expired, Failed, Preparing, Publishing, Queued, Succeeded, Working,
    };
    Ok(match (state, event) {
        (Queued, RunEvent::Claimed) => Preparing,
        (Queued, RunEvent::CancelRequested) => Cancelled,
        (Queued, RunEvent::WaitedTooLong) => Expired,
        (Preparing, RunEvent::WorkspacePrepared) => Working,
        (Working, RunEvent::LoopFinished) => Publishing,
        (Publishing, RunEvent::Published) => Succeeded,
        (Preparing | Working, RunEvent::CancelRequested) => Cancelling,
        (
            Preparing | Working | Publishing,
            RunEvent::AttemptFailed(Then::Retry)
            | RunEvent::LeaseExpired(Then::Retry)
            | RunEvent::HandedBack,
        ) => Queued,
        (
            Preparing | Working | Publishing,
            RunEvent::AttemptFailed(Then::GiveUp) | RunEvent::LeaseExpired(Then::GiveUp),
        ) => Failed,
        (
            Cancelling,
            RunEvent::Stopped
            | RunEvent::AttemptFailed(_)
            | RunEvent::LeaseExpired(_)
            | RunEvent::HandedBack,
        ) => Cancelled,
        (from, event) => return Err(IllegalTransition { from, event }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [RunEvent; 12] = [
        RunEvent::Claimed,
        RunEvent::CancelRequested,
        RunEvent::WaitedTooLong,
        RunEvent::WorkspacePrepared,
        RunEvent::LoopFinished,
        RunEvent::Published,
        RunEvent::AttemptFailed(Then::Retry),
        RunEvent::AttemptFailed(Then::GiveUp),
        RunEvent::LeaseExpired(Then::Retry),
        RunEvent::LeaseExpired(Then::GiveUp),
        RunEvent::HandedBack,
        RunEvent::Stopped,
    ];

    /// The whole table: one row a state, one letter an event in the order of `EVENTS`; the letter is
    /// the next state's first (`Q P W U=Publishing C=Cancelling S F X=Cancelled E`), `.` is illegal.
    #[test]
    fn the_whole_table() {
        let table = [
            (RunState::Queued, "PXE........."),
            (RunState::Preparing, ".C.W..QFQFQ."),
            (RunState::Working, ".C..U.QFQFQ."),
            (RunState::Publishing, ".....SQFQFQ."),
            (RunState::Cancelling, "......XXXXXX"),
            (RunState::Succeeded, "............"),
            (RunState::Failed, "............"),
            (RunState::Cancelled, "............"),
            (RunState::Expired, "............"),
        ];
        let letter = |state| match state {
            RunState::Queued => 'Q',
            RunState::Preparing => 'P',
            RunState::Working => 'W',
            RunState::Publishing => 'U',
            RunState::Cancelling => 'C',
            RunState::Succeeded => 'S',
            RunState::Failed => 'F',
            RunState::Cancelled => 'X',
            RunState::Expired => 'E',
        };
        for (state, expected) in table {
            let row: String = EVENTS
                .into_iter()
                .map(|event| after(state, event).map_or('.', letter))
                .collect();
            assert_eq!(row, expected, "{state}");
        }
    }

    #[test]
    fn words_read_back() {
        for state in RunState::ALL {
            assert_eq!(state.word().parse::<RunState>(), Ok(state));
        }
    }
}
