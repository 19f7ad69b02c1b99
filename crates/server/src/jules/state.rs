//! What a session is at: derived from the deciding run, never stored.

use outwork_domain::run_state::RunState;
use outwork_domain::{Awaiting, Run, RunMode, Terms};
use serde::Serialize;
use utoipa::ToSchema;

/// The state of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum State {
    /// A run waits and was never started.
    Queued,
    /// It is being prepared, or it plans.
    Planning,
    /// Its plan waits for `:approvePlan`.
    AwaitingPlanApproval,
    /// Its question waits for `:sendMessage`.
    AwaitingUserFeedback,
    /// It works.
    InProgress,
    /// The last run failed, was cancelled or waited too long.
    Failed,
    /// The last run succeeded.
    Completed,
}

/// The state of a session whose deciding run that is.
pub(super) fn state_of(terms: Terms, deciding: &Run) -> State {
    let again = |first| match deciding.attempt.0 {
        0 | 1 => first,
        _ => State::InProgress,
    };
    match deciding.state {
        RunState::Queued if deciding.attempt.0 > 0 => State::InProgress,
        RunState::Queued => State::Queued,
        RunState::Preparing => again(State::Planning),
        RunState::Working => match deciding.mode {
            RunMode::Plan => State::Planning,
            RunMode::Agent => State::InProgress,
        },
        RunState::Publishing | RunState::Cancelling => State::InProgress,
        RunState::Succeeded => match Awaiting::of(terms, deciding) {
            Some(Awaiting::Approval) => State::AwaitingPlanApproval,
            Some(Awaiting::Input) => State::AwaitingUserFeedback,
            None => State::Completed,
        },
        RunState::Failed | RunState::Cancelled | RunState::Expired => State::Failed,
    }
}

#[cfg(test)]
mod tests {
    use outwork_domain::{
        AgentId, Attempt, ModelChoice, ModelId, PlanApproval, RunId, SecretsWish, Timestamp,
    };
    use uuid::Uuid;

    use super::*;

    fn run(state: RunState, attempt: u32, mode: RunMode, summary: &str) -> Run {
        Run {
            id: RunId::new(Uuid::nil()),
            agent_id: AgentId::new(Uuid::nil()),
            number: 1,
            state,
            attempt: Attempt(attempt),
            failure: None,
            summary: Some(summary.to_owned()),
            mode,
            approved: None,
            model: ModelChoice::of(ModelId::script()),
            request_id: String::new(),
            created_at: Timestamp::from_millis(0),
            started_at: None,
            ended_at: None,
        }
    }

    /// The whole table: state, attempt, mode, what is said at the end, and the state that is shown.
    const TABLE: [(RunState, u32, RunMode, &str, State); 17] = [
        (RunState::Queued, 0, RunMode::Agent, "", State::Queued),
        (RunState::Queued, 0, RunMode::Plan, "", State::Queued),
        (RunState::Queued, 1, RunMode::Agent, "", State::InProgress),
        (RunState::Preparing, 1, RunMode::Agent, "", State::Planning),
        (RunState::Preparing, 1, RunMode::Plan, "", State::Planning),
        (
            RunState::Preparing,
            2,
            RunMode::Agent,
            "",
            State::InProgress,
        ),
        (RunState::Working, 1, RunMode::Agent, "", State::InProgress),
        (RunState::Working, 1, RunMode::Plan, "", State::Planning),
        (RunState::Working, 3, RunMode::Plan, "", State::Planning),
        (
            RunState::Publishing,
            1,
            RunMode::Agent,
            "",
            State::InProgress,
        ),
        (
            RunState::Cancelling,
            1,
            RunMode::Agent,
            "",
            State::InProgress,
        ),
        (
            RunState::Succeeded,
            1,
            RunMode::Agent,
            "1. x",
            State::Completed,
        ),
        (
            RunState::Succeeded,
            1,
            RunMode::Plan,
            "1. x",
            State::AwaitingPlanApproval,
        ),
        (
            RunState::Succeeded,
            1,
            RunMode::Plan,
            "Which?",
            State::AwaitingUserFeedback,
        ),
        (RunState::Failed, 1, RunMode::Plan, "1. x", State::Failed),
        (RunState::Cancelled, 1, RunMode::Agent, "", State::Failed),
        (RunState::Expired, 0, RunMode::Agent, "", State::Failed),
    ];

    #[test]
    fn the_whole_table() {
        let terms = Terms {
            plans: PlanApproval::Required,
            secrets: SecretsWish::Given,
        };
        for state in RunState::ALL {
            assert!(TABLE.iter().any(|row| row.0 == state), "{state}");
        }
        for (state, attempt, mode, said, shown) in TABLE {
            let deciding = run(state, attempt, mode, said);
            assert_eq!(
                state_of(terms, &deciding),
                shown,
                "{state} {attempt} {mode} {said}"
            );
        }
        let planned = run(RunState::Succeeded, 1, RunMode::Plan, "1. x");
        assert_eq!(state_of(Terms::default(), &planned), State::Completed);
    }

    #[test]
    fn the_words_are_those_of_the_reference() {
        let all = [
            State::Queued,
            State::Planning,
            State::AwaitingPlanApproval,
            State::AwaitingUserFeedback,
            State::InProgress,
            State::Failed,
            State::Completed,
        ];
        assert_eq!(
            serde_json::to_string(&all).unwrap(),
            r#"["QUEUED","PLANNING","AWAITING_PLAN_APPROVAL","AWAITING_USER_FEEDBACK","IN_PROGRESS","FAILED","COMPLETED"]"#
        );
    }
}
