//! Pull requests on forges, and the agent that works on each.

use std::collections::HashMap;

use outwork_domain::{
    AccountId, AgentId, BranchName, CommitId, ForgePullRequest, PullRequestNumber,
    PullRequestState, Repository, Timestamp,
};

use crate::database::{Connected as _, Read, Row, Value, values};
use crate::hundred::{hundred, places};
use crate::rows::{identity_of, identity_word};
use crate::{Error, Tx};

/// Which pull requests a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForgePullRequestFilter {
    /// Only those in this state.
    pub state: Option<PullRequestState>,
    /// Only the one that is read there.
    pub url: Option<String>,
    /// Only those behind this place.
    pub behind: Option<ForgePullRequestPlace>,
}

/// The place of a pull request in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgePullRequestPlace {
    /// When we first knew of it.
    pub first_known_at: Timestamp,
    /// Its repository, as the row has it.
    pub repository: String,
    /// Its number.
    pub number: u64,
}

/// A pull request in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPullRequest {
    /// When we first knew of it.
    pub first_known_at: Timestamp,
    /// What is known of it.
    pub known: ForgePullRequest,
}

impl ListedPullRequest {
    /// Where it stands in the list.
    #[must_use]
    pub fn place(&self) -> ForgePullRequestPlace {
        ForgePullRequestPlace {
            first_known_at: self.first_known_at,
            repository: self.known.repository.to_string(),
            number: self.known.number.0,
        }
    }
}

macro_rules! columns {
    () => {
        "repository, number, agent_id, url, base, head, state, readiness, identity"
    };
}

/// Writes what is known of a pull request; an agent that takes it over begins to count anew.
///
/// # Errors
///
/// [`Error::NotFound`] if the agent is gone, otherwise the database's.
pub async fn put(tx: &mut Tx, known: &ForgePullRequest, now: Timestamp) -> Result<(), Error> {
    crate::lock::lock(tx, known.agent_id).await?;
    let sql = "INSERT INTO forge_pull_requests \
               (repository, number, agent_id, url, base, head, state, readiness, identity, \
               created_at, updated_at) \
               SELECT $1, $2, id, $4, $5, $6, $7, $8, $9, $10, $10 FROM agents WHERE id = $3 \
               ON CONFLICT (repository, number) DO UPDATE SET url = excluded.url, \
               base = excluded.base, head = excluded.head, state = excluded.state, \
               readiness = excluded.readiness, identity = excluded.identity, \
               updated_at = excluded.updated_at, agent_id = excluded.agent_id, \
               check_follow_ups = CASE WHEN forge_pull_requests.agent_id = excluded.agent_id \
               THEN forge_pull_requests.check_follow_ups ELSE 0 END";
    let values = values![
        &known.repository,
        known.number,
        known.agent_id,
        &known.url,
        &known.base,
        &known.head,
        known.state.word(),
        known.readiness.word(),
        identity_word(known.identity),
        now,
    ];
    match tx.connection().execute(sql, values).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// The pull request of that number.
///
/// # Errors
///
/// The database's.
pub async fn find(
    reader: &mut impl Read,
    repository: &Repository,
    number: PullRequestNumber,
) -> Result<Option<ForgePullRequest>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM forge_pull_requests WHERE repository = $1 AND number = $2"
    );
    let row = reader
        .connection()
        .row(sql, values![repository, number])
        .await?;
    row.as_ref().map(pull_request).transpose()
}

/// The newest open pull request of a branch.
///
/// # Errors
///
/// The database's.
pub async fn find_open_by_head(
    reader: &mut impl Read,
    repository: &Repository,
    head: &BranchName,
) -> Result<Option<ForgePullRequest>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM forge_pull_requests WHERE repository = $1 AND head = $2 AND state = 'open' \
         ORDER BY number DESC LIMIT 1"
    );
    let row = reader
        .connection()
        .row(sql, values![repository, head])
        .await?;
    row.as_ref().map(pull_request).transpose()
}

/// The newest open pull request whose branch an agent brought to that commit.
///
/// # Errors
///
/// The database's.
pub async fn find_open_by_commit(
    reader: &mut impl Read,
    repository: &Repository,
    commit: &CommitId,
) -> Result<Option<ForgePullRequest>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM forge_pull_requests WHERE repository = $1 AND state = 'open' \
         AND head IN (SELECT p.branch FROM agent_repositories p \
         WHERE p.agent_id = forge_pull_requests.agent_id AND p.head = $2) \
         ORDER BY number DESC LIMIT 1"
    );
    let row = reader
        .connection()
        .row(sql, values![repository, commit])
        .await?;
    row.as_ref().map(pull_request).transpose()
}

/// The pull requests that agents of an account work or worked on, the latest that became known first.
///
/// # Errors
///
/// The database's.
pub async fn list(
    reader: &mut impl Read,
    account_id: AccountId,
    filter: &ForgePullRequestFilter,
    limit: u32,
) -> Result<Vec<ListedPullRequest>, Error> {
    let sql = concat!(
        "SELECT created_at, ",
        columns!(),
        " FROM forge_pull_requests \
         WHERE agent_id IN (SELECT id FROM agents WHERE account_id = $1) \
         AND ($2 IS NULL OR state = $2) AND ($3 IS NULL OR url = $3) \
         AND (created_at, repository, number) < ($4, $5, $6) \
         ORDER BY created_at DESC, repository DESC, number DESC LIMIT $7"
    );
    let begin = ForgePullRequestPlace {
        first_known_at: Timestamp::from_millis(i64::MAX),
        repository: String::new(),
        number: 0,
    };
    let behind = filter.behind.as_ref().unwrap_or(&begin);
    let values = values![
        account_id,
        filter.state.map(PullRequestState::word),
        filter.url.as_deref(),
        behind.first_known_at,
        behind.repository.as_str(),
        behind.number,
        limit
    ];
    let rows = reader.connection().rows(sql, values).await?;
    rows.iter()
        .map(|row| {
            Ok(ListedPullRequest {
                first_known_at: row.timestamp("created_at")?,
                known: pull_request(row)?,
            })
        })
        .collect()
}

