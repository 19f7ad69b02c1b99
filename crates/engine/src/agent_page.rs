//! The address of the page where people watch an agent.

use outwork_domain::AgentId;

/// Where people watch an agent, by the address at which they reach the server.
pub(crate) fn agent_page(public_url: &str, agent_id: AgentId) -> String {
    format!("{public_url}/agents?id=bc-{agent_id}")
}
