//! A run: the execution of one prompt, the first of an agent or a follow-up.

use std::fmt;

use crate::run_state::RunState;
use crate::{AgentId, Cause, CommitId, RunId, Timestamp};

/// One try of a run under one lease; the number is the fencing token. 0: never claimed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Attempt(pub u32);

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What every write of a worker carries: a write whose attempt is no longer the run's changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Fence {
    /// The agent of the run.
    pub agent_id: AgentId,
    /// The run.
    pub run_id: RunId,
    /// The attempt that the worker claimed.
    pub attempt: Attempt,
}

/// A run; its prompt is kept apart, since most readers do not need it.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Whose it is.
    pub agent_id: AgentId,
    /// Its place among the agent's runs, from 1.
    pub number: u32,
    /// Where it stands.
    pub state: RunState,
    /// The latest attempt.
    pub attempt: Attempt,
    /// Why it failed and a sentence about it, once it has.
    pub failure: Option<(Cause, String)>,
    /// The final text of its answer, once it has ended.
    pub summary: Option<String>,
    /// The commit that its work started from, once known.
    pub base: Option<CommitId>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it was first claimed.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl Run {
    /// The run that decides what its agent shows: the oldest that has not ended, else the newest.
    ///
    /// `runs` are all runs of one agent in the order of their numbers.
    #[must_use]
    pub fn deciding(runs: &[Self]) -> Option<&Self> {
        runs.iter()
            .find(|run| !run.state.is_final())
            .or_else(|| runs.last())
    }
}
