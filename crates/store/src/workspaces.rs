//! Workspaces: which agents have a folder on this machine, and which user id theirs runs as.
//!
//! A row is written before its folder is made and removed after it is gone, so it outlives its agent.

use std::ops::Range;

use outwork_domain::{AgentId, Timestamp};

use crate::database::{Connected as _, Kind, Read, Row, values};
use crate::{Error, Tx};

/// An agent's hold on a folder and a user id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkspaceLease {
    /// The agent.
    pub agent_id: AgentId,
    /// The user id that its sandbox runs as, if it has one of its own.
    pub uid: Option<u32>,
}

/// The agent's workspace; if it has none, a new one with the lowest free user id of the range.
///
/// # Errors
///
/// [`Error::NoneFree`] if all user ids are in use, otherwise the database's.
pub async fn lease(
    tx: &mut Tx,
    agent_id: AgentId,
    uids: Option<Range<u32>>,
    now: Timestamp,
) -> Result<WorkspaceLease, Error> {
    if tx.kind() == Kind::Postgres {
        let sql = "LOCK TABLE workspaces IN SHARE ROW EXCLUSIVE MODE";
        tx.connection().execute(sql, Vec::new()).await?;
    }
    if let Some(lease) = find(tx, agent_id).await? {
        touch(tx, agent_id, now).await?;
        return Ok(lease);
    }
    let uid = match uids {
        None => None,
        Some(range) => Some(lowest_free(tx, range).await?),
    };
    let sql = "INSERT INTO workspaces (agent_id, uid, used_at) VALUES ($1, $2, $3)";
    tx.connection()
        .execute(sql, values![agent_id, uid, now])
        .await?;
    Ok(WorkspaceLease { agent_id, uid })
}

async fn lowest_free(tx: &mut Tx, range: Range<u32>) -> Result<u32, Error> {
    let sql = "SELECT uid FROM workspaces WHERE uid >= $1 AND uid < $2 ORDER BY uid";
    let mut free = range.start;
    for row in tx
        .connection()
        .rows(sql, values![range.start, range.end])
        .await?
    {
        if row.number::<u32>("uid")? != free {
            break;
        }
        free += 1;
    }
    if range.contains(&free) {
        Ok(free)
    } else {
        Err(Error::NoneFree("user ids"))
    }
}

/// The agent's workspace, if it has one.
///
/// # Errors
///
/// The database's.
pub async fn find(
    reader: &mut impl Read,
    agent_id: AgentId,
) -> Result<Option<WorkspaceLease>, Error> {
    let sql = "SELECT agent_id, uid FROM workspaces WHERE agent_id = $1";
    let row = reader.connection().row(sql, values![agent_id]).await?;
    row.map(|row| {
        Ok(WorkspaceLease {
            agent_id: owner(&row)?,
            uid: row.optional_number("uid")?,
        })
    })
    .transpose()
}

/// Notes that the workspace was used.
///
/// # Errors
///
/// The database's.
pub async fn touch(tx: &mut Tx, agent_id: AgentId, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE workspaces SET used_at = $2 WHERE agent_id = $1";
    tx.connection()
        .execute(sql, values![agent_id, now])
        .await
        .map(drop)
}

/// All agents with a workspace.
///
/// # Errors
///
/// The database's.
pub async fn list(reader: &mut impl Read) -> Result<Vec<AgentId>, Error> {
    let sql = "SELECT agent_id FROM workspaces ORDER BY agent_id";
    reader
        .connection()
        .rows(sql, Vec::new())
        .await?
        .iter()
        .map(owner)
        .collect()
}

/// Agents whose workspace was not used since `before` and who have no unfinished run.
///
/// # Errors
///
/// The database's.
pub async fn list_idle(
    reader: &mut impl Read,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<AgentId>, Error> {
    let sql = "SELECT w.agent_id FROM workspaces w WHERE w.used_at < $1 AND NOT EXISTS \
               (SELECT 1 FROM runs r WHERE r.agent_id = w.agent_id AND r.ended_at IS NULL) \
               ORDER BY w.used_at LIMIT $2";
    reader
        .connection()
        .rows(sql, values![before, limit])
        .await?
        .iter()
        .map(owner)
        .collect()
}

/// Workspaces whose agent was deleted.
///
/// # Errors
///
/// The database's.
pub async fn list_without_agent(reader: &mut impl Read) -> Result<Vec<AgentId>, Error> {
    let sql = "SELECT w.agent_id FROM workspaces w WHERE NOT EXISTS \
               (SELECT 1 FROM agents a WHERE a.id = w.agent_id) ORDER BY w.used_at";
    reader
        .connection()
        .rows(sql, Vec::new())
        .await?
        .iter()
        .map(owner)
        .collect()
}

/// Forgets a workspace whose folder is gone; tells whether there was one.
///
/// # Errors
///
/// The database's.
pub async fn remove(tx: &mut Tx, agent_id: AgentId) -> Result<bool, Error> {
    let sql = "DELETE FROM workspaces WHERE agent_id = $1";
    Ok(tx.connection().execute(sql, values![agent_id]).await? > 0)
}

fn owner(row: &Row) -> Result<AgentId, Error> {
    row.uuid("agent_id").map(AgentId::new)
}
