//! The activity on the wire.

use outwork_domain::PlanStep;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::change_set::ChangeSetBody;
use super::super::moment::Moment;

/// An activity. Beside what all have, exactly one of the keys from `userMessaged` on stands in it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActivityBody {
    #[schema(
        example = "sessions/0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11/activities/00000000000000000000000000000700"
    )]
    pub(super) name: String,
    #[schema(example = "00000000000000000000000000000700")]
    pub(super) id: String,
    /// Later than that of the activity before, by a millisecond at least.
    pub(super) create_time: Moment,
    pub(super) originator: Originator,
    /// With `sessionCompleted`: that no file was changed, where a pull request was wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "No file differs from where the work started, so there is nothing to open a pull request for."
    )]
    pub(super) description: Option<&'static str>,
    /// Changed files, with `sessionCompleted`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(super) artifacts: Vec<ArtifactBody>,
    /// The user said something after the first prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_messaged: Option<UserMessagedBody>,
    /// The agent said something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) agent_messaged: Option<AgentMessagedBody>,
    /// A plan was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) plan_generated: Option<PlanGeneratedBody>,
    /// A plan was approved, by the user or because nobody was to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) plan_approved: Option<PlanApprovedBody>,
    /// A tool call ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) progress_updated: Option<ProgressUpdatedBody>,
    /// A run succeeded, and nothing waits for the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_completed: Option<SessionCompletedBody>,
    /// A run failed, was cancelled or waited too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_failed: Option<SessionFailedBody>,
}

impl ActivityBody {
    /// How much room its texts and its changed files take.
    pub(super) fn bytes(&self) -> usize {
        let of = |ArtifactBody::ChangeSet(change): &ArtifactBody| change.bytes();
        let step =
            |step: &StepBody| step.title.len() + step.description.as_ref().map_or(0, String::len);
        let user = self.user_messaged.as_ref();
        let agent = self.agent_messaged.as_ref();
        let plan = self.plan_generated.as_ref();
        let progress = self.progress_updated.as_ref();
        let failed = self.session_failed.as_ref();
        self.artifacts.iter().map(of).sum::<usize>()
            + user.map_or(0, |said| said.user_message.len())
            + agent.map_or(0, |said| said.agent_message.len())
            + plan.map_or(0, |made| made.plan.steps.iter().map(step).sum())
            + progress.map_or(0, |done| done.title.len() + done.description.len())
            + failed.map_or(0, |failed| failed.reason.len())
    }
}

/// Whose doing an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Originator {
    /// The user's.
    User,
    /// The agent's.
    Agent,
    /// The server's.
    System,
}

/// What came with an activity; exactly one key stands in it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Artifact)]
pub(super) enum ArtifactBody {
    /// The changed files of a repository.
    ChangeSet(ChangeSetBody),
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserMessaged)]
pub(super) struct UserMessagedBody {
    pub(super) user_message: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AgentMessaged)]
pub(super) struct AgentMessagedBody {
    pub(super) agent_message: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanGenerated)]
pub(super) struct PlanGeneratedBody {
    pub(super) plan: PlanBody,
}

/// A plan.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Plan)]
pub(super) struct PlanBody {
    pub(super) id: String,
    pub(super) create_time: Moment,
    pub(super) steps: Vec<StepBody>,
}

/// One step of a plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanStep)]
pub(super) struct StepBody {
    id: String,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Its place, from 0.
    index: usize,
}

impl StepBody {
    pub(super) fn of(plan_id: &str, index: usize, step: PlanStep) -> Self {
        Self {
            id: format!("{plan_id}-{index}"),
            title: step.title,
            description: step.description,
            index,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlanApproved)]
pub(super) struct PlanApprovedBody {
    pub(super) plan_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgressUpdated)]
pub(super) struct ProgressUpdatedBody {
    /// The tool, and what it was done with.
    pub(super) title: String,
    /// The end of its result.
    pub(super) description: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionCompleted)]
pub(super) struct SessionCompletedBody {}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionFailed)]
pub(super) struct SessionFailedBody {
    pub(super) reason: String,
}
