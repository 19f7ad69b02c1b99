//! Attempts of runs: what is known of each beyond its number.

use outwork_domain::{AgentId, Fence, IsolationLevel, RunId};

use crate::database::{Connected as _, Read, values};
use crate::{Error, Tx};

/// Notes a new attempt and how it is confined.
pub(crate) async fn insert(
    tx: &mut Tx,
    fence: &Fence,
    isolation: IsolationLevel,
) -> Result<(), Error> {
    let sql = "INSERT INTO attempts (run_id, number, isolation) VALUES ($1, $2, $3)";
    let values = values![fence.run_id, fence.attempt.0, isolation.word()];
    tx.connection().execute(sql, values).await.map(drop)
}

/// How the latest attempts of an agent's runs are confined; runs that were never claimed are not there.
///
/// # Errors
///
/// The database's.
pub async fn latest_isolation(
    reader: &mut impl Read,
    agent_id: AgentId,
) -> Result<Vec<(RunId, IsolationLevel)>, Error> {
    let sql = "SELECT t.run_id, t.isolation FROM runs r \
               JOIN attempts t ON t.run_id = r.id AND t.number = r.attempt \
               WHERE r.agent_id = $1 ORDER BY r.number";
    let rows = reader.connection().rows(sql, values![agent_id]).await?;
    let one = |row: &crate::database::Row| {
        Ok((RunId::new(row.uuid("run_id")?), row.parsed("isolation")?))
    };
    rows.iter().map(one).collect()
}
