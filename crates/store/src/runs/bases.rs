//! The commits that runs started from, one for each repository of their agent.

use outwork_domain::{AgentId, CommitId, Repository, RunId};

use crate::database::{Connected as _, Read, Row, values};
use crate::{Error, Tx};

/// Commits that work started from, by repository, in the agent's order.
pub type Bases = Vec<(Repository, CommitId)>;

/// The commits that the run started from, as far as they are known.
///
/// # Errors
///
/// The database's.
pub async fn bases(reader: &mut impl Read, run_id: RunId) -> Result<Bases, Error> {
    let sql = "SELECT p.repository, b.commit_id FROM run_bases b \
               JOIN runs r ON r.id = b.run_id \
               JOIN agent_repositories p ON p.agent_id = r.agent_id AND p.number = b.number \
               WHERE b.run_id = $1 ORDER BY b.number";
    all(&reader.connection().rows(sql, values![run_id]).await?)
}

/// The commits that the agent's work started from: for each repository that of the first run that got
/// so far.
///
/// # Errors
///
/// The database's.
pub async fn first_bases(reader: &mut impl Read, agent_id: AgentId) -> Result<Bases, Error> {
    let sql = "SELECT p.repository, b.commit_id FROM agent_repositories p \
               JOIN runs r ON r.id = (SELECT o.id FROM runs o \
               JOIN run_bases f ON f.run_id = o.id AND f.number = p.number \
               WHERE o.agent_id = p.agent_id ORDER BY o.number LIMIT 1) \
               JOIN run_bases b ON b.run_id = r.id AND b.number = p.number \
               WHERE p.agent_id = $1 ORDER BY p.number";
    all(&reader.connection().rows(sql, values![agent_id]).await?)
}

/// Notes where a run started; what is known already stays.
pub(super) async fn insert(
    tx: &mut Tx,
    agent_id: AgentId,
    run_id: RunId,
    bases: &[(Repository, CommitId)],
) -> Result<(), Error> {
    for (repository, commit) in bases {
        let sql = "INSERT INTO run_bases (run_id, number, commit_id) \
                   SELECT $1, number, $4 FROM agent_repositories \
                   WHERE agent_id = $2 AND repository = $3 ON CONFLICT DO NOTHING";
        let values = values![run_id, agent_id, repository, commit];
        tx.connection().execute(sql, values).await?;
    }
    Ok(())
}

fn all(rows: &[Row]) -> Result<Bases, Error> {
    rows.iter()
        .map(|row| Ok((row.parsed("repository")?, row.parsed("commit_id")?)))
        .collect()
}
