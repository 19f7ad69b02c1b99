//! Agents: the durable records that users create.
//!
//! A reader gets an agent with its repositories, its deciding run and its latest summary from one
//! statement.

use outwork_domain::{
    AccountId, Agent, AgentId, AgentRepository, BranchName, CommitId, Effort, ForgePullRequest,
    ModelChoice, Project, ProjectName, Repository, Run, RunId, Timestamp, WebhookTarget,
};

use crate::database::{Connected as _, Read, Row, values};
use crate::lock::share_endpoints_of;
use crate::rows::{
    agent, agent_columns, by_agent, creation_word, identity_word, metadata_text,
    repository_columns, reviewer_word, run, run_columns, webhook_secret_place, wish_word,
    wished_branch,
};
use crate::sealer::Sealer;
use crate::{Error, Tx};

pub use crate::lock::lock;

/// An agent as readers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentView {
    /// The agent.
    pub agent: Agent,
    /// The run that decides what it shows: the oldest that has not ended, else the one that ended last.
    pub deciding: Run,
    /// The newest run.
    pub latest_run_id: RunId,
    /// When something last happened to it; moves with every event.
    pub updated_at: Timestamp,
    /// The summary of the run that ended last.
    pub summary: Option<String>,
}

/// Which agents a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Only those with this pull request.
    pub pull_request_url: Option<String>,
    /// Whether those that were put away are among them.
    pub archived: Archived,
}

/// Whether a list shows agents that were put away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Archived {
    /// It does.
    #[default]
    Included,
    /// It does not.
    Excluded,
    /// It shows no others.
    Only,
}

/// What of an agent's repository changes; what is absent stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryChange {
    /// Which repository.
    pub repository: Repository,
    /// The branch that its results go to.
    pub branch: Option<BranchName>,
    /// The commit that its branch is at.
    pub head: Option<CommitId>,
    /// Where its pull request is read; a new branch has none until it is named.
    pub pull_request_url: Option<String>,
    /// What is known of the pull request on its forge.
    pub on_forge: Option<ForgePullRequest>,
}

impl RepositoryChange {
    /// A change of that repository that changes nothing yet.
    #[must_use]
    pub const fn of(repository: Repository) -> Self {
        Self {
            repository,
            branch: None,
            head: None,
            pull_request_url: None,
            on_forge: None,
        }
    }
}

// Joins the run that decides what the agent `a` shows: the oldest open one, else the one that ended last. A prompt
// that was cancelled behind a run that went on to its end does not decide.
macro_rules! deciding {
    () => {
        " JOIN runs r ON r.id = COALESCE(\
         (SELECT o.id FROM runs o WHERE o.agent_id = a.id AND o.ended_at IS NULL \
         ORDER BY o.number LIMIT 1), \
         (SELECT n.id FROM runs n WHERE n.agent_id = a.id AND n.ended_at IS NOT NULL \
         ORDER BY n.ended_at DESC, n.number DESC LIMIT 1))"
    };
}

pub(crate) use deciding;

macro_rules! view {
    ($agents:expr) => {
        concat!(
            "SELECT ",
            agent_columns!(),
            ", a.updated_at, ",
            repository_columns!(),
            ", ",
            run_columns!(),
            ", (SELECT l.id FROM runs l WHERE l.agent_id = a.id \
             ORDER BY l.number DESC LIMIT 1) AS latest_run_id, \
             (SELECT e.summary FROM runs e \
             WHERE e.agent_id = a.id AND e.ended_at IS NOT NULL \
             ORDER BY e.ended_at DESC, e.number DESC LIMIT 1) AS agent_summary FROM ",
            $agents,
            deciding!(),
            " LEFT JOIN agent_repositories p ON p.agent_id = a.id"
        )
    };
}

pub(crate) use view;

// The page is cut out before its runs are looked up, so no planner can begin with the runs.
macro_rules! page {
    ($condition:expr) => {
        concat!(
            view!(concat!(
                "(SELECT * FROM agents WHERE account_id = $1 AND (created_at, id) < ($2, $3)",
                $condition,
                " ORDER BY created_at DESC, id DESC LIMIT $4) a"
            )),
            " ORDER BY a.created_at DESC, a.id DESC, p.number"
        )
    };
}

