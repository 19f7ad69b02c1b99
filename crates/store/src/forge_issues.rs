//! Issues on forges from which agents were launched.

use outwork_domain::{AgentId, Repository, Timestamp};

use crate::database::{Connected as _, Read, values};
use crate::{Error, Tx};

/// Notes that an agent was launched from an issue; it is the agent from now on.
///
/// # Errors
///
/// [`Error::NotFound`] if the agent is gone, otherwise the database's.
pub async fn put(
    tx: &mut Tx,
    repository: &Repository,
    number: u64,
    agent_id: AgentId,
    now: Timestamp,
) -> Result<(), Error> {
    crate::lock::lock(tx, agent_id).await?;
    let sql = "INSERT INTO forge_issues (repository, number, agent_id, created_at) \
               SELECT $1, $2, id, $4 FROM agents WHERE id = $3 \
               ON CONFLICT (repository, number) DO UPDATE SET agent_id = excluded.agent_id, \
               created_at = excluded.created_at";
    let values = values![repository, number, agent_id, now];
    match tx.connection().execute(sql, values).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Lets the issues of a repository go by its new name, where none is known yet that has the number.
///
/// # Errors
///
/// The database's.
pub async fn rename(tx: &mut Tx, from: &Repository, to: &Repository) -> Result<(), Error> {
    let sql = "UPDATE forge_issues SET repository = $2 WHERE repository = $1 \
               AND NOT EXISTS (SELECT 1 FROM forge_issues other \
               WHERE other.repository = $2 AND other.number = forge_issues.number)";
    tx.connection()
        .execute(sql, values![from, to])
        .await
        .map(drop)
}

/// The agent that was launched from an issue last, if it is still there.
///
/// # Errors
///
/// The database's.
pub async fn find_agent(
    reader: &mut impl Read,
    repository: &Repository,
    number: u64,
) -> Result<Option<AgentId>, Error> {
    let sql = "SELECT agent_id FROM forge_issues WHERE repository = $1 AND number = $2";
    let row = reader
        .connection()
        .row(sql, values![repository, number])
        .await?;
    row.map(|row| row.uuid("agent_id").map(AgentId::new))
        .transpose()
}
