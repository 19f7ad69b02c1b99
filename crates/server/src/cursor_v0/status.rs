//! What v0 reports of a run: five words, derived from state, place and attempt, never stored.

use outwork_domain::Run;
use outwork_domain::run_state::RunState;
use serde::Serialize;
use utoipa::ToSchema;

/// The five words of v0. A stopped agent is `FINISHED`: clients take any other word for an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Creating,
    Running,
    Finished,
    Error,
    Expired,
}

/// The status of the agent whose deciding run this is.
///
/// Retries put a run back to `queued`; by the attempt it never goes back from `RUNNING` to `CREATING`.
pub(super) fn status_of(deciding: &Run) -> Status {
    let first_run = deciding.number == 1;
    match (deciding.state, deciding.attempt.0) {
        (RunState::Queued, 0) | (RunState::Preparing, 0 | 1) if first_run => Status::Creating,
        (
            RunState::Queued
            | RunState::Preparing
            | RunState::Working
            | RunState::Publishing
            | RunState::Cancelling,
            _,
        ) => Status::Running,
        (RunState::Succeeded | RunState::Cancelled, _) => Status::Finished,
        (RunState::Failed, _) => Status::Error,
        (RunState::Expired, _) => Status::Expired,
    }
}

#[cfg(test)]
mod tests {
    use outwork_domain::{AgentId, Attempt, ModelChoice, ModelId, RunId, RunMode, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn run(number: u32, state: RunState, attempt: u32) -> Run {
        Run {
            id: RunId::new(Uuid::nil()),
            agent_id: AgentId::new(Uuid::nil()),
            number,
            state,
            attempt: Attempt(attempt),
            failure: None,
            summary: None,
            mode: RunMode::Agent,
            approved: None,
            model: ModelChoice::of(ModelId::script()),
            request_id: String::new(),
            created_at: Timestamp::from_millis(0),
            started_at: None,
            ended_at: None,
        }
    }

    /// The whole table: state; then for the first run and for a later one the letters of attempts 0,
    /// 1, 2 and 7 (C=Creating R=Running F=Finished E=Error X=Expired).
    #[test]
    fn the_whole_table() {
        let table = [
            (RunState::Queued, "CRRR", "RRRR"),
            (RunState::Preparing, "CCRR", "RRRR"),
            (RunState::Working, "RRRR", "RRRR"),
            (RunState::Publishing, "RRRR", "RRRR"),
            (RunState::Cancelling, "RRRR", "RRRR"),
            (RunState::Succeeded, "FFFF", "FFFF"),
            (RunState::Failed, "EEEE", "EEEE"),
            (RunState::Cancelled, "FFFF", "FFFF"),
            (RunState::Expired, "XXXX", "XXXX"),
        ];
        assert_eq!(table.map(|(state, ..)| state), RunState::ALL);
        let letters = |number, state| -> String {
            [0, 1, 2, 7]
                .map(|attempt| match status_of(&run(number, state, attempt)) {
                    Status::Creating => 'C',
                    Status::Running => 'R',
                    Status::Finished => 'F',
                    Status::Error => 'E',
                    Status::Expired => 'X',
                })
                .into_iter()
                .collect()
        };
        for (state, first, later) in table {
            assert_eq!(letters(1, state), first, "{state}, first run");
            assert_eq!(letters(2, state), later, "{state}, second run");
            assert_eq!(letters(9, state), later, "{state}, ninth run");
        }
    }

    #[test]
    fn the_words_are_those_of_the_specification() {
        let all = [
            Status::Creating,
            Status::Running,
            Status::Finished,
            Status::Error,
            Status::Expired,
        ];
        let words = serde_json::to_string(&all).unwrap();
        assert_eq!(
            words,
            r#"["CREATING","RUNNING","FINISHED","ERROR","EXPIRED"]"#
        );
    }
}
