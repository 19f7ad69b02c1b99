//! The job object of v2.

use outwork_domain::{AgentId, AgentRepository, BranchName, ModelId, Repository};
use outwork_store::AgentView;
use serde::Serialize;
use utoipa::ToSchema;

use super::status::{JobStatus, job_status};
use crate::wire::{Moment, Text};

/// A job as v2 shows it; every field is always there.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobBody<'a> {
    /// The agent's UUID; other dialects put `bc-` before it.
    #[schema(value_type = String, format = "uuid")]
    id: Text<AgentId>,
    status: JobStatus,
    source: SourceBody<'a>,
    #[schema(value_type = String, example = "script")]
    model: Text<&'a ModelId>,
    /// The pull request; none while the job is active, or if no file changed.
    #[schema(required = true, format = "uri")]
    pr_link: Option<&'a str>,
    created_at: Moment,
    #[schema(required = true)]
    archived_at: Option<Moment>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobSource)]
struct SourceBody<'a> {
    #[schema(value_type = String, example = "https://github.com/acme/docs")]
    repository: RepositoryText<'a>,
    /// The branch that the job works on.
    #[serde(rename = "ref")]
    #[schema(required = true, value_type = Option<String>, example = "mintlify/4f1a09be")]
    branch: Option<Text<&'a BranchName>>,
}

/// The address of a repository.
type RepositoryText<'a> = Text<&'a Repository>;

/// Where the pull request of an agent's work is read.
pub(super) fn pull_request_of(repository: &AgentRepository) -> Option<&str> {
    let own = repository.pull_request_url.as_deref();
    own.or(repository.source.pull_request_url.as_deref())
}

impl<'a> JobBody<'a> {
    /// A job as it is; none for an agent without a repository, which is in no project.
    pub(super) fn of(view: &'a AgentView) -> Option<Self> {
        let agent = &view.agent;
        let repository = agent.first_repository()?;
        let status = job_status(agent.archived_at, view.deciding.state);
        let at_rest = view.deciding.state.is_final();
        Some(Self {
            id: Text(agent.id),
            status,
            source: SourceBody {
                repository: Text(&repository.source.repository),
                branch: repository.branch.as_ref().map(Text),
            },
            model: Text(&agent.model.id),
            pr_link: pull_request_of(repository).filter(|_| at_rest),
            created_at: Moment(agent.created_at),
            archived_at: agent.archived_at.map(Moment),
        })
    }

    /// A job right after it got a prompt: whatever a quick worker has done by now comes later.
    pub(super) fn active(view: &'a AgentView) -> Option<Self> {
        Some(Self {
            status: JobStatus::Active,
            pr_link: None,
            ..Self::of(view)?
        })
    }
}
