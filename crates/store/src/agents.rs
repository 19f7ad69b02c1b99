//! Agents: the durable records that users create.
//!
//! A reader gets an agent with its deciding run and its latest summary from one statement.

use outwork_domain::{
    AccountId, Agent, AgentId, BranchName, CommitId, Run, Timestamp, WebhookTarget,
};

use crate::database::{Connected as _, Read, Row, values};
use crate::rows::{
    agent, agent_columns, creation_word, identity_word, reviewer_word, run, run_columns, wish_word,
    wished_branch,
};
use crate::{Error, Tx};

pub use crate::lock::lock;

/// An agent as readers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentView {
    /// The agent.
    pub agent: Agent,
    /// The run that decides what it shows: the oldest that has not ended, else the newest.
    pub deciding: Run,
    /// The summary of the newest run that has ended.
    pub summary: Option<String>,
}

impl AgentView {
    /// Whether the deciding run is the agent's first.
    #[must_use]
    pub const fn is_first_run(&self) -> bool {
        self.deciding.number == 1
    }
}

/// Which agents a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Only those with this pull request.
    pub pull_request_url: Option<String>,
}

/// What of an agent changes; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentChange {
    /// The branch that its results go to.
    pub branch: Option<BranchName>,
    /// The commit that its branch is at.
    pub head: Option<CommitId>,
    /// Where its pull request is read.
    pub pull_request_url: Option<String>,
}

impl AgentChange {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

// One seek in each index: the oldest open run, else the newest; and the newest that has ended.
macro_rules! view {
    ($agents:expr) => {
        concat!(
            "SELECT ",
            agent_columns!(),
            ", ",
            run_columns!(),
            ", (SELECT e.summary FROM runs e \
             WHERE e.agent_id = a.id AND e.ended_at IS NOT NULL \
             ORDER BY e.number DESC LIMIT 1) AS agent_summary FROM ",
            $agents,
            " JOIN runs r ON r.id = COALESCE(\
             (SELECT o.id FROM runs o WHERE o.agent_id = a.id AND o.ended_at IS NULL \
             ORDER BY o.number LIMIT 1), \
             (SELECT n.id FROM runs n WHERE n.agent_id = a.id ORDER BY n.number DESC LIMIT 1))"
        )
    };
}

// The page is cut out before its runs are looked up, so no planner can begin with the runs.
macro_rules! page {
    ($condition:literal) => {
        concat!(
            view!(concat!(
                "(SELECT * FROM agents WHERE account_id = $1 AND (created_at, id) < ($2, $3)",
                $condition,
                " ORDER BY created_at DESC, id DESC LIMIT $4) a"
            )),
            " ORDER BY a.created_at DESC, a.id DESC"
        )
    };
}

/// Adds an agent; its first run must follow in the same transaction.
///
/// # Errors
///
/// The database's.
pub async fn insert(tx: &mut Tx, agent: &Agent) -> Result<(), Error> {
    let sql = "INSERT INTO agents (id, account_id, name, model, repository, base_ref, \
               source_pull_request_url, branch, branch_wish, wished_branch, \
               pull_request_creation, pull_request_identity, reviewer_request, \
               pull_request_url, head, webhook_url, webhook_secret, created_at, archived_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
               $17, $18, $19)";
    let webhook = agent.webhook.as_ref();
    let values = values![
        agent.id,
        agent.account_id,
        &agent.name,
        agent.model.as_str(),
        &agent.source.repository,
        &agent.source.base_ref,
        &agent.source.pull_request_url,
        &agent.branch,
        wish_word(&agent.branch_wish),
        wished_branch(&agent.branch_wish),
        creation_word(agent.pull_request.creation),
        identity_word(agent.pull_request.identity),
        reviewer_word(agent.pull_request.reviewer),
        &agent.pull_request_url,
        &agent.head,
        webhook.map(WebhookTarget::url),
        webhook.and_then(WebhookTarget::secret),
        agent.created_at,
        agent.archived_at,
    ];
    tx.connection().execute(sql, values).await.map(drop)
}

/// The agent of that id, if it is the account's.
///
/// # Errors
///
/// The database's.
pub async fn find(
    reader: &mut impl Read,
    account_id: AccountId,
    agent_id: AgentId,
) -> Result<Option<AgentView>, Error> {
    let sql = concat!(view!("agents a"), " WHERE a.id = $1 AND a.account_id = $2");
    let row = reader
        .connection()
        .row(sql, values![agent_id, account_id])
        .await?;
    row.as_ref().map(agent_view).transpose()
}

/// The account's agents, the newest first, beginning behind the one that `after` names.
///
/// # Errors
///
/// The database's.
pub async fn list(
    reader: &mut impl Read,
    account_id: AccountId,
    filter: &ListFilter,
    after: Option<(Timestamp, AgentId)>,
    limit: u32,
) -> Result<Vec<AgentView>, Error> {
    // Nothing was made at the end of time, so the first page begins behind it.
    let (at, id) = after.unwrap_or((
        Timestamp::from_millis(i64::MAX),
        AgentId::new(uuid::Uuid::max()),
    ));
    let mut values = values![account_id, at, id, limit];
    let sql = match &filter.pull_request_url {
        None => page!(""),
        Some(url) => {
            values.push(url.into());
            page!(" AND (pull_request_url = $5 OR source_pull_request_url = $5)")
        }
    };
    reader
        .connection()
        .rows(sql, values)
        .await?
        .iter()
        .map(agent_view)
        .collect()
}

/// Changes what the change names.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such agent, otherwise the database's.
pub async fn update(tx: &mut Tx, agent_id: AgentId, change: &AgentChange) -> Result<(), Error> {
    if change.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE agents SET branch = COALESCE($2, branch), head = COALESCE($3, head), \
               pull_request_url = COALESCE($4, pull_request_url) WHERE id = $1";
    let values = values![
        agent_id,
        &change.branch,
        &change.head,
        &change.pull_request_url
    ];
    match tx.connection().execute(sql, values).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Puts an agent away, or takes it back.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such agent, otherwise the database's.
pub async fn set_archived(
    tx: &mut Tx,
    agent_id: AgentId,
    archived_at: Option<Timestamp>,
) -> Result<(), Error> {
    let sql = "UPDATE agents SET archived_at = $2 WHERE id = $1";
    match tx
        .connection()
        .execute(sql, values![agent_id, archived_at])
        .await?
    {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Deletes the account's agent with everything of it but its workspace's row; tells whether it was there.
///
/// Later writes of its attempts are [`Error::Stale`].
///
/// # Errors
///
/// The database's.
pub async fn delete(tx: &mut Tx, account_id: AccountId, agent_id: AgentId) -> Result<bool, Error> {
    lock(tx, agent_id).await?;
    let sql = "DELETE FROM agents WHERE id = $1 AND account_id = $2";
    let there = tx
        .connection()
        .execute(sql, values![agent_id, account_id])
        .await?
        > 0;
    if there {
        tx.ring_gone(agent_id);
    }
    Ok(there)
}

fn agent_view(row: &Row) -> Result<AgentView, Error> {
    Ok(AgentView {
        agent: agent(row)?,
        deciding: run(row)?,
        summary: row.optional_text("agent_summary")?,
    })
}
