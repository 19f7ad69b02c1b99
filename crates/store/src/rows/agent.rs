//! How an agent lies in its row: words for its choices, one column each.

use outwork_domain::{
    AccountId, Agent, AgentId, BranchName, BranchWish, PullRequestCreation, PullRequestIdentity,
    PullRequestWish, ReviewerRequest, Source, WebhookTarget,
};

use crate::Error;
use crate::database::{Row, corrupt};

/// The columns of an agent `a`, under the names that [`agent`] reads.
macro_rules! agent_columns {
    () => {
        "a.id AS agent_id, a.account_id, a.name, a.model, a.repository, a.base_ref, \
         a.source_pull_request_url, a.branch, a.branch_wish, a.wished_branch, \
         a.pull_request_creation, a.pull_request_identity, a.reviewer_request, \
         a.pull_request_url, a.head, a.webhook_url, a.webhook_secret, \
         a.created_at AS agent_created_at, a.archived_at"
    };
}
pub(crate) use agent_columns;

/// The agent of a row.
pub(crate) fn agent(row: &Row) -> Result<Agent, Error> {
    Ok(Agent {
        id: AgentId::new(row.uuid("agent_id")?),
        account_id: AccountId::new(row.uuid("account_id")?),
        name: row.text("name")?,
        model: row.parsed("model")?,
        source: Source {
            repository: row.parsed("repository")?,
            base_ref: row.optional_parsed("base_ref")?,
            pull_request_url: row.optional_text("source_pull_request_url")?,
        },
        branch: row.optional_parsed("branch")?,
        branch_wish: wish(row)?,
        pull_request: PullRequestWish {
            creation: word(row, "pull_request_creation", &CREATIONS, creation_word)?,
            identity: word(row, "pull_request_identity", &IDENTITIES, identity_word)?,
            reviewer: word(row, "reviewer_request", &REVIEWERS, reviewer_word)?,
        },
        pull_request_url: row.optional_text("pull_request_url")?,
        head: row.optional_parsed("head")?,
        webhook: webhook(row)?,
        created_at: row.timestamp("agent_created_at")?,
        archived_at: row.optional_timestamp("archived_at")?,
    })
}

const CREATIONS: [PullRequestCreation; 2] =
    [PullRequestCreation::Manual, PullRequestCreation::Automatic];
const IDENTITIES: [PullRequestIdentity; 2] =
    [PullRequestIdentity::User, PullRequestIdentity::Server];
const REVIEWERS: [ReviewerRequest; 2] = [ReviewerRequest::Asked, ReviewerRequest::Skipped];

pub(crate) fn creation_word(creation: PullRequestCreation) -> &'static str {
    match creation {
        PullRequestCreation::Manual => "manual",
        PullRequestCreation::Automatic => "automatic",
    }
}

pub(crate) fn identity_word(identity: PullRequestIdentity) -> &'static str {
    match identity {
        PullRequestIdentity::User => "user",
        PullRequestIdentity::Server => "server",
    }
}

pub(crate) fn reviewer_word(reviewer: ReviewerRequest) -> &'static str {
    match reviewer {
        ReviewerRequest::Asked => "asked",
        ReviewerRequest::Skipped => "skipped",
    }
}

pub(crate) fn wish_word(wish: &BranchWish) -> &'static str {
    match wish {
        BranchWish::Generated => "generated",
        BranchWish::Named(_) => "named",
        BranchWish::Existing(_) => "existing",
    }
}

pub(crate) fn wished_branch(wish: &BranchWish) -> Option<&str> {
    match wish {
        BranchWish::Generated => None,
        BranchWish::Named(branch) | BranchWish::Existing(branch) => Some(branch.as_str()),
    }
}

fn wish(row: &Row) -> Result<BranchWish, Error> {
    let branch: Option<BranchName> = row.optional_parsed("wished_branch")?;
    let word = row.text("branch_wish")?;
    match (word.as_str(), branch) {
        ("generated", None) => Ok(BranchWish::Generated),
        ("named", Some(branch)) => Ok(BranchWish::Named(branch)),
        ("existing", Some(branch)) => Ok(BranchWish::Existing(branch)),
        (_, branch) => Err(corrupt("branch_wish", &format!("{word:?} with {branch:?}"))),
    }
}

fn webhook(row: &Row) -> Result<Option<WebhookTarget>, Error> {
    let secret = row.optional_text("webhook_secret")?;
    let Some(url) = row.optional_text("webhook_url")? else {
        return Ok(None);
    };
    let webhook = WebhookTarget::new(url, secret);
    webhook
        .map(Some)
        .map_err(|fault| corrupt("webhook_url", &fault))
}

fn word<T: Copy>(
    row: &Row,
    column: &'static str,
    all: &[T],
    word_of: fn(T) -> &'static str,
) -> Result<T, Error> {
    let text = row.text(column)?;
    let found = all.iter().copied().find(|one| word_of(*one) == text);
    found.ok_or_else(|| corrupt(column, &format!("the word {text:?}")))
}
