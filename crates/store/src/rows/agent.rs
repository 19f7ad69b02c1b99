//! How an agent lies in its row: words for its choices, one column each.
//!
//! A query gives one row for each repository of an agent, and one row for an agent without any.

use std::collections::BTreeMap;

use outwork_domain::{
    AccountId, Agent, AgentId, Dialect, EnvironmentId, ModelChoice, NamedEnvironment, Origin,
    PullRequestCreation, PullRequestIdentity, PullRequestWish, ReviewerRequest, Terms,
    WebhookTarget,
};
use serde::{Deserialize as _, Serialize as _};

use super::repository::repository;
use crate::Error;
use crate::database::Row;
use crate::error::corrupt;
use crate::sealer::{Place, Sealer};

const SECRET: &str = "webhook_secret";

/// The columns of an agent `a`, under the names that [`agent`] reads.
macro_rules! agent_columns {
    () => {
        "a.id AS agent_id, a.account_id, a.name, a.model, a.effort, \
         a.pull_request_creation, a.pull_request_identity, a.reviewer_request, \
         a.webhook_url, a.webhook_secret, a.environment_id, a.environment_name, a.metadata, \
         a.dialect, a.project, a.plans, a.secrets, a.readiness, \
         a.created_at AS agent_created_at, a.archived_at"
    };
}
pub(crate) use agent_columns;

/// The agent of its rows.
pub(crate) fn agent(rows: &[Row], sealer: &Sealer) -> Result<Agent, Error> {
    let row = rows.first().ok_or(Error::NotFound)?;
    Ok(Agent {
        id: AgentId::new(row.uuid("agent_id")?),
        account_id: AccountId::new(row.uuid("account_id")?),
        name: row.text("name")?,
        model: ModelChoice {
            id: row.parsed("model")?,
            effort: row.optional_parsed("effort")?,
        },
        repositories: rows
            .iter()
            .filter_map(|row| repository(row).transpose())
            .collect::<Result<_, _>>()?,
        pull_request: PullRequestWish {
            creation: word(row, "pull_request_creation", &CREATIONS, creation_word)?,
            readiness: row.parsed("readiness")?,
            identity: identity_of(row, "pull_request_identity")?,
            reviewer: word(row, "reviewer_request", &REVIEWERS, reviewer_word)?,
        },
        origin: Origin {
            dialect: word(row, "dialect", &Dialect::ALL, Dialect::word)?,
            project: row.optional_parsed("project")?,
            terms: Terms {
                plans: row.parsed("plans")?,
                secrets: row.parsed("secrets")?,
            },
        },
        webhook: webhook(row, sealer)?,
        environment: environment(row)?,
        metadata: metadata(row)?,
        created_at: row.timestamp("agent_created_at")?,
        archived_at: row.optional_timestamp("archived_at")?,
    })
}

/// The rows of each agent, from rows in which those of one agent follow each other.
pub(crate) fn by_agent(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|one, next| one.uuid("agent_id").ok() == next.uuid("agent_id").ok())
}

fn environment(row: &Row) -> Result<Option<NamedEnvironment>, Error> {
    let id = row.optional_uuid("environment_id")?;
    match (id, row.optional_text("environment_name")?) {
        (None, None) => Ok(None),
        (Some(id), Some(name)) => Ok(Some(NamedEnvironment {
            id: EnvironmentId::new(id),
            name,
        })),
        (Some(_), None) | (None, Some(_)) => {
            Err(corrupt("environment_id", &"only one of id and name"))
        }
    }
}

/// The text under which an agent's metadata are stored.
pub(crate) fn metadata_text(metadata: &BTreeMap<String, String>) -> Result<String, Error> {
    let mut json = Vec::new();
    let written = metadata.serialize(&mut serde_json::Serializer::new(&mut json));
    written.map_err(|fault| corrupt("metadata", &fault))?;
    String::from_utf8(json).map_err(|fault| corrupt("metadata", &fault))
}

fn metadata(row: &Row) -> Result<BTreeMap<String, String>, Error> {
    let text = row.text("metadata")?;
    let mut reader = serde_json::Deserializer::from_str(&text);
    BTreeMap::deserialize(&mut reader).map_err(|fault| corrupt("metadata", &fault))
}

pub(crate) const CREATIONS: [PullRequestCreation; 2] =
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

/// As whom a pull request is opened, from a column.
pub(crate) fn identity_of(row: &Row, column: &'static str) -> Result<PullRequestIdentity, Error> {
    word(row, column, &IDENTITIES, identity_word)
}

pub(crate) fn reviewer_word(reviewer: ReviewerRequest) -> &'static str {
    match reviewer {
        ReviewerRequest::Asked => "asked",
        ReviewerRequest::Skipped => "skipped",
    }
}

/// Where the secret of an agent's webhook is sealed for.
pub(crate) fn webhook_secret_place(id: &AgentId) -> Place<'_> {
    Place {
        table: "agents",
        column: SECRET,
        row: id.bytes(),
    }
}

/// The webhook of an agent's row.
pub(crate) fn webhook(row: &Row, sealer: &Sealer) -> Result<Option<WebhookTarget>, Error> {
    let id = AgentId::new(row.uuid("agent_id")?);
    let secret = row
        .optional_bytes(SECRET)?
        .map(|sealed| sealer.open_text(webhook_secret_place(&id), &sealed))
        .transpose()?;
    let Some(url) = row.optional_text("webhook_url")? else {
        return Ok(None);
    };
    let webhook = WebhookTarget::new(&url, secret);
    webhook
        .map(Some)
        .map_err(|fault| corrupt("webhook_url", &fault))
}

/// The choice that a word in a row stands for.
pub(crate) fn word<T: Copy>(
    row: &Row,
    column: &'static str,
    all: &[T],
    word_of: fn(T) -> &'static str,
) -> Result<T, Error> {
    let text = row.text(column)?;
    let found = all.iter().copied().find(|one| word_of(*one) == text);
    found.ok_or_else(|| corrupt(column, &format!("the word {text:?}")))
}
