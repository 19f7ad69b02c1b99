//! The order in which transactions write.
//!
//! On PostgreSQL whoever writes anything of an agent locks the agent's row first: so runs, events and
//! their numbers follow one order, a fence that was checked stays checked, and nobody waits in a circle.
//! SQLite has one writer; there the locks are nothing.
//!
//! Behind the agent come the webhook endpoints, in the order of their ids, and only then their deliveries.
//! Whoever writes deliveries of several agents has the endpoint to itself; whoever writes more than one
//! of a single agent shares it.

//! What belongs to no agent is locked by its account's row, or by a [`Turn`] that all accounts share.

use outwork_domain::{AccountId, AgentId, EndpointId, RunId};

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

/// Who else may hold an endpoint's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Whoever shares it as well.
    Shared,
    /// Nobody.
    Alone,
}

/// Keeps an endpoint from being stopped, opened or removed by others; the agent is locked before it.
pub(crate) async fn lock_endpoint(tx: &mut Tx, id: EndpointId, hold: Hold) -> Result<(), Error> {
    let sql = match (tx.kind(), hold) {
        (Kind::Sqlite, _) => return Ok(()),
        (Kind::Postgres, Hold::Shared) => "SELECT 1 FROM webhook_endpoints WHERE id = $1 FOR SHARE",
        (Kind::Postgres, Hold::Alone) => {
            "SELECT 1 FROM webhook_endpoints WHERE id = $1 FOR NO KEY UPDATE"
        }
    };
    tx.connection().execute(sql, values![id]).await.map(drop)
}

/// Shares all endpoints of the account of an agent, which is locked before them.
pub(crate) async fn share_endpoints_of(tx: &mut Tx, agent_id: AgentId) -> Result<(), Error> {
    match tx.kind() {
        Kind::Sqlite => Ok(()),
        Kind::Postgres => {
            let sql = "SELECT 1 FROM webhook_endpoints \
                       WHERE account_id = (SELECT account_id FROM agents WHERE id = $1) \
                       ORDER BY id FOR SHARE";
            tx.connection()
                .execute(sql, values![agent_id])
                .await
                .map(drop)
        }
    }
}

/// What is written by one transaction at a time, so that what it checked stays so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Secrets of users.
    Secrets,
    /// Cloud environments.
    Environments,
    /// Projects, whose names are those of the whole server.
    Projects,
}

impl Turn {
    /// Eight letters in ASCII, which nothing else in a shared database is likely to lock.
    const fn number(self) -> i64 {
        i64::from_be_bytes(match self {
            Self::Secrets => *b"owsecret",
            Self::Environments => *b"owenviro",
            Self::Projects => *b"owprojec",
        })
    }
}

/// Keeps every other transaction that calls this from going on until this one ends.
pub(crate) async fn take_turn(tx: &mut Tx, turn: Turn) -> Result<(), Error> {
    match tx.kind() {
        Kind::Sqlite => Ok(()),
        Kind::Postgres => {
            let sql = "SELECT pg_advisory_xact_lock($1)";
            let values = values![turn.number()];
            tx.connection().execute(sql, values).await.map(drop)
        }
    }
}

/// Keeps every other transaction that calls this for the account from going on until this one ends.
pub(crate) async fn lock_account(tx: &mut Tx, account_id: AccountId) -> Result<(), Error> {
    match tx.kind() {
        Kind::Sqlite => Ok(()),
        Kind::Postgres => {
            // As above: what only refers to the account goes on.
            let sql = "SELECT 1 FROM accounts WHERE id = $1 FOR NO KEY UPDATE";
            let values = values![account_id];
            tx.connection().execute(sql, values).await.map(drop)
        }
    }
}
