//! How commands that give an agent another run begin.

use outwork_domain::{AccountId, AgentId};
use outwork_store::{AgentView, Tx, agents};

use super::CommandError;

/// The account's agent as it stays until the transaction ends, unless it was put away.
///
/// # Errors
///
/// [`CommandError::AgentNotFound`], [`CommandError::AgentArchived`].
pub(super) async fn locked_view(
    tx: &mut Tx,
    account_id: AccountId,
    agent_id: AgentId,
) -> Result<AgentView, CommandError> {
    agents::lock(tx, agent_id).await?;
    let view = agents::find(tx, account_id, agent_id).await?;
    let view = view.ok_or(CommandError::AgentNotFound)?;
    match view.agent.archived_at {
        Some(_) => Err(CommandError::AgentArchived),
        None => Ok(view),
    }
}
