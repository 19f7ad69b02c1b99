//! What both versions report of an agent: derived from its mark and its deciding run, never stored.

use outwork_domain::run_state::RunState;
use outwork_domain::{Cause, Run, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// The status of a job in v2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum JobStatus {
    /// Some run waits or works.
    Active,
    /// The last run succeeded.
    Completed,
    /// It was put away.
    Archived,
    /// The last run failed, was cancelled or expired.
    Failed,
}

/// Why a session of v1 is at rest, or that it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum HaultReason {
    /// The last run succeeded.
    Completed,
    /// It failed for a reason that lies with the git host.
    GithubMissconfigured,
    /// It failed otherwise, or waited too long.
    Error,
    /// A run waits or works.
    Processing,
    /// The last run was cancelled.
    Interrupted,
}

/// The status of a run by its state.
pub(super) const fn status_of(state: RunState) -> JobStatus {
    match state {
        RunState::Queued
        | RunState::Preparing
        | RunState::Working
        | RunState::Publishing
        | RunState::Cancelling => JobStatus::Active,
        RunState::Succeeded => JobStatus::Completed,
        RunState::Failed | RunState::Cancelled | RunState::Expired => JobStatus::Failed,
    }
}

/// The status of an agent by its mark and the state of its deciding run.
pub(super) const fn job_status(archived_at: Option<Timestamp>, deciding: RunState) -> JobStatus {
    match archived_at {
        Some(_) => JobStatus::Archived,
        None => status_of(deciding),
    }
}

/// Why an agent whose deciding run this is rests, or that it does not.
pub(super) fn hault_reason(deciding: &Run) -> HaultReason {
    match deciding.state {
        RunState::Queued
        | RunState::Preparing
        | RunState::Working
        | RunState::Publishing
        | RunState::Cancelling => HaultReason::Processing,
        RunState::Succeeded => HaultReason::Completed,
        RunState::Failed => match &deciding.failure {
            Some((cause, _)) if is_of_the_forge(*cause) => HaultReason::GithubMissconfigured,
            Some(_) | None => HaultReason::Error,
        },
        RunState::Cancelled => HaultReason::Interrupted,
        RunState::Expired => HaultReason::Error,
    }
}

fn is_of_the_forge(cause: Cause) -> bool {
    [
        Cause::RepositoryNotFound,
        Cause::BaseNotFound,
        Cause::ForgeAuth,
        Cause::PushDenied,
        Cause::PublishFailed,
    ]
    .contains(&cause)
}

#[cfg(test)]
mod tests {
    use outwork_domain::{AgentId, Attempt, ModelChoice, ModelId, RunId, RunMode};
    use uuid::Uuid;

    use super::*;

    fn run(state: RunState, cause: Option<Cause>) -> Run {
        Run {
            id: RunId::new(Uuid::nil()),
            agent_id: AgentId::new(Uuid::nil()),
            number: 1,
            state,
            attempt: Attempt(1),
            failure: cause.map(|cause| (cause, String::new())),
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

    /// The whole table: state, v2's status, v1's reason.
    const TABLE: [(RunState, JobStatus, HaultReason); 9] = [
        (RunState::Queued, JobStatus::Active, HaultReason::Processing),
        (
            RunState::Preparing,
            JobStatus::Active,
            HaultReason::Processing,
        ),
        (
            RunState::Working,
            JobStatus::Active,
            HaultReason::Processing,
        ),
        (
            RunState::Publishing,
            JobStatus::Active,
            HaultReason::Processing,
        ),
        (
            RunState::Cancelling,
            JobStatus::Active,
            HaultReason::Processing,
        ),
        (
            RunState::Succeeded,
            JobStatus::Completed,
            HaultReason::Completed,
        ),
        (RunState::Failed, JobStatus::Failed, HaultReason::Error),
        (
            RunState::Cancelled,
            JobStatus::Failed,
            HaultReason::Interrupted,
        ),
        (RunState::Expired, JobStatus::Failed, HaultReason::Error),
    ];

    #[test]
    fn the_whole_table() {
        assert_eq!(TABLE.map(|(state, ..)| state), RunState::ALL);
        for (state, status, reason) in TABLE {
            assert_eq!(job_status(None, state), status, "{state}");
            assert_eq!(hault_reason(&run(state, None)), reason, "{state}");
            let archived = job_status(Some(Timestamp::from_millis(1)), state);
            assert_eq!(archived, JobStatus::Archived, "{state}");
        }
    }

    #[test]
    fn causes_that_lie_with_the_git_host_have_a_word_of_their_own() {
        let reason = |cause| hault_reason(&run(RunState::Failed, Some(cause)));
        assert_eq!(reason(Cause::PushDenied), HaultReason::GithubMissconfigured);
        assert_eq!(reason(Cause::ScriptFailed), HaultReason::Error);
    }

    #[test]
    fn the_words_are_those_of_the_specification() {
        let statuses = [
            JobStatus::Active,
            JobStatus::Completed,
            JobStatus::Archived,
            JobStatus::Failed,
        ];
        assert_eq!(
            serde_json::to_string(&statuses).unwrap(),
            r#"["active","completed","archived","failed"]"#
        );
        let reasons = [
            HaultReason::Completed,
            HaultReason::GithubMissconfigured,
            HaultReason::Error,
            HaultReason::Processing,
            HaultReason::Interrupted,
        ];
        assert_eq!(
            serde_json::to_string(&reasons).unwrap(),
            r#"["completed","github_missconfigured","error","processing","interrupted"]"#
        );
    }
}
