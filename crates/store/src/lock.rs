//! The order in which transactions write.
//!
//! On PostgreSQL whoever writes anything of an agent locks the agent's row first: so runs, events and
//! their numbers follow one order, a fence that was checked stays checked, and nobody waits in a circle.
//! SQLite has one writer; there the locks are nothing.

use outwork_domain::{AgentId, RunId};

use crate::database::{Connected as _, Kind, values};
use crate::{Error, Tx};

/// Keeps every other transaction from writing anything of the agent until this one ends.
///
/// Every writing function does so by itself; a command that first reads and then decides calls it
/// before it reads.
///
/// # Errors
///
/// The database's.
pub async fn lock(tx: &mut Tx, agent_id: AgentId) -> Result<(), Error> {
    match tx.kind() {
        Kind::Sqlite => Ok(()),
        Kind::Postgres => {
            // References from rows that are being added do not wait for this kind of lock.
            let sql = "SELECT 1 FROM agents WHERE id = $1 FOR NO KEY UPDATE";
            tx.connection()
                .execute(sql, values![agent_id])
                .await
                .map(drop)
        }
    }
}

/// The same for the agent of that run.
pub(crate) async fn lock_agent_of(tx: &mut Tx, run_id: RunId) -> Result<(), Error> {
    match tx.kind() {
        Kind::Sqlite => Ok(()),
        Kind::Postgres => {
            let sql = "SELECT 1 FROM agents \
                       WHERE id = (SELECT agent_id FROM runs WHERE id = $1) FOR NO KEY UPDATE";
            tx.connection()
                .execute(sql, values![run_id])
                .await
                .map(drop)
        }
    }
}