/// The pull requests that an agent works or worked on, the newest first.
///
/// # Errors
///
/// The database's.
pub async fn list_of_agent(
    reader: &mut impl Read,
    agent_id: AgentId,
) -> Result<Vec<ForgePullRequest>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM forge_pull_requests WHERE agent_id = $1 \
         ORDER BY created_at DESC, repository, number DESC"
    );
    let rows = reader.connection().rows(sql, values![agent_id]).await?;
    rows.iter().map(pull_request).collect()
}

/// What became of the pull requests that repositories of these agents have, at most a hundred agents: by the
/// address, whichever agent works on it now.
///
/// # Errors
///
/// The database's.
pub async fn states_of_agents(
    reader: &mut impl Read,
    ids: &[AgentId],
) -> Result<HashMap<String, PullRequestState>, Error> {
    let sql = concat!(
        "SELECT url, state FROM forge_pull_requests WHERE url IN \
         (SELECT p.pull_request_url FROM agent_repositories p WHERE p.agent_id IN (",
        places!(),
        ")) ORDER BY updated_at"
    );
    let values = hundred(ids.iter().map(|id| (*id).into()), Value::Uuid(None));
    let rows = reader.connection().rows(sql, values).await?;
    rows.iter()
        .map(|row| Ok((row.text("url")?, row.parsed("state")?)))
        .collect()
}

/// Notes what became of a pull request; tells whether we know it.
///
/// # Errors
///
/// The database's.
pub async fn set_state(
    tx: &mut Tx,
    repository: &Repository,
    number: PullRequestNumber,
    state: PullRequestState,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "UPDATE forge_pull_requests SET state = $3, updated_at = $4 \
               WHERE repository = $1 AND number = $2";
    let values = values![repository, number, state.word(), now];
    Ok(tx.connection().execute(sql, values).await? > 0)
}

/// Lets the pull requests of a repository go by its new name, where none is known yet that has the number.
///
/// # Errors
///
/// The database's.
pub async fn rename(
    tx: &mut Tx,
    from: &Repository,
    to: &Repository,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "UPDATE forge_pull_requests SET repository = $2, url = REPLACE(url, $1, $2), \
               updated_at = $3 WHERE repository = $1 AND NOT EXISTS (SELECT 1 \
               FROM forge_pull_requests other WHERE other.repository = $2 \
               AND other.number = forge_pull_requests.number)";
    let done = tx.connection().execute(sql, values![from, to, now]).await;
    done.map(drop)
}

/// Closes all open pull requests of a repository that is gone.
///
/// # Errors
///
/// The database's.
pub async fn close_all(tx: &mut Tx, repository: &Repository, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE forge_pull_requests SET state = 'closed', updated_at = $2 \
               WHERE repository = $1 AND state = 'open'";
    let done = tx.connection().execute(sql, values![repository, now]).await;
    done.map(drop)
}

/// What failing checks of a pull request have led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckFollowUps {
    /// How many follow-ups.
    pub count: u32,
    /// The commit whose check the latest was for.
    pub commit: Option<CommitId>,
}

/// The follow-ups that failing checks of a pull request have caused.
///
/// # Errors
///
/// The database's.
pub async fn check_follow_ups(
    reader: &mut impl Read,
    repository: &Repository,
    number: PullRequestNumber,
) -> Result<CheckFollowUps, Error> {
    let sql = "SELECT check_follow_ups, checked_commit FROM forge_pull_requests \
               WHERE repository = $1 AND number = $2";
    let row = reader
        .connection()
        .row(sql, values![repository, number])
        .await?;
    let Some(row) = row else {
        return Ok(CheckFollowUps::default());
    };
    Ok(CheckFollowUps {
        count: row.number("check_follow_ups")?,
        commit: row.optional_parsed("checked_commit")?,
    })
}

/// Takes one of the follow-ups that failing checks may cause, at most one for each commit; tells
/// whether there was one left.
///
/// # Errors
///
/// The database's.
pub async fn take_check_follow_up(
    tx: &mut Tx,
    repository: &Repository,
    number: PullRequestNumber,
    commit: &CommitId,
    max: u32,
) -> Result<bool, Error> {
    let sql = "UPDATE forge_pull_requests \
               SET check_follow_ups = check_follow_ups + 1, checked_commit = $3 \
               WHERE repository = $1 AND number = $2 AND check_follow_ups < $4 \
               AND state = 'open' AND (checked_commit IS NULL OR checked_commit <> $3)";
    let values = values![repository, number, commit, max];
    Ok(tx.connection().execute(sql, values).await? > 0)
}

fn pull_request(row: &Row) -> Result<ForgePullRequest, Error> {
    Ok(ForgePullRequest {
        repository: row.parsed("repository")?,
        number: PullRequestNumber(row.number("number")?),
        agent_id: AgentId::new(row.uuid("agent_id")?),
        url: row.text("url")?,
        base: row.parsed("base")?,
        head: row.parsed("head")?,
        state: row.parsed("state")?,
        readiness: row.parsed("readiness")?,
        identity: identity_of(row, "identity")?,
    })
}
