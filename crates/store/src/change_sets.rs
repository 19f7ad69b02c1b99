//! Change sets: what an agent has changed in a repository by the end of a run that pushed there.
//!
//! A run has one for each repository: a later push of the run replaces what an earlier one left. Only the
//! attempt that holds the run writes it, so it stays as it is once the run has ended.

use outwork_domain::{AgentId, CommitId, Fence, Repository, RunId};

use crate::database::{Connected as _, Read, Row, values};
use crate::{Error, Tx};

/// The difference between where an agent's work on a repository started and what a run has pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSet {
    /// Where.
    pub repository: Repository,
    /// The commit that work started from.
    pub base: CommitId,
    /// The commit that was pushed.
    pub head: CommitId,
    /// The first line of that commit's message.
    pub subject: String,
    /// The difference as `git apply` takes it, empty if no file differs; absent if it cannot be shown.
    pub patch: Option<String>,
}

/// Notes what a run's attempt has pushed, in the transaction that appends the event of the push.
///
/// # Errors
///
/// [`Error::NotFound`] if the agent has no such repository, otherwise the database's.
pub async fn put(tx: &mut Tx, fence: &Fence, change: &ChangeSet) -> Result<(), Error> {
    let sql = "INSERT INTO change_sets (run_id, number, base_commit, head_commit, subject, patch) \
               SELECT $1, number, $4, $5, $6, $7 FROM agent_repositories \
               WHERE agent_id = $2 AND repository = $3 \
               ON CONFLICT (run_id, number) DO UPDATE SET base_commit = excluded.base_commit, \
               head_commit = excluded.head_commit, subject = excluded.subject, \
               patch = excluded.patch";
    let values = values![
        fence.run_id,
        fence.agent_id,
        &change.repository,
        &change.base,
        &change.head,
        change.subject.as_str(),
        change.patch.as_deref(),
    ];
    match tx.connection().execute(sql, values).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

macro_rules! select {
    ($from:expr) => {
        concat!(
            "SELECT p.repository, c.base_commit, c.head_commit, c.subject, c.patch ",
            $from,
            " ORDER BY p.number"
        )
    };
}

/// What a run has pushed, in the order of its agent's repositories.
///
/// # Errors
///
/// The database's.
pub async fn of_run(reader: &mut impl Read, run_id: RunId) -> Result<Vec<ChangeSet>, Error> {
    let sql = select!(
        "FROM change_sets c JOIN runs r ON r.id = c.run_id \
         JOIN agent_repositories p ON p.agent_id = r.agent_id AND p.number = c.number \
         WHERE c.run_id = $1"
    );
    all(&reader.connection().rows(sql, values![run_id]).await?)
}

/// What an agent has changed by now: of each repository what the newest run that pushed there has left.
///
/// # Errors
///
/// The database's.
pub async fn latest(reader: &mut impl Read, agent_id: AgentId) -> Result<Vec<ChangeSet>, Error> {
    let sql = select!(
        "FROM agent_repositories p JOIN change_sets c ON c.number = p.number AND c.run_id = \
         (SELECT r.id FROM runs r JOIN change_sets n ON n.run_id = r.id AND n.number = p.number \
         WHERE r.agent_id = p.agent_id ORDER BY r.number DESC LIMIT 1) WHERE p.agent_id = $1"
    );
    all(&reader.connection().rows(sql, values![agent_id]).await?)
}

fn all(rows: &[Row]) -> Result<Vec<ChangeSet>, Error> {
    let change = |row: &Row| {
        Ok(ChangeSet {
            repository: row.parsed("repository")?,
            base: row.parsed("base_commit")?,
            head: row.parsed("head_commit")?,
            subject: row.text("subject")?,
            patch: row.optional_text("patch")?,
        })
    };
    rows.iter().map(change).collect()
}