// An agent that was made in no project is in the one of its only repository.
macro_rules! in_project {
    () => {
        concat!(
            view!(
                "(SELECT g.* FROM agents g WHERE g.account_id = $1 AND (g.project = $2 \
                 OR (g.project IS NULL AND EXISTS (SELECT 1 FROM agent_repositories o \
                 WHERE o.agent_id = g.id AND o.repository = $3) \
                 AND NOT EXISTS (SELECT 1 FROM agent_repositories b \
                 WHERE b.agent_id = g.id AND b.repository <> $3))) \
                 ORDER BY g.created_at DESC, g.id DESC LIMIT $4 OFFSET $5) a"
            ),
            " ORDER BY a.created_at DESC, a.id DESC, p.number"
        )
    };
}

macro_rules! of_pull_request {
    () => {
        " AND id IN (SELECT agent_id FROM agent_repositories WHERE pull_request_url = $5 \
         UNION SELECT agent_id FROM agent_repositories WHERE source_pull_request_url = $5)"
    };
}

/// Adds an agent; its first run must follow in the same transaction.
///
/// # Errors
///
/// [`Error::Taken`] if the id was given before, even to an agent that is deleted by now; otherwise the
/// database's.
pub async fn insert(tx: &mut Tx, agent: &Agent) -> Result<(), Error> {
    let sql = "INSERT INTO agents (id, account_id, name, model, effort, pull_request_creation, \
               pull_request_identity, reviewer_request, webhook_url, webhook_secret, \
               environment_id, environment_name, metadata, created_at, updated_at, archived_at, \
               dialect, project, readiness, plans, secrets) \
               SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15, $16, \
               $17, $18, $19, $20 \
               WHERE NOT EXISTS (SELECT 1 FROM deleted_agents WHERE id = $1) \
               ON CONFLICT (id) DO NOTHING";
    let (webhook, environment) = (agent.webhook.as_ref(), agent.environment.as_ref());
    let secret = webhook.and_then(WebhookTarget::secret);
    let sealed_secret = secret
        .map(|secret| {
            let place = webhook_secret_place(&agent.id);
            tx.sealer().seal(place, secret.as_bytes())
        })
        .transpose()?;
    let values = values![
        agent.id,
        agent.account_id,
        &agent.name,
        agent.model.id.as_str(),
        agent.model.effort.map(Effort::word),
        creation_word(agent.pull_request.creation),
        identity_word(agent.pull_request.identity),
        reviewer_word(agent.pull_request.reviewer),
        webhook.map(|target| target.url().as_str()),
        sealed_secret,
        environment.map(|named| named.id),
        environment.map(|named| named.name.as_str()),
        metadata_text(&agent.metadata)?,
        agent.created_at,
        agent.archived_at,
        agent.origin.dialect.word(),
        agent.origin.project.as_ref().map(ProjectName::as_str),
        agent.pull_request.readiness.word(),
        agent.origin.terms.plans.word(),
        agent.origin.terms.secrets.word(),
    ];
    if tx.connection().execute(sql, values).await? == 0 {
        return Err(Error::Taken("the agent's id"));
    }
    for (number, repository) in (1_u32..).zip(&agent.repositories) {
        insert_repository(tx, agent.id, number, repository).await?;
    }
    Ok(())
}

async fn insert_repository(
    tx: &mut Tx,
    agent_id: AgentId,
    number: u32,
    repository: &AgentRepository,
) -> Result<(), Error> {
    let sql = "INSERT INTO agent_repositories (agent_id, number, repository, base_ref, \
               source_pull_request_url, folder, branch_wish, wished_branch, branch, head, \
               pull_request_url) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let values = values![
        agent_id,
        number,
        &repository.source.repository,
        &repository.source.base_ref,
        &repository.source.pull_request_url,
        &repository.folder,
        wish_word(&repository.branch_wish),
        wished_branch(&repository.branch_wish),
        &repository.branch,
        &repository.head,
        &repository.pull_request_url,
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
    let sql = concat!(
        view!("agents a"),
        " WHERE a.id = $1 AND a.account_id = $2 ORDER BY p.number"
    );
    let rows = reader
        .connection()
        .rows(sql, values![agent_id, account_id])
        .await?;
    let view = |rows| agent_view(rows, reader.sealer());
    by_agent(&rows).next().map(view).transpose()
}

