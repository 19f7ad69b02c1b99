//! Pull requests that Outwork keeps itself, for repositories without a forge.

use std::collections::HashMap;

use outwork_domain::{
    AccountId, AgentId, BranchName, CommitId, PullRequest, PullRequestNumber, PullRequestState,
    Readiness, Repository, Timestamp,
};

use crate::database::{Connected as _, Read, Row, Value, values};
use crate::hundred::{HUNDRED, hundred, places};
use crate::{Error, Tx};

macro_rules! columns {
    () => {
        "number, agent_id, repository, title, body, base, head, base_commit, head_commit, state, \
         readiness, merge_commit, created_at, updated_at"
    };
}

/// A pull request that is to be opened.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPullRequest {
    /// The agent that opens it.
    pub agent_id: AgentId,
    /// The repository.
    pub repository: Repository,
    /// Title.
    pub title: String,
    /// Description, Markdown.
    pub body: String,
    /// The branch that it wants to change.
    pub base: BranchName,
    /// The branch with the change.
    pub head: BranchName,
    /// The commit that `base` was at when the work started.
    pub base_commit: CommitId,
    /// The commit that `head` is at.
    pub head_commit: CommitId,
    /// Whether it waits for review.
    pub readiness: Readiness,
    /// When it is opened.
    pub now: Timestamp,
}

/// Opens a pull request; if the account has an open one for these branches, that one is it.
///
/// # Errors
///
/// [`Error::NotFound`] if the agent is gone, otherwise the database's.
pub async fn open(tx: &mut Tx, new: &NewPullRequest) -> Result<PullRequest, Error> {
    crate::lock::lock(tx, new.agent_id).await?;
    let sql = concat!(
        "INSERT INTO pull_requests (account_id, agent_id, repository, title, body, base, head, \
         base_commit, head_commit, state, created_at, updated_at, readiness) \
         SELECT account_id, id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11 \
         FROM agents WHERE id = $1 ON CONFLICT DO NOTHING RETURNING ",
        columns!()
    );
    let values = values![
        new.agent_id,
        &new.repository,
        &new.title,
        &new.body,
        &new.base,
        &new.head,
        &new.base_commit,
        &new.head_commit,
        PullRequestState::Open.word(),
        new.now,
        new.readiness.word(),
    ];
    if let Some(row) = tx.connection().row(sql, values).await? {
        return pull_request(&row);
    }
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM pull_requests WHERE account_id = (SELECT account_id FROM agents WHERE id = $1) \
         AND repository = $2 AND head = $3 AND base = $4 AND state = 'open'"
    );
    let values = values![new.agent_id, &new.repository, &new.head, &new.base];
    pull_request(
        &tx.connection()
            .row(sql, values)
            .await?
            .ok_or(Error::NotFound)?,
    )
}

/// The account's pull request of that number.
///
/// # Errors
///
/// The database's.
pub async fn get(
    reader: &mut impl Read,
    account_id: AccountId,
    number: PullRequestNumber,
) -> Result<Option<PullRequest>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM pull_requests WHERE number = $1 AND account_id = $2"
    );
    let row = reader
        .connection()
        .row(sql, values![number, account_id])
        .await?;
    row.as_ref().map(pull_request).transpose()
}

/// What became of the account's pull requests of these numbers; one statement for each hundred.
///
/// # Errors
///
/// The database's.
pub async fn states(
    reader: &mut impl Read,
    account_id: AccountId,
    numbers: &[PullRequestNumber],
) -> Result<HashMap<PullRequestNumber, PullRequestState>, Error> {
    let sql = concat!(
        "SELECT number, state FROM pull_requests WHERE account_id = $101 AND number IN (",
        places!(),
        ")"
    );
    let mut states = HashMap::with_capacity(numbers.len());
    for some in numbers.chunks(HUNDRED) {
        let some = some.iter().map(|number| (*number).into());
        let mut values = hundred(some, Value::Integer(None));
        values.extend(values![account_id]);
        for row in reader.connection().rows(sql, values).await? {
            let number = PullRequestNumber(row.number("number")?);
            states.insert(number, row.parsed("state")?);
        }
    }
    Ok(states)
}

