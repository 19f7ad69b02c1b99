//! Reading an agent for its caller, and a run of it.

use outwork_domain::{AgentId, Run, RunId};
use outwork_store::{AgentView, Read, agents, runs};

use crate::auth::Caller;
use crate::errors::Failure;

/// The agent, if it is the caller's.
pub(super) async fn find_view(
    reader: &mut impl Read,
    caller: &Caller,
    id: AgentId,
) -> Result<AgentView, Failure> {
    let found = agents::find(reader, caller.account_id(), id).await?;
    found.ok_or_else(Failure::agent_not_found)
}

/// A run of an agent, if it is that agent's.
pub(super) async fn find_run(
    reader: &mut impl Read,
    agent_id: AgentId,
    run_id: RunId,
) -> Result<Run, Failure> {
    let found = runs::find_of_agent(reader, agent_id, run_id).await?;
    found.ok_or_else(Failure::run_not_found)
}
