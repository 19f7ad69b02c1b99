//! What agents are told beyond their prompts; it goes with its agent.

use outwork_domain::{AgentId, Guidance, InstructionsPath};

use crate::database::{Connected as _, Read, values};
use crate::{Error, Tx};

/// Adds the guidance of a new agent; nothing if it says nothing.
///
/// # Errors
///
/// The database's.
pub async fn insert(tx: &mut Tx, agent_id: AgentId, guidance: &Guidance) -> Result<(), Error> {
    if guidance.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO agent_guidance (agent_id, text, file) VALUES ($1, $2, $3)";
    let file = guidance.file.as_ref().map(InstructionsPath::as_str);
    let values = values![agent_id, guidance.text.as_deref(), file];
    tx.connection().execute(sql, values).await.map(drop)
}

/// The agent's guidance.
///
/// # Errors
///
/// The database's.
pub async fn of_agent(reader: &mut impl Read, agent_id: AgentId) -> Result<Guidance, Error> {
    let sql = "SELECT text, file FROM agent_guidance WHERE agent_id = $1";
    let row = reader.connection().row(sql, values![agent_id]).await?;
    let Some(row) = row else {
        return Ok(Guidance::default());
    };
    Ok(Guidance {
        text: row.optional_text("text")?,
        file: row.optional_parsed("file")?,
    })
}