/// The account's pull requests, the newest first, those before `before`.
///
/// # Errors
///
/// The database's.
pub async fn list(
    reader: &mut impl Read,
    account_id: AccountId,
    state: Option<PullRequestState>,
    before: Option<PullRequestNumber>,
    limit: u32,
) -> Result<Vec<PullRequest>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM pull_requests WHERE account_id = $1 AND number < $2 \
         AND ($3 IS NULL OR state = $3) ORDER BY number DESC LIMIT $4"
    );
    let before = before.map_or(i64::MAX.unsigned_abs(), |number| number.0);
    let values = values![account_id, before, state.map(PullRequestState::word), limit];
    reader
        .connection()
        .rows(sql, values)
        .await?
        .iter()
        .map(pull_request)
        .collect()
}

/// The pull requests of the agent's account for these branches, in all states, the newest first; into any
/// base if none is given.
///
/// # Errors
///
/// The database's.
pub async fn find_by_head(
    reader: &mut impl Read,
    agent_id: AgentId,
    repository: &Repository,
    head: &BranchName,
    base: Option<&BranchName>,
) -> Result<Vec<PullRequest>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM pull_requests WHERE account_id = (SELECT account_id FROM agents WHERE id = $1) \
         AND repository = $2 AND head = $3 \
         AND ($4 IS NULL OR base = $4) ORDER BY number DESC"
    );
    let values = values![agent_id, repository, head, base.map(BranchName::as_str)];
    reader
        .connection()
        .rows(sql, values)
        .await?
        .iter()
        .map(pull_request)
        .collect()
}

/// Notes that a branch is at another commit, in every open pull request of the agent's account that
/// shows it; gives how many did.
///
/// # Errors
///
/// The database's.
pub async fn move_head(
    tx: &mut Tx,
    agent_id: AgentId,
    repository: &Repository,
    head: &BranchName,
    commit: &CommitId,
    now: Timestamp,
) -> Result<u64, Error> {
    let sql = "UPDATE pull_requests SET head_commit = $4, updated_at = $5 \
               WHERE account_id = (SELECT account_id FROM agents WHERE id = $1) \
               AND repository = $2 AND head = $3 AND state = 'open'";
    let values = values![agent_id, repository, head, commit, now];
    tx.connection().execute(sql, values).await
}

/// The pull request of that number, whosever it is: for who acts for its agent.
///
/// # Errors
///
/// The database's.
pub async fn find_by_number(
    reader: &mut impl Read,
    number: PullRequestNumber,
) -> Result<Option<PullRequest>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM pull_requests WHERE number = $1"
    );
    let row = reader.connection().row(sql, values![number]).await?;
    row.as_ref().map(pull_request).transpose()
}

/// Gives a pull request other texts; what is absent stays.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none of that number, otherwise the database's.
pub async fn revise(
    tx: &mut Tx,
    number: PullRequestNumber,
    title: Option<&str>,
    body: Option<&str>,
    now: Timestamp,
) -> Result<PullRequest, Error> {
    let sql = concat!(
        "UPDATE pull_requests SET title = COALESCE($2, title), body = COALESCE($3, body), \
         updated_at = $4 WHERE number = $1 RETURNING ",
        columns!()
    );
    let values = values![number, title, body, now];
    let row = tx.connection().row(sql, values).await?;
    pull_request(&row.ok_or(Error::NotFound)?)
}

/// Moves a pull request from one state to another; tells whether it was in the first.
///
/// # Errors
///
/// The database's.
pub async fn set_state(
    tx: &mut Tx,
    number: PullRequestNumber,
    from: PullRequestState,
    to: PullRequestState,
    merge_commit: Option<CommitId>,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "UPDATE pull_requests SET state = $3, \
               merge_commit = COALESCE($4, merge_commit), updated_at = $5 \
               WHERE number = $1 AND state = $2";
    let values = values![number, from.word(), to.word(), &merge_commit, now];
    Ok(tx.connection().execute(sql, values).await? > 0)
}

fn pull_request(row: &Row) -> Result<PullRequest, Error> {
    Ok(PullRequest {
        number: PullRequestNumber(row.number("number")?),
        agent_id: AgentId::new(row.uuid("agent_id")?),
        repository: row.parsed("repository")?,
        title: row.text("title")?,
        body: row.text("body")?,
        base: row.parsed("base")?,
        head: row.parsed("head")?,
        base_commit: row.parsed("base_commit")?,
        head_commit: row.parsed("head_commit")?,
        state: row.parsed("state")?,
        readiness: row.parsed("readiness")?,
        merge_commit: row.optional_parsed("merge_commit")?,
        created_at: row.timestamp("created_at")?,
        updated_at: row.timestamp("updated_at")?,
    })
}
