//! Answers that hold nothing but an id.

use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{WireAgentId, WireRunId};

/// The agent that was changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentRef)]
pub(super) struct AgentIdBody {
    pub(super) id: WireAgentId,
}

/// The run that was changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunRef)]
pub(super) struct RunIdBody {
    pub(super) id: WireRunId,
}
