//! What v1 reports of a run and of an agent: derived from state and attempt, never stored.

use outwork_domain::run_state::RunState;
use outwork_domain::{Attempt, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum RunStatus {
    /// It waits, or its workspace is being prepared.
    Creating,
    /// It works, publishes, or is being stopped.
    Running,
    /// It ended well.
    Finished,
    /// It failed.
    Error,
    /// It was stopped.
    Cancelled,
    /// It waited too long.
    Expired,
}

/// What an agent is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum AgentStatus {
    /// A run is active or waits.
    Active,
    /// The last run has ended, however it did.
    Idle,
    /// It was put away.
    Archived,
}

/// The status of a run. Retries put a run back to `queued`; by the attempt it never goes back from
/// `RUNNING` to `CREATING`.
pub(super) const fn run_status(state: RunState, attempt: Attempt) -> RunStatus {
    match (state, attempt.0) {
        (RunState::Queued, 0) | (RunState::Preparing, 0 | 1) => RunStatus::Creating,
        (
            RunState::Queued
            | RunState::Preparing
            | RunState::Working
            | RunState::Publishing
            | RunState::Cancelling,
            _,
        ) => RunStatus::Running,
        (RunState::Succeeded, _) => RunStatus::Finished,
        (RunState::Failed, _) => RunStatus::Error,
        (RunState::Cancelled, _) => RunStatus::Cancelled,
        (RunState::Expired, _) => RunStatus::Expired,
    }
}

/// The status of an agent by its mark and the state of its deciding run.
pub(super) const fn agent_status(
    archived_at: Option<Timestamp>,
    deciding: RunState,
) -> AgentStatus {
    match archived_at {
        Some(_) => AgentStatus::Archived,
        None if deciding.is_final() => AgentStatus::Idle,
        None => AgentStatus::Active,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table: state; the letters of a run's status in attempts 0, 1, 2 and 7 (C=Creating
    /// R=Running F=Finished E=Error S=Cancelled X=Expired); the agent's status.
    const TABLE: [(RunState, &str, AgentStatus); 9] = [
        (RunState::Queued, "CRRR", AgentStatus::Active),
        (RunState::Preparing, "CCRR", AgentStatus::Active),
        (RunState::Working, "RRRR", AgentStatus::Active),
        (RunState::Publishing, "RRRR", AgentStatus::Active),
        (RunState::Cancelling, "RRRR", AgentStatus::Active),
        (RunState::Succeeded, "FFFF", AgentStatus::Idle),
        (RunState::Failed, "EEEE", AgentStatus::Idle),
        (RunState::Cancelled, "SSSS", AgentStatus::Idle),
        (RunState::Expired, "XXXX", AgentStatus::Idle),
    ];

    #[test]
    fn the_whole_table() {
        assert_eq!(TABLE.map(|(state, ..)| state), RunState::ALL);
        for (state, expected, agent) in TABLE {
            let letter = |attempt| match run_status(state, Attempt(attempt)) {
                RunStatus::Creating => 'C',
                RunStatus::Running => 'R',
                RunStatus::Finished => 'F',
                RunStatus::Error => 'E',
                RunStatus::Cancelled => 'S',
                RunStatus::Expired => 'X',
            };
            let letters: String = [0, 1, 2, 7].map(letter).into_iter().collect();
            assert_eq!(letters, expected, "{state}");
            assert_eq!(agent_status(None, state), agent, "{state}");
            let archived = agent_status(Some(Timestamp::from_millis(1)), state);
            assert_eq!(archived, AgentStatus::Archived, "{state}");
        }
    }

    #[test]
    fn the_words_are_those_of_the_specification() {
        let runs = [
            RunStatus::Creating,
            RunStatus::Running,
            RunStatus::Finished,
            RunStatus::Error,
            RunStatus::Cancelled,
            RunStatus::Expired,
        ];
        assert_eq!(
            serde_json::to_string(&runs).unwrap(),
            r#"["CREATING","RUNNING","FINISHED","ERROR","CANCELLED","EXPIRED"]"#
        );
        let agents = [
            AgentStatus::Active,
            AgentStatus::Idle,
            AgentStatus::Archived,
        ];
        assert_eq!(
            serde_json::to_string(&agents).unwrap(),
            r#"["ACTIVE","IDLE","ARCHIVED"]"#
        );
    }
}