/// Whose an agent is.
///
/// # Errors
///
/// The database's.
pub async fn find_account(
    reader: &mut impl Read,
    agent_id: AgentId,
) -> Result<Option<AccountId>, Error> {
    let sql = "SELECT account_id FROM agents WHERE id = $1";
    let row = reader.connection().row(sql, values![agent_id]).await?;
    row.map(|row| row.uuid("account_id").map(AccountId::new))
        .transpose()
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
    values.extend(filter.pull_request_url.as_deref().map(Into::into));
    let sql = match (&filter.pull_request_url, filter.archived) {
        (None, Archived::Included) => page!(""),
        (None, Archived::Excluded) => page!(" AND archived_at IS NULL"),
        (None, Archived::Only) => page!(" AND archived_at IS NOT NULL"),
        (Some(_), Archived::Included) => page!(of_pull_request!()),
        (Some(_), Archived::Excluded) => {
            page!(concat!(of_pull_request!(), " AND archived_at IS NULL"))
        }
        (Some(_), Archived::Only) => {
            page!(concat!(of_pull_request!(), " AND archived_at IS NOT NULL"))
        }
    };
    let rows = reader.connection().rows(sql, values).await?;
    by_agent(&rows)
        .map(|rows| agent_view(rows, reader.sealer()))
        .collect()
}

/// The account's agents in a project ([`Project::has`]), the newest first: `take` of them behind the
/// first `skip`.
///
/// # Errors
///
/// The database's.
pub async fn list_in_project(
    reader: &mut impl Read,
    account_id: AccountId,
    project: &Project,
    skip: u32,
    take: u32,
) -> Result<Vec<AgentView>, Error> {
    let (id, repository) = (project.id.as_str(), &project.repository);
    let values = values![account_id, id, repository, take, skip];
    let rows = reader.connection().rows(in_project!(), values).await?;
    by_agent(&rows)
        .map(|rows| agent_view(rows, reader.sealer()))
        .collect()
}

/// Changes what the change names. A pull request shows one branch, so that another branch leaves the
/// repository without one.
///
/// # Errors
///
/// [`Error::NotFound`] if the agent has no such repository, otherwise the database's.
pub async fn update_repository(
    tx: &mut Tx,
    agent_id: AgentId,
    change: &RepositoryChange,
    now: Timestamp,
) -> Result<(), Error> {
    if let Some(known) = &change.on_forge {
        crate::forge_pull_requests::put(tx, known, now).await?;
    }
    let sql = "UPDATE agent_repositories SET branch = COALESCE($3, branch), \
               head = COALESCE($4, head), pull_request_url = CASE \
               WHEN $3 IS NULL OR $3 = branch THEN COALESCE($5, pull_request_url) ELSE $5 END \
               WHERE agent_id = $1 AND repository = $2";
    let values = values![
        agent_id,
        &change.repository,
        &change.branch,
        &change.head,
        &change.pull_request_url
    ];
    match tx.connection().execute(sql, values).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Sets what answers the agent's next prompts.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such agent, otherwise the database's.
pub async fn set_model(tx: &mut Tx, agent_id: AgentId, model: &ModelChoice) -> Result<(), Error> {
    let sql = "UPDATE agents SET model = $2, effort = $3 WHERE id = $1";
    let values = values![agent_id, model.id.as_str(), model.effort.map(Effort::word)];
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
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "UPDATE agents SET archived_at = $2, updated_at = $3 WHERE id = $1";
    match tx
        .connection()
        .execute(sql, values![agent_id, archived_at, now])
        .await?
    {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Deletes the account's agent with everything of it but its id and its workspace's row; tells whether
/// it was there.
///
/// Later writes of its attempts are [`Error::Stale`].
///
/// # Errors
///
/// The database's.
pub async fn delete(tx: &mut Tx, account_id: AccountId, agent_id: AgentId) -> Result<bool, Error> {
    lock(tx, agent_id).await?;
    // Its deliveries go with it.
    share_endpoints_of(tx, agent_id).await?;
    let sql = "DELETE FROM agents WHERE id = $1 AND account_id = $2";
    let there = tx
        .connection()
        .execute(sql, values![agent_id, account_id])
        .await?
        > 0;
    if there {
        let sql = "INSERT INTO deleted_agents (id) VALUES ($1)";
        tx.connection().execute(sql, values![agent_id]).await?;
        tx.ring_gone(agent_id);
    }
    Ok(there)
}

/// The agent of its rows.
pub(crate) fn agent_view(rows: &[Row], sealer: &Sealer) -> Result<AgentView, Error> {
    let row = rows.first().ok_or(Error::NotFound)?;
    Ok(AgentView {
        agent: agent(rows, sealer)?,
        deciding: run(row)?,
        latest_run_id: row.uuid("latest_run_id").map(RunId::new)?,
        updated_at: row.timestamp("updated_at")?,
        summary: row.optional_text("agent_summary")?,
    })
}
