//! The session object of v1: an agent once more, under the names of the older contract.

use outwork_domain::run_state::RunState;
use outwork_domain::{AccountId, AgentId, BranchName, Project, Run};
use outwork_store::AgentView;
use serde::Serialize;
use utoipa::ToSchema;

use super::job::pull_request_of;
use super::status::{HaultReason, hault_reason};
use crate::wire::{Moment, Text};

/// A job as v1 shows it; every field is always there.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionBody<'a> {
    #[schema(value_type = String, format = "uuid")]
    session_id: Text<AgentId>,
    /// The project's alias, else its id.
    subdomain: &'a str,
    #[schema(required = true, value_type = Option<String>, example = "mintlify/4f1a09be")]
    branch: Option<Text<&'a BranchName>>,
    haulted: bool,
    hault_reason: HaultReason,
    /// Empty until there is one.
    pull_request_link: &'a str,
    /// What the last run said at its end, or why it failed.
    message_to_user: &'a str,
    /// The agent's own list, if it keeps one.
    todos: Vec<TodoBody>,
    /// The account.
    #[schema(value_type = String)]
    user_id: Text<AccountId>,
    title: &'a str,
    created_at: Moment,
}

/// An item of an agent's own list. Our agents keep none.
#[derive(Debug, Serialize, ToSchema)]
struct TodoBody {
    content: String,
    status: String,
    priority: String,
    id: String,
}

impl<'a> SessionBody<'a> {
    /// An agent of a project as it is.
    pub(super) fn of(view: &'a AgentView, project: &'a Project) -> Self {
        let agent = &view.agent;
        let first = agent.first_repository();
        let alias = project.alias.as_ref().unwrap_or(&project.id);
        Self {
            session_id: Text(agent.id),
            subdomain: alias.as_str(),
            branch: first.and_then(|first| first.branch.as_ref()).map(Text),
            haulted: agent.archived_at.is_some() || view.deciding.state.is_final(),
            hault_reason: hault_reason(&view.deciding),
            pull_request_link: first.and_then(pull_request_of).unwrap_or_default(),
            message_to_user: message(&view.deciding, view.summary.as_deref()),
            todos: Vec::new(),
            user_id: Text(agent.account_id),
            title: &agent.name,
            created_at: Moment(agent.created_at),
        }
    }
}

/// What people read at the end: the failure of the deciding run, else the latest final text.
fn message<'a>(deciding: &'a Run, summary: Option<&'a str>) -> &'a str {
    match (&deciding.failure, deciding.state) {
        (Some((_, words)), RunState::Failed | RunState::Expired) => words,
        (_, _) => summary.unwrap_or_default(),
    }
}
