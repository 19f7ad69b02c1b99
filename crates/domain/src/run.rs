//! A run: the execution of one prompt, the first of an agent or a follow-up.

use std::fmt;
use std::str::FromStr;

use crate::run_state::RunState;
use crate::{AgentId, Cause, ModelChoice, RunId, Timestamp};

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

/// Whether a run changes something, or only says what it would change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum RunMode {
    /// It works, and its work is published.
    #[default]
    Agent,
    /// It looks around and answers with a plan; no file is touched (Cursor v1 `mode: plan`).
    Plan,
}

impl RunMode {
    /// Both modes.
    pub const ALL: [Self; 2] = [Self::Agent, Self::Plan];

    /// The stable word for it, `agent` or `plan`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Plan => "plan",
        }
    }
}

impl fmt::Display for RunMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The text is no run mode's word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no mode of a run: agent, plan")]
pub struct UnknownRunMode(pub String);

impl FromStr for RunMode {
    type Err = UnknownRunMode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.word() == text)
            .ok_or_else(|| UnknownRunMode(text.to_owned()))
    }
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
    /// Whether it changes something, or only says what it would change.
    pub mode: RunMode,
    /// The run whose plan it carries out, if the user approved one.
    pub approved: Option<RunId>,
    /// What answers its prompt.
    pub model: ModelChoice,
    /// The id of the request that asked for it, for the logs of both sides.
    pub request_id: String,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it was first claimed.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}
