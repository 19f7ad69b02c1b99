//! What a path of v1 names: an agent, a run of it. A malformed id is as unknown as any other.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use outwork_domain::{AgentId, RunId};
use uuid::Uuid;

use crate::app::App;
use crate::errors::Failure;
use crate::path::parameter;
use crate::wire::{WireAgentId, WireRunId};

/// The agent that the part `{id}` of the path names.
pub(super) struct PathAgent(pub(super) AgentId);

/// The agent and its run that the parts `{id}` and `{runId}` of the path name.
pub(super) struct PathRun {
    pub(super) agent_id: AgentId,
    pub(super) run_id: RunId,
}

impl FromRequestParts<App> for PathAgent {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let text = parameter(parts, app, "id").await;
        let id = text.and_then(|text| WireAgentId::read(&text).ok());
        id.map(Self).ok_or_else(Failure::agent_not_found)
    }
}

impl FromRequestParts<App> for PathRun {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let PathAgent(agent_id) = PathAgent::from_request_parts(parts, app).await?;
        let text = parameter(parts, app, "runId").await;
        // Unknown, but only after the agent was looked up: that is told first.
        let run_id = text.and_then(|text| WireRunId::read(&text).ok());
        let run_id = run_id.unwrap_or(RunId::new(Uuid::nil()));
        Ok(Self { agent_id, run_id })
    }
}
